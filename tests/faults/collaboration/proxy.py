"""A TCP proxy in front of an HTTP server that can make it slow, broken or silent."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Literal

__all__ = ["Manner", "Proxy", "proxied"]

Manner = Literal["as it is", "slow", "broken", "silent"]

_SLOW_S = 0.5
_BROKEN = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Proxy:
    """`manner` counts for what is asked from now on, over old connections too."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._open: set[asyncio.StreamWriter] = set()
        self.manner: Manner = "as it is"
        self.asked = 0
        """How much was asked for while it was not as it is."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection; it ends also where the server does not take one."""
        self._open.add(writer)
        try:
            with suppress(OSError):
                await self._pass_on(reader, writer)
        finally:
            self._open.discard(writer)
            writer.close()

    def end(self) -> None:
        """Cut what is still connected."""
        for writer in self._open:
            writer.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._target)
        try:
            answers = asyncio.create_task(_copy(there, writer))
            try:
                await self._questions(reader, writer, back)
            finally:
                answers.cancel()
                await asyncio.wait({answers})
        finally:
            back.close()

    async def _questions(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, back: asyncio.StreamWriter
    ) -> None:
        while data := await reader.read(65536):
            if self.manner != "as it is":
                self.asked += 1
            if self.manner == "broken":
                writer.write(_BROKEN)
                await writer.drain()
                return
            if self.manner == "slow":
                await asyncio.sleep(_SLOW_S)
            if self.manner != "silent":
                back.write(data)
                await back.drain()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()


@asynccontextmanager
async def proxied(port: int) -> AsyncGenerator[tuple[Proxy, str]]:
    """A proxy in front of `port`, and its URL."""
    proxy = Proxy(port)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    async with server:
        try:
            yield proxy, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            proxy.end()
