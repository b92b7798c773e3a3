"""Seals what has to be read again, unlike a password: with a key that is made from the service's signing key."""

import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from collab_kit.settings import Secret
from collab_kit.tokens import load_signing_key

__all__ = ["SealBroken", "Sealer"]

_NONCE_BYTES: Final = 12
_VERSION: Final = b"\x01"


class SealBroken(Exception):  # noqa: N818  # named for what it says
    """What was to be opened was not sealed with this key, for this purpose and context, or was changed since."""


class Sealer:
    """AES-256-GCM under a key for one `purpose` (`service/thing`): what is sealed for one opens for no other."""

    def __init__(self, signing_key: Secret, *, purpose: str) -> None:
        """Raises `SettingsError` when `signing_key` is not an Ed25519 private key in PEM."""
        # Not the file's bytes: the same key in another spelling of PEM opens what it sealed.
        key = load_signing_key(signing_key).private_bytes_raw()
        self._cipher = AESGCM(HKDF(SHA256(), 32, salt=None, info=b"collab/" + purpose.encode()).derive(key))

    def seal(self, content: bytes, *, context: bytes = b"") -> bytes:
        """`context` is not in the result, and has to be the same to open it: a row's owner, say."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return _VERSION + nonce + self._cipher.encrypt(nonce, content, _VERSION + context)

    def open(self, sealed: bytes, *, context: bytes = b"") -> bytes:
        """Raises `SealBroken`."""
        nonce = sealed[1 : 1 + _NONCE_BYTES]
        if sealed[:1] != _VERSION or len(nonce) != _NONCE_BYTES:
            raise SealBroken
        try:
            return self._cipher.decrypt(nonce, sealed[1 + _NONCE_BYTES :], _VERSION + context)
        except InvalidTag:
            raise SealBroken from None
