"""What is asked of a provider: its own description, its keys, a token for a code, and who that is."""

import asyncio
import base64
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final
from urllib.parse import quote, urlsplit

import httpx
import msgspec
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import Key, KeySet, import_key
from joserfc.jws import JWSRegistry
from msgspec import Struct
from prometheus_client import Counter

from collab_auth.oidc.problems import OidcRefused
from collab_auth.oidc.providers import Provider
from collab_auth.oidc.rules import Flow
from collab_kit.http import plain_client
from collab_kit.logging import get_logger

__all__ = ["Metadata", "ProviderClient", "Tokens"]

METADATA_MAX_AGE_S: Final = 3600.0
KEYS_REFETCH_INTERVAL_S: Final = 10.0
RETRY_INTERVAL_S: Final = 5.0
"""Not asked again sooner after it was away."""
DEADLINE_S: Final = 5.0
"""Of one question, all its attempts together."""
MAX_ANSWER_BYTES: Final = 256 * 1024
LEEWAY_S: Final = 60
_ATTEMPTS: Final = 2
# With a key of the provider's only: none whose key is the client's secret, nor `none`.
_ALGORITHMS: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
)

_log = get_logger()
_calls = Counter("collab_auth_oidc_calls_total", "Questions to providers", ["provider", "outcome"])


class Metadata(Struct, frozen=True, kw_only=True):
    """OpenID Provider Metadata, as far as it is used."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False

    def endpoints(self) -> list[str]:
        found = [self.authorization_endpoint, self.token_endpoint, self.jwks_uri]
        return found if self.userinfo_endpoint is None else [*found, self.userinfo_endpoint]


class Tokens(Struct, frozen=True, kw_only=True):
    id_token: str
    access_token: str | None = None


class _JwkSet(Struct, frozen=True):
    keys: list[dict[str, Any]]


class _Away(Exception):  # noqa: N818  # named for what it says
    """No answer, or one that only the provider can be blamed for."""


class ProviderClient:
    """One provider. Its description and keys are kept; where it is away they serve on."""

    def __init__(
        self,
        provider: Provider,
        *,
        ca_file: str | None,
        clock: Callable[[], float] = time.monotonic,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self._provider = provider
        self._ca_file = ca_file
        self._clock = clock
        self._deadline_s = deadline_s
        self._metadata: Metadata | None = None
        self._metadata_at = float("-inf")
        self._metadata_tried_at = float("-inf")
        self._keys: KeySet | None = None
        self._keys_at = float("-inf")
        self._keys_tried_at = float("-inf")
        self._lock = asyncio.Lock()

    async def metadata(self) -> Metadata:
        """Raises `OidcRefused`."""
        async with self._lock:
            is_old = self._clock() - self._metadata_at > METADATA_MAX_AGE_S
            # Who waited for the lock while another found it away does not ask again: the last would wait for ever.
            if is_old and self._clock() - self._metadata_tried_at > RETRY_INTERVAL_S:
                try:
                    self._metadata = await self._discover()
                    self._metadata_at = self._clock()
                except _Away as error:
                    self._metadata_tried_at = self._clock()
                    _log.warning("provider not discovered", provider=self._provider.id, reason=str(error))
                    if self._metadata is None:
                        raise OidcRefused("oidc-provider-unavailable", str(error)) from error
            if self._metadata is None:
                raise OidcRefused("oidc-provider-unavailable", "it was away a moment ago")
            return self._metadata

    async def exchange(self, code: str, flow: Flow, *, redirect_uri: str) -> Tokens:
        """Trade the code, once: it is good for one use. Raises `OidcRefused`."""
        metadata = await self.metadata()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": flow.verifier,
        }
        headers: dict[str, str] = {}
        secret = self._provider.client_secret.reveal()
        methods = metadata.token_endpoint_auth_methods_supported
        if "client_secret_basic" in methods or "client_secret_post" not in methods:
            # RFC 6749, 2.3.1: each is form-encoded before they are put together.
            pair = f"{quote(self._provider.client_id, safe='')}:{quote(secret, safe='')}"
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        else:
            form |= {"client_id": self._provider.client_id, "client_secret": secret}
        try:
            status, body = await self._ask("POST", metadata.token_endpoint, headers=headers, form=form, attempts=1)
        except _Away as error:
            raise OidcRefused("oidc-provider-unavailable", f"token endpoint: {error}") from error
        if status != 200:
            raise OidcRefused("oidc-failed", f"the token endpoint answers with {status}")
        try:
            return msgspec.json.decode(body, type=Tokens)
        except msgspec.DecodeError as error:
            raise OidcRefused("oidc-failed", "the token endpoint gives no ID token") from error

    async def claims(self, id_token: str, *, nonce: str) -> dict[str, Any]:
        """What an ID token says, if it is this provider's, for us, in answer to this attempt, and not too old.

        Raises `OidcRefused`.
        """
        try:
            claims = await self._verify(id_token)
            expected = jwt.JWTClaimsRegistry(
                leeway=LEEWAY_S,
                iss={"essential": True, "value": self._provider.issuer},
                aud={"essential": True, "value": self._provider.client_id},
                sub={"essential": True},
                exp={"essential": True},
                iat={"essential": True},
                nonce={"essential": True, "value": nonce},
            )
            expected.validate(claims)
        except (JoseError, ValueError, TypeError) as error:
            raise OidcRefused("oidc-failed", f"the ID token is not valid: {type(error).__name__}: {error}") from error
        if not isinstance(claims.get("nonce"), str):
            raise OidcRefused("oidc-failed", "the nonce is not a text")
        audience = claims["aud"]
        others = isinstance(audience, list) and audience != [self._provider.client_id]
        if (others or "azp" in claims) and claims.get("azp") != self._provider.client_id:
            raise OidcRefused("oidc-failed", "the ID token was issued to another client")
        return claims

    async def userinfo(self, access_token: str) -> dict[str, Any]:
        """Empty where there is no such thing. Raises `OidcRefused`."""
        endpoint = (await self.metadata()).userinfo_endpoint
        if endpoint is None:
            return {}
        try:
            status, body = await self._ask("GET", endpoint, headers={"Authorization": f"Bearer {access_token}"})
        except _Away as error:
            raise OidcRefused("oidc-provider-unavailable", f"user info: {error}") from error
        try:
            return msgspec.json.decode(body, type=dict[str, Any]) if status == 200 else {}
        except msgspec.DecodeError:
            return {}  # a signed one, which we did not ask for

    async def _verify(self, id_token: str) -> dict[str, Any]:
        """Raises `JoseError`, `ValueError`, or `OidcRefused` when the keys cannot be had."""
        registry = JWSRegistry(algorithms=_ALGORITHMS, strict_check_header=False)
        try:
            return jwt.decode(id_token, await self._key_set(), registry=registry).claims
        except InvalidKeyIdError:
            # The provider has new keys; a token with an invented key id makes us ask once in a while, not each time.
            return jwt.decode(id_token, await self._key_set(refetch=True), registry=registry).claims

    async def _key_set(self, *, refetch: bool = False) -> KeySet:
        metadata = await self.metadata()
        async with self._lock:
            age_s = self._clock() - self._keys_at
            due = age_s > (KEYS_REFETCH_INTERVAL_S if refetch else METADATA_MAX_AGE_S)
            if due and self._clock() - self._keys_tried_at > RETRY_INTERVAL_S:
                try:
                    self._keys = await self._fetch_keys(metadata)
                    self._keys_at = self._clock()
                except _Away as error:
                    self._keys_tried_at = self._clock()
                    _log.warning("provider's keys not fetched", provider=self._provider.id, reason=str(error))
                    if self._keys is None:
                        raise OidcRefused("oidc-provider-unavailable", f"keys: {error}") from error
            if self._keys is None:
                raise OidcRefused("oidc-provider-unavailable", "keys: it was away a moment ago")
            return self._keys

    async def _discover(self) -> Metadata:
        issuer = self._provider.issuer
        status, body = await self._ask("GET", issuer.removesuffix("/") + "/.well-known/openid-configuration")
        if status != 200:
            raise _Away(f"the description is answered with {status}")
        try:
            metadata = msgspec.json.decode(body, type=Metadata)
        except msgspec.DecodeError as error:
            raise _Away(f"the description cannot be read: {error}") from error
        if metadata.issuer != issuer:
            # OpenID Connect Discovery, 4.3: whoever says so could else speak for another issuer's people.
            raise _Away("the description is of another issuer")
        scheme = urlsplit(issuer).scheme
        try:
            schemes = {urlsplit(endpoint).scheme for endpoint in metadata.endpoints()}
        except ValueError as error:
            raise _Away(f"the description cannot be read: {error}") from error
        if not schemes <= {"https", scheme}:
            raise _Away("an endpoint of the description is not https")
        return metadata

    async def _fetch_keys(self, metadata: Metadata) -> KeySet:
        status, body = await self._ask("GET", metadata.jwks_uri)
        if status != 200:
            raise _Away(f"the key set is answered with {status}")
        try:
            entries = msgspec.json.decode(body, type=_JwkSet).keys
        except msgspec.DecodeError as error:
            raise _Away(f"the key set cannot be read: {error}") from error
        keys: list[Key] = []
        for entry in entries:
            # RFC 7517, 5: a key that is not understood is for others, and no reason to do without the rest.
            with suppress(JoseError, ValueError, TypeError, KeyError):
                keys.append(import_key(entry))
        if not keys:
            raise _Away("the key set has no key that is understood")
        return KeySet(keys)

    async def _ask(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        attempts: int = _ATTEMPTS,
    ) -> tuple[int, bytes]:
        """Status and body, whatever the status below 500; follows no redirect. Raises `_Away`."""
        try:
            async with (
                asyncio.timeout(self._deadline_s),
                plain_client(url, timeout_s=self._deadline_s, ca_file=self._ca_file) as client,
            ):
                for left in reversed(range(attempts)):
                    try:
                        answer = await _read(client, method, url, headers, form)
                    except httpx.HTTPError:
                        if not left:
                            raise
                    else:
                        if answer[0] < 500:
                            _calls.labels(self._provider.id, "answered").inc()
                            return answer
                        if not left:
                            raise _Away(f"answers with {answer[0]}")
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, _Away) as error:
            _calls.labels(self._provider.id, "failed").inc()
            raise _Away(str(error) or type(error).__name__) from error
        raise AssertionError("the last attempt returns or raises")


async def _read(
    client: httpx.AsyncClient,
    method: str,
    url: str,
    headers: Mapping[str, str] | None,
    form: Mapping[str, str] | None,
) -> tuple[int, bytes]:
    accepted = {"Accept": "application/json", **(headers or {})}
    async with client.stream(method, url, headers=accepted, data=form) as response:
        body = b""
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > MAX_ANSWER_BYTES:
                raise _Away(f"answers with more than {MAX_ANSWER_BYTES} bytes")
        return response.status_code, body
