"""A network that is not to be relied on, between clients and a replica."""

import asyncio
import random
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

__all__ = ["Chaos", "chaos"]

_CHUNK_BYTES = 4096
_HALF_OPEN_S = 0.5


class Chaos:
    """A TCP proxy; while `is_wild`, it delays, splits, cuts, or goes on holding a connection it no longer serves."""

    def __init__(self, port: int, chance: random.Random) -> None:
        self._port = port
        self._chance = chance
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.is_wild = True
        self.faults = 0

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"ws://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/collaboration"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(_abort, writer)
            server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._port)
            stack.push_async_callback(_abort, server_writer)
            pumps = [
                asyncio.create_task(self._pump(reader, server_writer)),
                asyncio.create_task(self._pump(server_reader, writer)),
            ]
            try:
                # Where one direction has ended, the other is of no use to a WebSocket.
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for pump in pumps:
                    pump.cancel()
                await asyncio.wait(pumps)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while chunk := await reader.read(_CHUNK_BYTES):
                if self.is_wild:
                    await asyncio.sleep(self._chance.choice((0, 0, 0.001, 0.02)))
                    if self._chance.random() < 0.02:
                        self.faults += 1
                        # What was read is lost, half a message perhaps delivered.
                        writer.write(chunk[: self._chance.randrange(len(chunk))])
                        if self._chance.random() < 0.3:
                            await asyncio.sleep(_HALF_OPEN_S)
                        return
                writer.write(chunk)
                await writer.drain()
        except OSError:
            return


async def _abort(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


@asynccontextmanager
async def chaos(port: int, chance: random.Random) -> AsyncGenerator[Chaos]:
    proxy = Chaos(port, chance)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.stop()
