"""A client that says exactly what a test tells it to, and a `pycrdt` one that behaves."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect  # pyright: ignore[reportUnknownVariableType]
from pycrdt import Doc, Text, TransactionEvent

UPDATE = b"\x00\x02"
STEP1 = b"\x00\x00"
STEP2 = b"\x00\x01"
DEADLINE_S = 60
_HANDSHAKE_S = 30
_NOT_NOW = 1013


def uint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def sized(value: bytes) -> bytes:
    return uint(len(value)) + value


def read_sized(buffer: bytes, at: int) -> tuple[bytes, int]:
    length = shift = 0
    while True:
        byte = buffer[at]
        at += 1
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return buffer[at : at + length], at + length


class Raw(WSListener):
    """Keeps what it hears; `closed` is set with the close code, 1006 when there was none."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[bytes] = []
        self.closed: asyncio.Future[tuple[int, str]] = asyncio.get_running_loop().create_future()
        self._news = asyncio.Event()

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type is WSMsgType.CLOSE:
            code = int(frame.get_close_code())  # pyright: ignore[reportArgumentType]  # an enum, or a number it lacks
            self._close(code, frame.get_close_reason() or "")
            transport.send_close(frame.get_close_code())
            transport.disconnect()
        elif frame.msg_type is WSMsgType.BINARY:
            self.messages.append(frame.get_payload_as_bytes())
            self.on_message(self.messages[-1])
            self._news.set()

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002  # picows's signature
        self._close(1006, "")

    def _close(self, code: int, reason: str) -> None:
        if not self.closed.done():
            self.closed.set_result((code, reason))
        self._news.set()

    def on_message(self, message: bytes) -> None:
        pass

    def send(self, data: bytes, kind: WSMsgType = WSMsgType.BINARY, *, fin: bool = True) -> None:
        self.transport.send(kind, data, fin=fin)

    async def until(self, holds: Callable[[], bool], deadline_s: float = DEADLINE_S) -> None:
        async with asyncio.timeout(deadline_s):
            while not holds():
                self._news.clear()
                await self._news.wait()

    async def close_code(self, deadline_s: float = DEADLINE_S) -> int:
        return (await asyncio.wait_for(asyncio.shield(self.closed), deadline_s))[0]


@asynccontextmanager
async def raw(url: str) -> AsyncGenerator[Raw]:
    _, listener = await ws_connect(Raw, url, websocket_handshake_timeout=_HANDSHAKE_S)
    assert isinstance(listener, Raw)
    try:
        yield listener
    finally:
        listener.transport.disconnect(graceful=False)


class Peer(Raw):
    """A `pycrdt` document over the y-websocket protocol."""

    def __init__(self) -> None:
        super().__init__()
        # Without collection of what is deleted, as in `collab_collaboration.crdt.Doc` and for the same reason.
        self.doc: Doc[Text] = Doc(skip_gc=True)
        self.text = self.doc.get("text", type=Text)
        self.is_synced = False
        self._is_remote = False
        self.sent: list[bytes] = []
        self.echoes: list[bytes] = []
        """Updates that are stored, its own among them."""
        self.doc.observe(self._on_change)

    def on_ws_connected(self, transport: WSTransport) -> None:
        super().on_ws_connected(transport)
        self.send(STEP1 + sized(self.doc.get_state()))

    def on_message(self, message: bytes) -> None:
        if message[0] != 0:
            return
        payload, _ = read_sized(message, 2)
        if message[1] == 0:
            self.send(STEP2 + sized(self.doc.get_update(payload)))
            return
        self._is_remote = True
        try:
            self.doc.apply_update(payload)
        finally:
            self._is_remote = False
        self.is_synced = self.is_synced or message[1] == 1
        if message[1] == UPDATE[1]:
            self.echoes.append(payload)

    def _on_change(self, event: TransactionEvent) -> None:
        if not self._is_remote:
            self.sent.append(event.update)
            self.send(UPDATE + sized(event.update))


@asynccontextmanager
async def peer(url: str, trust: ssl.SSLContext | None = None) -> AsyncGenerator[Peer]:
    """A connected and synced `Peer`: sent away because a store was too slow, it comes again, as clients do."""
    listener = await _arrive(url, trust)
    try:
        yield listener
    finally:
        listener.transport.disconnect(graceful=False)


async def _arrive(url: str, trust: ssl.SSLContext | None) -> Peer:
    async with asyncio.timeout(DEADLINE_S):
        while True:
            _, listener = await ws_connect(Peer, url, ssl_context=trust, websocket_handshake_timeout=_HANDSHAKE_S)
            assert isinstance(listener, Peer)
            try:
                await listener.until(lambda listener=listener: listener.is_synced or listener.closed.done())
            finally:
                if not listener.is_synced:
                    listener.transport.disconnect(graceful=False)
            if listener.is_synced:
                return listener
            code, reason = listener.closed.result()
            assert code == _NOT_NOW, f"sent away with {code}: {reason}"
            await asyncio.sleep(0.1)


def typed(text: str, *, after: bytes | None = None) -> tuple[bytes, bytes]:
    """An update that appends `text` to what `after` holds, and the state of a document that has both."""
    doc: Doc[Text] = Doc()
    shared = doc.get("text", type=Text)
    if after is not None:
        doc.apply_update(after)
    before = doc.get_state()
    shared += text
    return doc.get_update(before), doc.get_update()
