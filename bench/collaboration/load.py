"""The load client: many editors of real Yjs documents, and when each saw each edit.

Every edit is a Yjs update made beforehand, one character, and sent at its appointed time; how late it was sent is
measured too, because a load client that cannot keep up measures itself. What arrives is only noted with its time while
the clock runs. Afterwards each distinct message is read once: which characters of which editors it holds, hence when
each became visible to whom. An edit that somebody never saw counts as undelivered.
"""

import asyncio
import random
import time
from array import array
from dataclasses import dataclass, field
from typing import Literal

import msgspec
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect  # pyright: ignore[reportUnknownVariableType]
from pycrdt import Doc, Text, TransactionEvent

from bench.collaboration.doors import Door
from collab_collaboration.lib0 import read_bytes, write_bytes, write_string
from collab_collaboration.yupdate import read_extent

__all__ = ["Ladder", "Protocol", "Result", "Shape", "measure"]

Protocol = Literal["hocuspocus", "y-websocket"]

_SETTLE_S = 3.0
_STEP = 0.0001
"""Resolution of latencies, in seconds."""
_RAMP = 50
"""Connections opened at once."""


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    documents: int = 1
    clients: int
    """Per document."""
    writers: int
    """Per document."""
    edits_per_s: float
    """Over everything."""
    seconds: float = 10.0

    def __str__(self) -> str:
        writing = "all writing" if self.writers == self.clients else f"{self.writers} writing"
        return f"{self.documents} x {self.clients} clients, {writing}, {self.edits_per_s:g} edits/s"


class Ladder:
    """Latencies counted in steps of a tenth of a millisecond."""

    def __init__(self) -> None:
        self._steps: dict[int, int] = {}
        self.count = 0

    def add(self, seconds: float) -> None:
        step = int(seconds / _STEP)
        self._steps[step] = self._steps.get(step, 0) + 1
        self.count += 1

    def percentile_ms(self, percent: float) -> float | None:
        """`None` when nothing was counted."""
        rank = self.count * percent / 100
        seen = 0
        for step in sorted(self._steps):
            seen += self._steps[step]
            if seen >= rank:
                return round((step + 1) * _STEP * 1000, 2)
        return None


class Percentiles(msgspec.Struct, frozen=True):
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None

    @classmethod
    def of(cls, ladder: Ladder) -> "Percentiles":
        return cls(ladder.percentile_ms(50), ladder.percentile_ms(95), ladder.percentile_ms(99))


class Result(msgspec.Struct, frozen=True, kw_only=True):
    shape: Shape
    protocol: Protocol
    visible: Percentiles
    """From the time an edit was due until another client had it."""
    saved: Percentiles
    """From the time an edit was due until its writer was told that it is stored; y-websocket clients never are."""
    late: Percentiles
    """How late the load client itself was in sending."""
    edits: int
    samples: int
    undelivered: int
    unacknowledged: int
    messages_per_s: int
    """Received, over all clients."""


@dataclass
class _Recorder:
    """Messages that arrived while the clock ran, each distinct one kept once."""

    running: bool = False
    numbers: dict[bytes, int] = field(default_factory=dict[bytes, int])

    def number(self, message: bytes) -> int:
        return self.numbers.setdefault(message, len(self.numbers))


class _Client(WSListener):
    def __init__(self, recorder: _Recorder, address: bytes) -> None:
        super().__init__()
        self._recorder = recorder
        self._address = address
        self._acknowledgement = address + b"\x08\x01"
        self.arrived_at = array("d")
        self.arrived = array("L")
        self.acknowledged_at = array("d")
        self.synced: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.closed: str | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type is WSMsgType.CLOSE:
            self.closed = str(frame.get_close_message())
            transport.disconnect()
            return
        message = frame.get_payload_as_bytes()
        if self._recorder.running:
            if message == self._acknowledgement:
                self.acknowledged_at.append(time.perf_counter())
            else:
                self.arrived_at.append(time.perf_counter())
                self.arrived.append(self._recorder.number(message))
        elif not self.synced.done() and message.startswith(self._address + b"\x00\x01"):
            self.synced.set_result(read_bytes(message, len(self._address) + 2)[0])

    def say(self, body: bytes) -> None:
        self._transport.send(WSMsgType.BINARY, self._address + body)

    def disconnect(self) -> None:
        self._transport.disconnect()


@dataclass
class _Writer:
    client: _Client
    yjs_client: int
    edits: list[bytes]
    due_at: list[float] = field(default_factory=list[float])


async def measure(shape: Shape, *, door: Door, protocol: Protocol, seed: int = 1) -> Result:
    """Run one shape with new documents.

    Raises:
        ConnectionError: the server refused or ended a connection.
    """
    recorder = _Recorder()
    rooms = [await _join(shape.clients, recorder, door, protocol) for _ in range(shape.documents)]
    per_writer = round(shape.edits_per_s * shape.seconds / (shape.documents * shape.writers))
    writers = [[_writer(client, per_writer) for client in room[: shape.writers]] for room in rooms]
    await asyncio.sleep(0.5)
    recorder.running = True
    late = await _write([writer for room in writers for writer in room], shape, random.Random(seed))
    await asyncio.sleep(_SETTLE_S)
    recorder.running = False
    clients = [client for room in rooms for client in room]
    ended = [client.closed for client in clients if client.closed is not None]
    for client in clients:
        client.disconnect()
    if ended:
        raise ConnectionError(f"{len(ended)} connections were ended by the server: {ended[0]}")
    spans = [_spans(message) for message in recorder.numbers]
    tally = _Tally()
    for room, authors in zip(rooms, writers, strict=True):
        tally.add_document(room, authors, spans, acknowledges=protocol == "hocuspocus")
    return Result(
        shape=shape,
        protocol=protocol,
        visible=Percentiles.of(tally.visible),
        saved=Percentiles.of(tally.saved),
        late=Percentiles.of(late),
        edits=sum(len(writer.edits) for room in writers for writer in room),
        samples=tally.visible.count,
        undelivered=tally.undelivered,
        unacknowledged=tally.unacknowledged,
        messages_per_s=round(tally.received / (shape.seconds + _SETTLE_S)),
    )


async def _join(count: int, recorder: _Recorder, door: Door, protocol: Protocol) -> list[_Client]:
    """That many clients of a new document, in sync."""
    document = await door.document()
    token = await door.ticket(document)
    address = write_string(document) if protocol == "hocuspocus" else b""

    async def join() -> _Client:
        where = door.url if protocol == "hocuspocus" else f"{door.url}/{document}?ticket={token}"
        _, client = await ws_connect(lambda: _Client(recorder, address), where)
        assert isinstance(client, _Client)
        if protocol == "hocuspocus":
            client.say(b"\x02\x00" + write_string(token) + write_string("4.8.0"))
        client.say(b"\x00\x00" + write_bytes(b"\x00"))
        await asyncio.wait_for(client.synced, 20)
        return client

    clients: list[_Client] = []
    while len(clients) < count:
        clients += await asyncio.gather(*(join() for _ in range(min(_RAMP, count - len(clients)))))
    return clients


def _writer(client: _Client, count: int) -> _Writer:
    """An editor that types one word, a character at a time, into the document as it found it."""
    doc: Doc[Text] = Doc()
    doc.apply_update(client.synced.result())
    text = doc.get("text", type=Text)
    edits: list[bytes] = []

    def keep(event: TransactionEvent) -> None:
        edits.append(b"\x00\x02" + write_bytes(event.update))

    subscription = doc.observe(keep)
    for at in range(count):
        text.insert(at, "x")
    doc.unobserve(subscription)
    return _Writer(client, doc.client_id, edits)


async def _write(writers: list[_Writer], shape: Shape, chance: random.Random) -> Ladder:
    """Send every edit at its time: evenly spaced for one writer, not aligned between writers."""
    late = Ladder()
    spacing = shape.documents * shape.writers / shape.edits_per_s
    schedule: list[tuple[float, int, int]] = []
    for number, writer in enumerate(writers):
        offset = chance.random() * spacing
        writer.due_at = [offset + at * spacing for at in range(len(writer.edits))]
        schedule += [(due, number, at) for at, due in enumerate(writer.due_at)]
    schedule.sort()
    began = time.perf_counter() + 0.1
    for writer in writers:
        writer.due_at = [began + due for due in writer.due_at]
    for due, number, at in schedule:
        wait = began + due - time.perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        writers[number].client.say(writers[number].edits[at])
        late.add(max(0.0, time.perf_counter() - began - due))
    return late


@dataclass
class _Tally:
    """What all clients saw, put together."""

    visible: Ladder = field(default_factory=Ladder)
    saved: Ladder = field(default_factory=Ladder)
    undelivered: int = 0
    unacknowledged: int = 0
    received: int = 0

    def add_document(
        self,
        room: list[_Client],
        writers: list[_Writer],
        spans: list[list[tuple[int, int, int]]],
        *,
        acknowledges: bool,
    ) -> None:
        by_client = {writer.yjs_client: writer for writer in writers}
        for client in room:
            seen = dict.fromkeys(by_client, 0)
            self.received += len(client.arrived)
            for at, number in zip(client.arrived_at, client.arrived, strict=True):
                for author, start, end in spans[number]:
                    writer = by_client.get(author)
                    if writer is None:
                        continue
                    if writer.client is not client:
                        for clock in range(max(start, seen[author]), end):
                            self.visible.add(at - writer.due_at[clock])
                    seen[author] = max(seen[author], end)
            self.undelivered += sum(len(writer.edits) - seen[writer.yjs_client] for writer in writers)
        for writer in writers if acknowledges else ():
            self.unacknowledged += len(writer.edits) - len(writer.client.acknowledged_at)
            for due, at in zip(writer.due_at, writer.client.acknowledged_at, strict=False):
                self.saved.add(at - due)


def _spans(message: bytes) -> list[tuple[int, int, int]]:
    """What characters a message brings: nothing unless it is a sync update, with or without an address."""
    at = 1 + message[0] if message[:1] == bytes((36,)) else 0
    if message[at : at + 2] != b"\x00\x02":
        return []
    return read_extent(read_bytes(message, at + 2)[0]).spans
