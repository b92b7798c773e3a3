"""The same Secrets as :mod:`.secret_objects`, read from a store by the External Secrets operator instead. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from collab_platform.blueprint import PROVIDERS, Blueprint
from collab_platform.environment import Environment
from collab_platform.given import providers_file
from collab_platform.targets.kubernetes.manifests import manifest
from collab_platform.targets.kubernetes.pki import certificates
from collab_platform.targets.kubernetes.secret_objects import SecretObject, secret_objects

_REFRESH = "1h"


def external_secret_manifests(blueprint: Blueprint, environment: Environment) -> tuple[dict[str, Any], ...]:
    """An ExternalSecret for each Secret.

    In the store, ``PREFIX/NAME`` is a secret by the blueprint's name, ``PREFIX/oidc-ID`` our secret at a provider, and
    ``PREFIX/tls/COMPONENT`` holds the properties ``tls.crt``, ``tls.key`` and ``ca.crt``.
    """
    prefix = secret_prefix(blueprint, environment)
    found = [
        _external_secret(
            environment,
            each.name,
            {key: {"key": f"{prefix}/{name}"} for key, name in _references(each, environment).items()},
            type_=each.type,
            plain={**each.plain, **_composed(each, environment)},
            labels=each.labels,
        )
        for each in secret_objects(blueprint, environment)
    ]
    found += [
        _external_secret(
            environment,
            each.secret,
            {
                key: {"key": f"{prefix}/tls/{each.component}", "property": key}
                for key in ("tls.crt", "tls.key", "ca.crt")
            },
            type_="kubernetes.io/tls",
            plain={},
            labels={},
        )
        for each in certificates(blueprint, environment)
    ]
    return tuple(found)


def external_revisions(environment: Environment) -> dict[str, str]:
    """By component, a word that changes with what its pods read once and the environment says.

    What the store holds is not known here: who changes something there starts the pods anew.
    """
    if not environment.auth.oidc:
        return {}
    return {"auth": hashlib.sha256(_providers(environment).encode()).hexdigest()[:16]}


def secret_prefix(blueprint: Blueprint, environment: Environment) -> str:
    """What the names of the installation's secrets begin with in the store."""
    return environment.kubernetes.secret_prefix or f"collab/{blueprint.environment}"


def external_keys(blueprint: Blueprint, environment: Environment) -> tuple[str, ...]:
    """The names that the store must hold, each once, in order."""
    return tuple(
        sorted(
            {
                str(entry["remoteRef"]["key"])
                for each in external_secret_manifests(blueprint, environment)
                for entry in each["spec"]["data"]
            }
        )
    )


def _references(secret: SecretObject, environment: Environment) -> dict[str, str]:
    """What the store holds of a Secret, by key: the values themselves, or what one is put together from."""
    found = {key: name for key, name in secret.keys.items() if name != PROVIDERS}
    if PROVIDERS in secret.keys.values():
        found |= {name: name for name in (f"oidc-{provider.id}" for provider in environment.auth.oidc)}
    return found


def _composed(secret: SecretObject, environment: Environment) -> dict[str, str]:
    return {key: _providers(environment) for key, name in secret.keys.items() if name == PROVIDERS}


def _providers(environment: Environment) -> str:
    """The operator's template: each client's secret comes in as JSON."""
    return providers_file(environment, lambda provider: f'{{{{ index . "oidc-{provider}" | toJson }}}}')


def _external_secret(
    environment: Environment,
    name: str,
    references: Mapping[str, Mapping[str, str]],
    *,
    type_: str,
    plain: Mapping[str, str],
    labels: Mapping[str, str],
) -> dict[str, Any]:
    cluster = environment.kubernetes
    template: dict[str, Any] = {"type": type_}
    if plain:
        template |= {"mergePolicy": "Merge", "data": dict(plain)}
    if labels:
        template["metadata"] = {"labels": dict(labels)}
    return {
        **manifest("external-secrets.io/v1", "ExternalSecret", name, environment),
        "spec": {
            "refreshInterval": _REFRESH,
            "secretStoreRef": {"kind": cluster.secret_store_kind, "name": cluster.secret_store},
            "target": {"name": name, "creationPolicy": "Owner", "template": template},
            "data": [{"secretKey": key, "remoteRef": dict(reference)} for key, reference in sorted(references.items())],
        },
    }
