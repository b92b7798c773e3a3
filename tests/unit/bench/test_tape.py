"""What a connection receives while it is not read: kept with its times, and nothing of it lost."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager

import uvloop
from picows import (
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    ws_connect,  # pyright: ignore[reportUnknownVariableType] - its **kwargs are not annotated
    ws_create_server,  # pyright: ignore[reportUnknownVariableType] - its **kwargs are not annotated
)

from bench.collaboration.clients import Recorder
from bench.collaboration.clients.yjs import YWebsocketClient
from collab_collaboration.lib0 import write_bytes

STATE = b"\x00\x01" + write_bytes(b"\x00\x00")
LARGE = b"\x00\x02" + bytes(3_000_000)
"""More than one read of a socket gives."""


def small(number: int) -> bytes:
    return b"\x00\x02" + bytes((number,))


class Peer(WSListener):
    """The server's side of the one connection."""

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport
        transport.send(WSMsgType.BINARY, STATE)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        pass

    def say(self, message: bytes) -> None:
        self.transport.send(WSMsgType.BINARY, message)


@asynccontextmanager
async def connected() -> AsyncGenerator[tuple[Peer, YWebsocketClient]]:
    peer = Peer()

    def accept(_: WSUpgradeRequest) -> WSListener:
        return peer

    server = await ws_create_server(accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    recorder = Recorder(running=True)
    _, client = await ws_connect(
        lambda: YWebsocketClient(recorder, "d", ""), f"ws://127.0.0.1:{port}/d", max_frame_size=2**24
    )
    assert isinstance(client, YWebsocketClient)
    try:
        await asyncio.wait_for(client.synced, 30)
        yield peer, client
    finally:
        client.disconnect()
        server.close()
        await server.wait_closed()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110  # nothing that one could wait for says so
            await asyncio.sleep(0.01)


async def has_arrived(peer: Peer) -> None:
    """Both ends are in one loop: once all is written, a few more turns of it have read all."""
    await until(lambda: not peer.transport.underlying_transport.get_write_buffer_size())
    for _ in range(100):
        await asyncio.sleep(0.001)


def seen(client: YWebsocketClient) -> list[bytes]:
    return [client.recorder.messages[number] for number in client.arrived]


def run(work: Coroutine[None, None, None]) -> None:
    # The loop of the benchmark: how its transports change protocols is what is looked at.
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work)


def test_what_is_read_later_has_the_times_when_it_came_and_what_comes_after_is_read_at_once() -> None:
    async def work() -> None:
        async with connected() as (peer, client):
            client.read_later()
            sent_at: list[float] = []
            for message in (small(1), LARGE, small(2)):
                sent_at.append(time.perf_counter())
                peer.say(message)
                await has_arrived(peer)
            assert seen(client) == []
            read_at = time.perf_counter()
            client.read_now()
            assert seen(client) == [small(1), LARGE, small(2)]
            assert all(sent < at < read_at for sent, at in zip(sent_at, client.arrived_at, strict=True))
            assert list(client.arrived_at) == sorted(client.arrived_at)
            peer.say(small(3))
            await until(lambda: len(client.arrived) == 4)
            assert client.arrived_at[-1] > read_at

    run(work())


def test_a_connection_that_ends_meanwhile_has_been_read_to_its_end() -> None:
    async def work() -> None:
        async with connected() as (peer, client):
            client.read_later()
            peer.say(small(1))
            peer.transport.send_close(4409, "enough")  # pyright: ignore[reportArgumentType]  # its enum knows no 4xxx
            peer.transport.disconnect()
            await until(lambda: client.closed is not None)
            assert seen(client) == [small(1)]
            assert "enough" in str(client.closed)
            client.read_now()
            assert seen(client) == [small(1)]

    run(work())
