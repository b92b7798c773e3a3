"""Which Kubernetes Secrets an installation has, key by key, and whose values they hold. Pure: no value is in here."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from collab_platform.blueprint import Blueprint, SecretSpec
from collab_platform.environment import Environment
from collab_platform.targets.kubernetes.externals import Externals
from collab_platform.targets.kubernetes.manifests import manifest
from collab_platform.targets.kubernetes.pki import CertificateRequest, KeyPair
from collab_platform.targets.kubernetes.tunnel import TOKEN, TUNNEL, runs_tunnel
from collab_platform.targets.kubernetes.workloads import DATASTORES, SERVICES, Namespace

SUPERUSER = "postgresql-superuser"
_DATABASE_ROLES = tuple(f"postgresql-{service}" for service in SERVICES)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretObject:
    """A Secret: ``keys`` maps each of its keys to the secret (by the blueprint's name) whose value it holds.

    ``plain`` are keys that are no secrets (a user's name) and stand beside them.
    """

    name: str
    keys: Mapping[str, str]
    plain: Mapping[str, str] = field(default_factory=dict[str, str])
    type: str = "Opaque"
    labels: Mapping[str, str] = field(default_factory=dict[str, str])


def secret_objects(blueprint: Blueprint, environment: Environment) -> tuple[SecretObject, ...]:
    """Every Secret but the certificates, which are :func:`~collab_platform.targets.kubernetes.pki.certificates`."""
    namespace = Namespace(blueprint=blueprint, environment=environment, externals=Externals())
    found: list[SecretObject] = []
    for component in blueprint.components:
        if component.name in DATASTORES and not namespace.is_built_in(component.name):
            continue
        names = sorted(set(namespace.secrets(component).values()))
        if names:
            found.append(_object(f"{component.name}-secrets", names))
    found.append(_object("bootstrap-secrets", [SUPERUSER, *_DATABASE_ROLES]))
    if namespace.runs("seaweedfs"):
        found.append(_object("bucket-secrets", ["s3-admin"]))
    if runs_tunnel(environment):
        found.append(_object(f"{TUNNEL}-secrets", [TOKEN]))
    if environment.kubernetes.postgresql == "cloudnative-pg":
        found.append(
            SecretObject(
                name=SUPERUSER,
                keys={"password": SUPERUSER},
                plain={"username": "postgres"},
                type="kubernetes.io/basic-auth",
                labels={"cnpg.io/reload": "true"},
            )
        )
    return tuple(found)


def managed_secrets(environment: Environment) -> frozenset[str]:
    """Names of the secrets that a cloud service makes: an administrator's password, a cache's or a tunnel's token."""
    managed: set[str] = set()
    if environment.kubernetes.postgresql == "rds":
        managed.add(SUPERUSER)
    if environment.kubernetes.redis == "elasticache":
        managed.add("redis")
    if runs_tunnel(environment):
        managed.add(TOKEN)
    return frozenset(managed)


def generated_secrets(blueprint: Blueprint, environment: Environment) -> tuple[SecretSpec, ...]:
    """What is to be generated once: all that the Secrets hold, less what a cloud service or the operator gives."""
    used = {name for each in secret_objects(blueprint, environment) for name in each.keys.values()}
    managed = managed_secrets(environment)
    return tuple(spec for spec in blueprint.secrets if spec.name in used - managed and spec.kind != "given")


def secret_manifest(secret: SecretObject, values: Mapping[str, str], environment: Environment) -> dict[str, Any]:
    """The Secret with its values, by the secrets' names. Raises ``KeyError`` for one that is missing."""
    data = {key: values[name] for key, name in secret.keys.items()} | dict(secret.plain)
    return {
        **manifest("v1", "Secret", secret.name, environment, labels=secret.labels),
        "type": secret.type,
        "data": {key: base64.b64encode(value.encode()).decode() for key, value in sorted(data.items())},
    }


def certificate_manifest(
    request: CertificateRequest, pair: KeyPair, authorities: str, environment: Environment
) -> dict[str, Any]:
    """The Secret of a certificate, with the authorities (PEM) that vouch for it."""
    # CloudNativePG reads a certificate again where it sees this label.
    reload = {"cnpg.io/reload": "true"} if request.component == "postgresql" else {}
    data = {"tls.crt": pair.certificate, "tls.key": pair.key, "ca.crt": authorities}
    return {
        **manifest("v1", "Secret", request.secret, environment, labels=reload),
        "type": "kubernetes.io/tls",
        "data": {key: base64.b64encode(value.encode()).decode() for key, value in sorted(data.items())},
    }


def _object(name: str, secrets: Iterable[str]) -> SecretObject:
    return SecretObject(name=name, keys={secret: secret for secret in secrets})
