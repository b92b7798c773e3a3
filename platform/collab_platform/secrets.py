"""Secrets: made once, kept in files that only their owner may read, never shown.

A secret is handed to a process as the path of its file, so that it is in no argument, environment or log.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

from collab_platform.blueprint import GIVEN, SecretKind, SecretSpec
from collab_platform.files import make_directory, write_atomically

_PASSWORD_BYTES = 32


def missing_secrets(specs: Iterable[SecretSpec], directory: Path) -> list[SecretSpec]:
    """Those that have no file yet."""
    return [spec for spec in specs if not (directory / spec.name).is_file()]


def ensure_secrets(specs: Iterable[SecretSpec], directory: Path) -> None:
    """Make the secrets that are missing; one that exists is never changed. Files are 0600, the folder 0700.

    Those that the operator gives are theirs: :func:`keep_given`.
    """
    make_directory(directory, 0o700)
    for spec in missing_secrets(specs, directory):
        if spec.kind != "given":
            write_atomically(directory / spec.name, generate_secret(spec.kind), mode=0o600)


def keep_given(given: Mapping[str, str], directory: Path) -> None:
    """Keep what the operator gave as it is now, and nothing that they gave before and no longer do."""
    for name, value in given.items():
        write_atomically(directory / name, value, mode=0o600)
    for name in GIVEN - set(given):
        (directory / name).unlink(missing_ok=True)


def read_secret(directory: Path, name: str) -> str:
    """Raises ``FileNotFoundError``."""
    return (directory / name).read_text(encoding="utf-8").rstrip("\n")


def generate_secret(kind: SecretKind) -> str:
    """A new secret of that kind. Raises ``ValueError`` for one that only the operator can give."""
    match kind:
        case "given":
            raise ValueError("a secret that the operator gives is not made up")
        case "password":
            return secrets.token_urlsafe(_PASSWORD_BYTES)
        case "ed25519-private-key":
            return _ed25519_pem()


def _ed25519_pem() -> str:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - slow to import
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
