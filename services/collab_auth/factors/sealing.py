"""Seals what has to be read again, unlike a password: with a key that is made from the service's signing key."""

import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from collab_kit.settings import Secret, SettingsError

__all__ = ["SealBroken", "Sealer"]

_NONCE_BYTES: Final = 12
_VERSION: Final = b"\x01"


class SealBroken(Exception):  # noqa: N818  # named for what it says
    """What was to be opened was not sealed with this key, for this purpose and context, or was changed since."""


class Sealer:
    """AES-256-GCM under a key for one `purpose`: what is sealed for one cannot be opened for another."""

    def __init__(self, signing_key: Secret, *, purpose: str) -> None:
        """Raises `SettingsError` when `signing_key` is not an Ed25519 private key in PEM."""
        info = b"collab/auth/" + purpose.encode()
        self._cipher = AESGCM(HKDF(SHA256(), 32, salt=None, info=info).derive(_raw(signing_key)))

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


def _raw(secret: Secret) -> bytes:
    """The key itself: the same key in another spelling of PEM opens what it sealed."""
    wrong = SettingsError("COLLAB_SIGNING_KEY_FILE is wrong: expected a file with an Ed25519 private key in PEM")
    try:
        key = load_pem_private_key(secret.reveal().encode(), password=None)
    except (ValueError, TypeError):
        raise wrong from None
    if not isinstance(key, Ed25519PrivateKey):
        raise wrong
    return key.private_bytes_raw()
