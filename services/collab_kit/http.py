"""Calls between services: every one has a deadline, few attempts with jitter, and a metric."""

import asyncio
import random
import ssl
from collections.abc import Mapping, Sequence
from typing import Literal, Self

import httpx
from prometheus_client import Counter
from structlog.contextvars import get_contextvars

from collab_kit.errors import PeerUnavailable
from collab_kit.logging import get_logger
from collab_kit.settings import Secret
from collab_kit.tls import trust

__all__ = ["INTERNAL_HEADER", "REQUEST_ID_HEADER", "Method", "Peer", "plain_client"]

Method = Literal["GET", "PUT", "POST", "PATCH", "DELETE"]
INTERNAL_HEADER = "X-Collab-Internal"
REQUEST_ID_HEADER = "X-Request-Id"

_log = get_logger()
_calls = Counter("collab_peer_calls_total", "Calls to other services", ["peer", "outcome"])


def plain_client(base_url: str, *, timeout_s: float = 2.0, ca_file: str | None = None) -> httpx.AsyncClient:
    """A client for one peer, which over TLS has to be vouched for by the system's authorities or those of `ca_file`.

    For `http://` it gets an empty TLS context: loading the bundled authorities would cost every process memory that it
    never uses, and should such a peer redirect to `https://` the call fails rather than go unverified.
    """
    tls = trust(ca_file, "http") if base_url.startswith("https:") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return httpx.AsyncClient(
        verify=tls,
        timeout=timeout_s,
        trust_env=False,
        limits=httpx.Limits(max_connections=20, max_keepalive_connections=4),
    )


class Peer:
    """Another service of this environment, called with the internal token. Only idempotent calls: they are retried."""

    def __init__(
        self,
        name: str,
        base_url: str,
        token: Secret,
        *,
        deadline_s: float = 2.0,
        attempts: int = 3,
        ca_file: str | None = None,
    ) -> None:
        self._name = name
        self._base_url = base_url
        self._token = token
        self._deadline_s = deadline_s
        self._attempts = attempts
        self._ca_file = ca_file
        self._client: httpx.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        self._client = plain_client(self._base_url, timeout_s=self._deadline_s, ca_file=self._ca_file)
        return self

    async def __aexit__(self, *_: object) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def call(
        self,
        method: Method,
        path: str,
        *,
        query: Mapping[str, str | Sequence[str]] | None = None,
        body: bytes | None = None,
    ) -> httpx.Response:
        """The answer, whatever its status below 500.

        Raises:
            PeerUnavailable: no such answer before the deadline; `deadline_s` covers all attempts together.
        """
        try:
            async with asyncio.timeout(self._deadline_s):
                response = await self._attempt(method, path, query, body)
        except (httpx.HTTPError, TimeoutError) as error:
            _calls.labels(self._name, "failed").inc()
            _log.warning("peer unavailable", peer=self._name, path=path, error=str(error) or type(error).__name__)
            raise PeerUnavailable(f"The {self._name} service does not answer. Try again.") from error
        _calls.labels(self._name, "answered").inc()
        return response

    async def _attempt(
        self, method: str, path: str, query: Mapping[str, str | Sequence[str]] | None, body: bytes | None
    ) -> httpx.Response:
        if self._client is None:
            raise PeerUnavailable(f"The client of the {self._name} service is not open.")
        headers = {INTERNAL_HEADER: self._token.reveal(), "Content-Type": "application/json"}
        if request_id := get_contextvars().get("request_id"):
            headers[REQUEST_ID_HEADER] = str(request_id)
        for attempt in range(1, self._attempts + 1):
            try:
                response = await self._client.request(
                    method, self._base_url + path, params=query, content=body, headers=headers
                )
                if response.status_code < 500:
                    return response
                response.raise_for_status()
            except httpx.HTTPError:
                if attempt == self._attempts:
                    raise
                _calls.labels(self._name, "retried").inc()
                await asyncio.sleep(random.uniform(0.02, 0.1 * attempt))  # noqa: S311  # jitter
        raise AssertionError("the last attempt returns or raises")
