"""Secrets as they are stored that have to be shown again: encrypted with a key derived from the service's signing key.

Stored is a version byte, a nonce of 12 bytes, and what AES-256-GCM makes of the secret. The id of its row is bound into
it: a sealed secret that is moved to another row cannot be opened there.
"""

import os
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from collab_kit.settings import Secret, SettingsError

__all__ = ["Sealer", "UnreadableSecret"]

_VERSION: Final = b"\x01"
_NONCE_BYTES: Final = 12


class UnreadableSecret(Exception):  # noqa: N818  # named for what was found
    """It was sealed under another signing key or for another purpose, or is damaged."""


class Sealer:
    def __init__(self, signing_key: Secret, *, purpose: str) -> None:
        """`purpose` keeps what is sealed for one thing from being opened for another.

        Raises `SettingsError` when `signing_key` is not a private key in PEM.
        """
        try:
            key = load_pem_private_key(signing_key.reveal().encode(), password=None)
        except (ValueError, TypeError):
            raise SettingsError("COLLAB_SIGNING_KEY_FILE is wrong: expected a private key in PEM") from None
        # Not the file's bytes: the same key written down in another way must open what this one sealed.
        material = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        info = f"collab/document/{purpose}/1".encode()
        self._cipher = AESGCM(HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(material))

    def seal(self, secret: str, row: UUID) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return _VERSION + nonce + self._cipher.encrypt(nonce, secret.encode(), row.bytes)

    def open(self, sealed: bytes, row: UUID) -> str:
        """Raises `UnreadableSecret`."""
        version, nonce, content = sealed[:1], sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        if version != _VERSION:
            raise UnreadableSecret
        try:
            return self._cipher.decrypt(nonce, content, row.bytes).decode()
        except (InvalidTag, ValueError) as error:
            raise UnreadableSecret from error
