"""A WebSocket client for these tests."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from picows import (
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    ws_connect,  # pyright: ignore[reportUnknownVariableType] - its **kwargs are not annotated
)

DEADLINE_S = 30.0


class Connection(WSListener):
    """An open WebSocket: what is sent goes out at once, what arrives waits in a queue."""

    def __init__(self) -> None:
        self._frames: asyncio.Queue[bytes] = asyncio.Queue(100)
        self._transport: WSTransport | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.CLOSE:
            transport.disconnect()
        else:
            self._frames.put_nowait(frame.get_payload_as_bytes())

    def send(self, payload: bytes) -> None:
        assert self._transport is not None
        self._transport.send(WSMsgType.BINARY, payload)

    async def receive(self) -> bytes:
        async with asyncio.timeout(DEADLINE_S):
            return await self._frames.get()

    async def closed(self, *, within_s: float = DEADLINE_S) -> None:
        """Returns once the other side has ended the connection."""
        assert self._transport is not None
        async with asyncio.timeout(within_s):
            await self._transport.wait_disconnected()

    async def close(self) -> None:
        assert self._transport is not None
        self._transport.disconnect()
        await self.closed()


@asynccontextmanager
async def connected(url: str, *, trust: ssl.SSLContext | None = None) -> AsyncGenerator[Connection]:
    """Raises picows' ``WSError`` with the status if the other side does not upgrade."""
    _, connection = await ws_connect(Connection, url, ssl_context=trust, websocket_handshake_timeout=DEADLINE_S)
    assert isinstance(connection, Connection)
    try:
        yield connection
    finally:
        await connection.close()
