"""The keys at work: what this replica signs with, publishes and believes; read again every few seconds."""

import time
from datetime import timedelta
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from msgspec import Struct

from collab_auth.audit.store import Audit, AuditEntry
from collab_auth.keys.rules import KeyState, choose
from collab_auth.keys.store import KeyStore, StoredKey
from collab_auth.settings import AuthSettings
from collab_kit.database import Database
from collab_kit.errors import StoreUnavailable
from collab_kit.logging import get_logger
from collab_kit.sealing import SealBroken, Sealer
from collab_kit.settings import Secret
from collab_kit.tokens import ACCESS_AUDIENCE, ACCESS_ISSUER, LEEWAY_S, Jwk, JwkSet, Signer, public_key

__all__ = ["REFRESH_INTERVAL_S", "RotatedKey", "SigningKeys"]

REFRESH_INTERVAL_S = 3.0
_REFRESH_AFTER_S = 1.0
"""A key id that is not known has the keys read again, if that was longer ago."""

_log = get_logger()


class RotatedKey(Struct, frozen=True, kw_only=True):
    kid: str
    signs_in_s: int
    revoked_others: bool


class SigningKeys:
    """Until `refresh` has succeeded once, and whenever no other key can sign, the key of the settings' file does.

    Private halves are kept in PostgreSQL, sealed with a key made from that of the file: who has only one of the two
    has nothing. The file has to stay; a key that it does not open is published, and signs nothing.
    """

    def __init__(self, *, database: Database, audit: Audit, settings: AuthSettings) -> None:
        """Raises `SettingsError` when the signing key is not one."""
        self._database = database
        self._audit = audit
        self._store = KeyStore(database)
        self._file_signer = _access_signer(settings.signing_key)
        self._sealer = Sealer(settings.signing_key, purpose="auth/signing-keys")
        self._token_life_s = settings.access_token_ttl_s + LEEWAY_S + REFRESH_INTERVAL_S * 2
        self._signers: dict[str, Signer] = {self._file_signer.kid: self._file_signer}
        self._signer: Signer = self._file_signer
        self._published = {jwk.kid: jwk for jwk in self._file_signer.jwks.keys}
        self._read_at = float("-inf")
        self._broken: set[str] = set()

    async def __aenter__(self) -> Self:
        """Knows the keys before the first request; a store that is away leaves it to `refresh`."""
        try:
            await self.refresh()
        except StoreUnavailable as error:
            _log.warning("signing keys not read", reason=error.detail)
        return self

    async def __aexit__(self, *_: object) -> None:
        return

    @property
    def jwks(self) -> JwkSet:
        return JwkSet(keys=list(self._published.values()))

    def sign(self, claims: dict[str, object], *, ttl_s: int) -> str:
        return self._signer.sign(claims, ttl_s=ttl_s)

    async def find(self, kid: str) -> Ed25519PublicKey | None:
        """The key of that id, as a `KeySource`; another replica may have made it a moment ago."""
        if kid not in self._published and time.monotonic() - self._read_at > _REFRESH_AFTER_S:
            await self.refresh()
        jwk = self._published.get(kid)
        return public_key(jwk) if jwk else None

    async def refresh(self) -> None:
        """Read the keys again. Raises `StoreUnavailable`, and goes on with those it has."""
        self._read_at = time.monotonic()
        stored = await self._store.keys()
        file_key = self._file_signer.kid
        states = [
            KeyState(kid=key.kid, signs_in_s=key.signs_in_s, revoked=key.revoked, can_sign=self._opens(key))
            for key in stored
        ]
        if file_key not in {key.kid for key in stored}:
            # Never rotated, or another file since: what has no row has always been there.
            states.append(KeyState(kid=file_key, signs_in_s=float("-inf"), revoked=False, can_sign=True))
        choice = choose(states, token_life_s=self._token_life_s)
        jwks = {key.kid: Jwk(kid=key.kid, x=key.x) for key in stored} | {
            jwk.kid: jwk for jwk in self._file_signer.jwks.keys
        }
        self._published = {kid: jwk for kid, jwk in jwks.items() if kid in choice.published}
        signer = self._signers[choice.signs or file_key]
        if signer is not self._signer:
            _log.info("access tokens are signed with another key", kid=signer.kid)
        self._signer = signer
        self._published |= {jwk.kid: jwk for jwk in signer.jwks.keys}

    async def rotate(self, *, overlap_s: int, revoke: bool) -> RotatedKey:
        """Make a key that signs `overlap_s` seconds from now, or with `revoke` at once and alone.

        Revoked keys are believed no longer than verifiers keep them: everybody's access token is renewed.
        """
        pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        signer = _access_signer(Secret(pem.decode()))
        signs_in_s = 0 if revoke else overlap_s
        own, new = self._file_signer.jwks.keys[0], signer.jwks.keys[0]
        sealed = self._sealer.seal(pem, context=new.kid.encode())
        async with self._database.transaction() as connection:
            await self._store.insert_file_key(connection, kid=own.kid, x=own.x)
            await self._store.insert(
                connection, kid=new.kid, x=new.x, sealed=sealed, signs_in=timedelta(seconds=signs_in_s)
            )
            if revoke:
                await self._store.revoke_others(connection, new.kid)
            detail = {"kid": new.kid, "signs_in_s": signs_in_s, "revoked_others": revoke}
            await self._audit.record(AuditEntry(event="keys.rotated", account=None, detail=detail), connection)
        return RotatedKey(kid=new.kid, signs_in_s=signs_in_s, revoked_others=revoke)

    async def purge(self) -> None:
        """Forget keys whose tokens have long expired."""
        await self._store.purge()

    def _opens(self, key: StoredKey) -> bool:
        """Whether the private half is at hand; opened once."""
        if key.kid in self._signers:
            return True
        if key.sealed is None or key.kid in self._broken:
            return False
        try:
            pem = self._sealer.open(key.sealed, context=key.kid.encode())
        except SealBroken:
            self._broken.add(key.kid)
            _log.error("a signing key cannot be opened: is COLLAB_SIGNING_KEY_FILE another one?", kid=key.kid)
            return False
        self._signers[key.kid] = _access_signer(Secret(pem.decode()))
        return True


def _access_signer(key: Secret) -> Signer:
    return Signer(key, issuer=ACCESS_ISSUER, audience=ACCESS_AUDIENCE)
