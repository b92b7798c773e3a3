"""An HTTP client that costs next to nothing: one connection, one request at a time, answers of a known length."""

import asyncio
import time
from typing import Self
from urllib.parse import urlsplit

from msgspec import Struct

__all__ = ["Client", "Request"]

_DEADLINE_S = 30.0


class Request(Struct, frozen=True):
    method: str
    path: str
    token: str


class Client:
    def __init__(self, url: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._host = urlsplit(url).netloc
        self._reader = reader
        self._writer = writer

    @classmethod
    async def connect(cls, url: str) -> Self:
        parts = urlsplit(url)
        return cls(url, *await asyncio.open_connection(parts.hostname, parts.port, limit=2**20))

    async def close(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()

    async def ask(self, request: Request) -> tuple[float, bytes]:
        """Seconds until all of the answer was there, and its body. Raises `ConnectionError` unless it is a 200."""
        head = (
            f"{request.method} {request.path} HTTP/1.1\r\nHost: {self._host}\r\n"
            f"Authorization: Bearer {request.token}\r\nContent-Length: 0\r\n\r\n"
        ).encode()
        began = time.perf_counter()
        async with asyncio.timeout(_DEADLINE_S):
            self._writer.write(head)
            answer = await self._reader.readuntil(b"\r\n\r\n")
            body = await self._reader.readexactly(_length(answer))
        taken = time.perf_counter() - began
        if answer.split(b" ", 2)[1] != b"200":
            status = answer.partition(b"\r\n")[0]
            raise ConnectionError(f"{request.method} {request.path}: {status!r} {body[:300]!r}")
        return taken, body


def _length(head: bytes) -> int:
    """Raises `ConnectionError` for an answer that does not say."""
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise ConnectionError(f"an answer of unknown length: {head!r}")
