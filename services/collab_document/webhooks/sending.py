"""One attempt to hand a message to an address that somebody registered, and so may have chosen to harm us.

The name is resolved once and the connection made to the address that was checked, so that a second answer of the name
service cannot lead elsewhere. Redirects are not followed, nothing is decompressed, and of the answer only the
beginning is read.
"""

import asyncio
import socket
import ssl
import time
from collections.abc import Mapping
from typing import Final, Self

import httpx
from msgspec import Struct

from collab_document.webhooks.rules import excerpt, is_public
from collab_kit.tls import trust

__all__ = ["Outcome", "Sender"]

DEADLINE_S: Final = 10.0
MAX_AT_ONCE: Final = 20
_READ_BYTES: Final = 2048
_ERROR_CHARS: Final = 300
_MAX_ADDRESSES: Final = 3


class Outcome(Struct, frozen=True, kw_only=True):
    """`error` says why it does not count as delivered."""

    status: int | None = None
    latency_ms: int
    error: str | None = None
    excerpt: str = ""


class _NotPublic(Exception):  # noqa: N818  # named for what was found
    """None of the name's addresses may be connected to."""


class Sender:
    def __init__(self, *, ca_file: str | None, allow_private: bool, deadline_s: float = DEADLINE_S) -> None:
        self._ca_file = ca_file
        self._allow_private = allow_private
        self._deadline_s = deadline_s
        self._client: httpx.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def send(self, url: str, headers: Mapping[str, str], body: str) -> Outcome:
        """POST it once; whatever happens is an outcome."""
        started = time.monotonic()
        status: int | None = None
        error: str | None
        read = b""
        try:
            async with asyncio.timeout(self._deadline_s):
                response = await self._post(httpx.URL(url), headers, body.encode())
                try:
                    status = response.status_code
                    async for chunk in response.aiter_raw():
                        read += chunk[:_READ_BYTES]
                        if len(read) >= _READ_BYTES:
                            break
                finally:
                    await response.aclose()
            error = None if 200 <= status < 300 else _refusal(status)
        except TimeoutError:
            error = f"No answer within {self._deadline_s:g} s."
        except socket.gaierror:
            error = "The name does not resolve."
        except _NotPublic:
            error = "The name leads to no public address."
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ssl.SSLError, ValueError) as failure:
            error = f"The connection failed: {str(failure) or type(failure).__name__}"[:_ERROR_CHARS]
        latency_ms = round((time.monotonic() - started) * 1000)
        return Outcome(status=status, latency_ms=latency_ms, error=error, excerpt=excerpt(read))

    async def _post(self, url: httpx.URL, headers: Mapping[str, str], body: bytes) -> httpx.Response:
        client = self._open()
        *others, last = await self._resolve(url)
        for address in (*others, last):
            request = client.build_request(
                "POST",
                url.copy_with(host=address),
                content=body,
                headers={**headers, "Host": url.netloc.decode("ascii"), "Accept-Encoding": "identity"},
                extensions={"sni_hostname": url.raw_host.decode("ascii")},
            )
            try:
                return await client.send(request, stream=True)
            except httpx.ConnectError:
                if address == last:
                    raise
        raise AssertionError("the last address answers or raises")

    async def _resolve(self, url: httpx.URL) -> list[str]:
        """A few addresses, at least one. Raises `_NotPublic`, or `OSError` when the name does not resolve."""
        port = url.port or (443 if url.scheme == "https" else 80)
        host = url.raw_host.decode("ascii")
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = dict.fromkeys(str(entry[4][0]) for entry in found)
        allowed = [each for each in addresses if self._allow_private or is_public(each)]
        if not allowed:
            raise _NotPublic
        return allowed[:_MAX_ADDRESSES]

    def _open(self) -> httpx.AsyncClient:
        """Made when it is first needed: reading the system's authorities takes memory that most processes never use."""
        if self._client is None:
            self._client = httpx.AsyncClient(
                verify=trust(self._ca_file, "http"),
                timeout=None,  # noqa: S113  # `send` has a deadline around all of it
                trust_env=False,
                follow_redirects=False,
                headers={"User-Agent": "collab-webhooks/1", "Accept": "*/*"},
                # Kept connections are found again by address alone: two names at one address would share them.
                limits=httpx.Limits(max_connections=MAX_AT_ONCE, max_keepalive_connections=0),
            )
        return self._client


def _refusal(status: int) -> str:
    return "It redirects, which is not followed." if 300 <= status < 400 else f"It answered with status {status}."
