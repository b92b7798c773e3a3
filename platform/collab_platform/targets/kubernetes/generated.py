"""Secrets and certificates for manifests: made once, kept in the environment's state directory, 0600.

STATE/kubernetes/secrets/NAME            what the Secrets hold; a cloud service's own is put there by hand
STATE/kubernetes/pki/authority.{crt,key} the installation's authority, for ten years
STATE/kubernetes/pki/before.crt          the one before it, which pods that have not started anew still show
STATE/kubernetes/pki/COMPONENT.{crt,key} certificates, for a year; made anew in the last month

Whoever loses the folder makes new secrets: back it up, or let the store of External Secrets keep them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from collab_platform.blueprint import Blueprint
from collab_platform.environment import Environment
from collab_platform.errors import CollabError
from collab_platform.files import make_directory, write_atomically
from collab_platform.secrets import ensure_secrets, missing_secrets, read_secret
from collab_platform.targets.kubernetes.pki import (
    KeyPair,
    authority_is_due,
    certificate_is_due,
    certificates,
    is_certificate,
    make_authority,
    make_certificate,
)
from collab_platform.targets.kubernetes.secret_objects import generated_secrets, managed_secrets, secret_objects


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """``secrets`` by the blueprint's names, ``certificates`` by component; ``authorities`` (PEM) vouch for them."""

    secrets: Mapping[str, str] = field(repr=False)
    certificates: Mapping[str, KeyPair]
    authorities: str


def ensure_generated(
    directory: Path, blueprint: Blueprint, environment: Environment, *, now: datetime | None = None
) -> Generated:
    """Make what is missing or due in ``directory``, and read it all. Two runs with nothing due between them are alike.

    A managed service's secret is there only if the operator has put it there: :func:`require_managed` asks for it.
    Raises :class:`CollabError` when the disk is full or forbidden.
    """
    moment = now or datetime.now(UTC)
    ensure_secrets(generated_secrets(blueprint, environment), directory / "secrets")
    pki = directory / "pki"
    make_directory(pki, 0o700)
    authority = _read_pair(pki, "authority")
    if authority is None or authority_is_due(authority, moment):
        if authority is not None and is_certificate(authority.certificate):
            write_atomically(pki / "before.crt", authority.certificate)
        authority = make_authority(blueprint.environment, moment)
        _write_pair(pki, "authority", authority)
    for request in certificates(blueprint, environment):
        pair = _read_pair(pki, request.component)
        if pair is None or certificate_is_due(pair, request, authority, moment):
            _write_pair(pki, request.component, make_certificate(request, authority, moment))
    return read_generated(directory, blueprint, environment)


def is_due(directory: Path, blueprint: Blueprint, environment: Environment, *, now: datetime | None = None) -> bool:
    """Whether :func:`ensure_generated` would make anything."""
    moment = now or datetime.now(UTC)
    if missing_secrets(generated_secrets(blueprint, environment), directory / "secrets"):
        return True
    authority = _read_pair(directory / "pki", "authority")
    if authority is None or authority_is_due(authority, moment):
        return True
    for request in certificates(blueprint, environment):
        pair = _read_pair(directory / "pki", request.component)
        if pair is None or certificate_is_due(pair, request, authority, moment):
            return True
    return False


def read_generated(directory: Path, blueprint: Blueprint, environment: Environment) -> Generated:
    """What :func:`ensure_generated` has made. Raises :class:`CollabError` where something of it is missing."""
    names = {spec.name for spec in generated_secrets(blueprint, environment)}
    managed = {name for name in managed_secrets(environment) if (directory / "secrets" / name).is_file()}
    pairs = {
        request.component: _read_pair(directory / "pki", request.component)
        for request in certificates(blueprint, environment)
    }
    authority = _read_pair(directory / "pki", "authority")
    found = {component: pair for component, pair in pairs.items() if pair is not None}
    if authority is None or len(found) < len(pairs):
        raise CollabError(
            f"the certificates in {directory / 'pki'} are not all there",
            remedy="`collab render` without --check makes what is missing.",
        )
    before = directory / "pki" / "before.crt"
    return Generated(
        secrets={name: read_secret(directory / "secrets", name) for name in sorted(names | managed)},
        certificates=found,
        authorities=authority.certificate + (before.read_text(encoding="ascii") if before.is_file() else ""),
    )


def require_authority(directory: Path) -> None:
    """Raises :class:`CollabError` where :func:`ensure_generated` has never been: all would be new to the cluster."""
    if _read_pair(directory / "pki", "authority") is None:
        raise CollabError(
            f"the environment's secrets and certificates are not in {directory}",
            remedy="Run `collab render` without --check where they are kept, or set kubernetes.secrets to external.",
        )


def require_managed(directory: Path, generated: Generated, environment: Environment) -> None:
    """Raises :class:`CollabError` naming what managed services made and nobody has put into ``directory``."""
    absent = sorted(managed_secrets(environment) - set(generated.secrets))
    if absent:
        raise CollabError(
            f"a managed service keeps {', '.join(absent)}, and so it is not known here",
            remedy=f"Put it into {directory / 'secrets' / absent[0]}, 0600, or set kubernetes.secrets to external.",
        )


def revisions(generated: Generated, blueprint: Blueprint, environment: Environment) -> dict[str, str]:
    """By component, a word that changes with what its pods read once, at their start.

    It is a digest of values that nobody could guess. What the operator gave stands among those of its component, so
    that it cannot be told by trying; what a managed service chose is left out.
    """
    managed = managed_secrets(environment)
    digests: dict[str, str] = {}
    for each in secret_objects(blueprint, environment):
        component = each.name.removesuffix("-secrets")
        component = {"bootstrap": "migrate", "bucket": "migrate"}.get(component, component)
        words = [f"{name}={generated.secrets[name]}" for name in sorted(set(each.keys.values()) - managed)]
        digests[component] = digests.get(component, "") + "\n".join(words)
    for component, pair in generated.certificates.items():
        digests[component] = digests.get(component, "") + pair.certificate
    return {name: hashlib.sha256(f"{name}\n{text}".encode()).hexdigest()[:16] for name, text in digests.items()}


def _read_pair(directory: Path, name: str) -> KeyPair | None:
    try:
        return KeyPair(
            certificate=(directory / f"{name}.crt").read_text(encoding="ascii"),
            key=(directory / f"{name}.key").read_text(encoding="ascii"),
        )
    except (FileNotFoundError, UnicodeDecodeError):
        return None


def _write_pair(directory: Path, name: str, pair: KeyPair) -> None:
    write_atomically(directory / f"{name}.key", pair.key, mode=0o600)
    write_atomically(directory / f"{name}.crt", pair.certificate, mode=0o644)
