"""TLS before a server whose build has none: the wheels of PostgreSQL and Valkey that these tests run."""

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Generator
from contextlib import contextmanager

_SSL_REQUEST = bytes.fromhex("0000000804d2162f")
"""What a client of PostgreSQL asks for TLS with; the answer `S` grants it."""


@contextmanager
def tls_front(target_port: int, tls: ssl.SSLContext, *, postgresql: bool = False) -> Generator[int]:
    """The port of a listener on loopback that takes TLS and nothing else, and passes on what is in it."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    front = _Front(target_port, tls, postgresql=postgresql)
    try:
        yield asyncio.run_coroutine_threadsafe(front.start(), loop).result(10)
    finally:
        asyncio.run_coroutine_threadsafe(front.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


class _Front:
    def __init__(self, target_port: int, tls: ssl.SSLContext, *, postgresql: bool) -> None:
        self._target_port = target_port
        self._tls = tls
        self._postgresql = postgresql
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> int:
        tls = None if self._postgresql else self._tls
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=tls)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                if self._postgresql:
                    if await reader.readexactly(8) != _SSL_REQUEST:
                        return
                    writer.write(b"S")
                    await writer.start_tls(self._tls)
                await self._pass_on(reader, writer)
        finally:
            writer.transport.abort()
            self._tasks.discard(task)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._target_port)
        both = [asyncio.create_task(_pump(reader, back)), asyncio.create_task(_pump(there, writer))]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)
            back.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(65_536):
        writer.write(chunk)
        await writer.drain()
