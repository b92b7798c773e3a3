"""Signed tokens: JWT with Ed25519 (RFC 8037), keys published as a JWK set (RFC 7517), kid by thumbprint (RFC 7638)."""

import asyncio
import base64
import hashlib
import time
from collections.abc import Callable, Mapping
from typing import Generic, Literal, Protocol, TypeVar
from uuid import UUID

import httpx
import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from msgspec import Struct

from collab_kit.errors import PeerUnavailable
from collab_kit.http import plain_client
from collab_kit.logging import get_logger
from collab_kit.settings import Secret, SettingsError

__all__ = [
    "ACCESS_AUDIENCE",
    "ACCESS_ISSUER",
    "LEEWAY_S",
    "TICKET_AUDIENCE",
    "TICKET_ISSUER",
    "AccessClaims",
    "InvalidToken",
    "Jwk",
    "JwkSet",
    "KeySource",
    "OwnKeys",
    "RemoteKeys",
    "Role",
    "Signer",
    "TicketClaims",
    "Verifier",
    "public_key",
]

ACCESS_ISSUER = "collab/auth"
ACCESS_AUDIENCE = "collab"
TICKET_ISSUER = "collab/document"
TICKET_AUDIENCE = "collab/collaboration"

LEEWAY_S = 5
"""Clocks of two machines may differ by this much."""
REFETCH_INTERVAL_S = 10.0
MAX_AGE_S = 600.0
"""A key set older than this is fetched again, so that a withdrawn key stops being trusted."""
FETCH_DEADLINE_S = 2.0
_MAX_TOKEN_CHARS = 4096

_ALGORITHM = "EdDSA"
_log = get_logger()

Role = Literal["owner", "editor", "commenter", "viewer"]
ClaimsT = TypeVar("ClaimsT", bound=Struct)


class AccessClaims(Struct, frozen=True, kw_only=True):
    """What an access token says, beside issuer and audience."""

    sub: UUID
    email: str
    sid: UUID
    """The session; of an API token, the token's own id."""
    exp: int
    adm: bool = False
    """Whether this is an administrator."""
    scp: str | None = None
    """The scopes of an API token, separated by blanks; absent from a session, which may do everything."""


class TicketClaims(Struct, frozen=True, kw_only=True):
    """What a collaboration ticket says, beside issuer and audience."""

    sub: UUID
    doc: UUID
    role: Role
    name: str
    exp: int
    link: UUID | None = None
    """The share link that gave the role, to a guest (whose `sub` is nobody's account) or to someone with an account."""


class Jwk(Struct, frozen=True, kw_only=True):
    """A public Ed25519 key; `x` is the key itself in unpadded base64url."""

    kid: str
    x: str
    kty: str = "OKP"
    crv: str = "Ed25519"
    alg: str = _ALGORITHM
    use: str = "sig"


class JwkSet(Struct, frozen=True):
    keys: list[Jwk]


class InvalidToken(Exception):  # noqa: N818  # named for what it says
    """A token is missing, malformed, expired, or not signed by who we trust; the message may be shown."""


class Signer:
    """The issuer's side: one private key for one kind of token."""

    def __init__(self, key: Secret, *, issuer: str, audience: str) -> None:
        """Raises `SettingsError` when `key` is not an Ed25519 private key in PEM."""
        self._private = load_signing_key(key)
        self._issuer = issuer
        self._audience = audience
        self._jwk = _to_jwk(self._private.public_key())

    @property
    def jwks(self) -> JwkSet:
        return JwkSet(keys=[self._jwk])

    def own_keys(self) -> "OwnKeys":
        return OwnKeys(self._jwk.kid, self._private.public_key())

    @property
    def kid(self) -> str:
        return self._jwk.kid

    def sign(self, claims: Mapping[str, object], *, ttl_s: int) -> str:
        """Sign `claims` with issuer, audience and times added; the token lives for `ttl_s` seconds from now."""
        now = int(time.time())
        payload = {**claims, "iss": self._issuer, "aud": self._audience, "iat": now, "exp": now + ttl_s}
        return jwt.encode(payload, self._private, algorithm=_ALGORITHM, headers={"kid": self._jwk.kid})


class KeySource(Protocol):
    async def find(self, kid: str) -> Ed25519PublicKey | None:
        """The key of that id; `None` when there is none. Raises `PeerUnavailable` when that cannot be known now."""
        ...


class OwnKeys:
    """The key of a service that verifies what it signed itself."""

    def __init__(self, kid: str, key: Ed25519PublicKey) -> None:
        self._kid = kid
        self._key = key

    async def find(self, kid: str) -> Ed25519PublicKey | None:
        return self._key if kid == self._kid else None


class RemoteKeys:
    """A key set at a URL, cached; an unknown key id has it fetched again, at most once in `REFETCH_INTERVAL_S`."""

    def __init__(self, url: str, *, ca_file: str | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._ca_file = ca_file
        self._clock = clock
        self._keys: dict[str, Ed25519PublicKey] = {}
        self._fetched_at = float("-inf")
        self._tried_at = float("-inf")
        self._lock = asyncio.Lock()

    async def find(self, kid: str) -> Ed25519PublicKey | None:
        if kid not in self._keys or self._is_stale():
            async with self._lock:
                if kid not in self._keys or self._is_stale():
                    await self._refetch()
        return self._keys.get(kid)

    def _is_stale(self) -> bool:
        return self._clock() - self._fetched_at > MAX_AGE_S

    async def _refetch(self) -> None:
        # Once per interval: otherwise a stranger with invented key ids makes every one of their requests two.
        # Before the first success every request may try, or a service that starts before auth stays deaf for 10 s.
        if self._keys and self._clock() - self._tried_at < REFETCH_INTERVAL_S:
            return
        self._tried_at = self._clock()
        try:
            async with asyncio.timeout(FETCH_DEADLINE_S), plain_client(self._url, ca_file=self._ca_file) as client:
                response = await client.get(self._url)
            response.raise_for_status()
            found = msgspec.json.decode(response.content, type=JwkSet)
            self._keys = {jwk.kid: public_key(jwk) for jwk in found.keys if jwk.crv == "Ed25519"}
            self._fetched_at = self._clock()
        except (httpx.HTTPError, TimeoutError, msgspec.DecodeError, ValueError) as error:
            _log.warning("key set not fetched", url=self._url, error=str(error) or type(error).__name__)
            if not self._keys:
                raise PeerUnavailable("Tokens cannot be verified at the moment. Try again.") from error


class Verifier(Generic[ClaimsT]):
    """Checks signature, issuer, audience and times of one kind of token, and reads its claims as `claims`."""

    def __init__(self, keys: KeySource, claims: type[ClaimsT], *, issuer: str, audience: str) -> None:
        self._keys = keys
        self._claims = claims
        self._issuer = issuer
        self._audience = audience

    @classmethod
    def of_access_tokens(cls, keys: KeySource) -> "Verifier[AccessClaims]":
        return Verifier(keys, AccessClaims, issuer=ACCESS_ISSUER, audience=ACCESS_AUDIENCE)

    @classmethod
    def of_tickets(cls, keys: KeySource) -> "Verifier[TicketClaims]":
        return Verifier(keys, TicketClaims, issuer=TICKET_ISSUER, audience=TICKET_AUDIENCE)

    async def verify(self, token: str) -> ClaimsT:
        """Raises `InvalidToken`, or `PeerUnavailable` when the issuer's keys cannot be had."""
        if len(token) > _MAX_TOKEN_CHARS:
            raise InvalidToken("The token is too long to be one of ours.")
        try:
            kid = jwt.get_unverified_header(token).get("kid")
            key = await self._keys.find(kid) if isinstance(kid, str) else None
            if key is None:
                raise InvalidToken("The token is signed with a key that is not known.")
            claims = jwt.decode(
                token,
                key,
                algorithms=[_ALGORITHM],
                issuer=self._issuer,
                audience=self._audience,
                leeway=LEEWAY_S,
                options={"require": ["exp", "sub", "iss", "aud"]},
            )
            return msgspec.convert(claims, self._claims)
        except jwt.ExpiredSignatureError as error:
            raise InvalidToken("The token has expired.") from error
        except (jwt.InvalidTokenError, msgspec.ValidationError) as error:
            raise InvalidToken("The token is not valid.") from error


def load_signing_key(secret: Secret) -> Ed25519PrivateKey:
    """Raises `SettingsError` when it is not an Ed25519 private key in PEM."""
    wrong = SettingsError("COLLAB_SIGNING_KEY_FILE is wrong: expected a file with an Ed25519 private key in PEM")
    try:
        key = load_pem_private_key(secret.reveal().encode(), password=None)
    except (ValueError, TypeError):
        raise wrong from None
    if not isinstance(key, Ed25519PrivateKey):
        raise wrong
    return key


def _to_jwk(key: Ed25519PublicKey) -> Jwk:
    x = _base64url(key.public_bytes(Encoding.Raw, PublicFormat.Raw))
    thumbprint = hashlib.sha256(f'{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}'.encode()).digest()
    return Jwk(kid=_base64url(thumbprint), x=x)


def public_key(jwk: Jwk) -> Ed25519PublicKey:
    """Raises `ValueError` when it is none."""
    return Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(jwk.x + "=" * (-len(jwk.x) % 4)))


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
