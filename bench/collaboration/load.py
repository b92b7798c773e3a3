"""The load client: many editors of real documents, and when each saw each edit.

Every edit is one character and sent at its appointed time; how late it was sent is measured too, because a load client
that cannot keep up measures itself. Yjs updates are made beforehand; an operational transformation names the version it
is for, so those are made when they are sent. What arrives is only noted with its time while the clock runs. Afterwards
each distinct message is read once: which edits of which editors it holds, hence when each became visible to whom. An
edit that somebody never saw counts as undelivered.
"""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec

from bench.collaboration.clients import Client, Protocol, Recorder, connect
from bench.collaboration.clients.base import Span
from bench.collaboration.doors import Door

__all__ = ["Ladder", "Percentiles", "Protocol", "Result", "Shape", "join", "measure", "until"]

_SETTLE_S = 3.0
_STEP = 0.0001
"""Resolution of latencies, in seconds."""
_RAMP = 50
"""Connections opened at once."""
_SYNC_DEADLINE_S = 20.0


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
    cpu_s: float | None = None
    """Used by the server while edits were being sent, where a meter was given."""


@dataclass
class _Writer:
    client: Client
    count: int
    due_at: list[float] = field(default_factory=list[float])


async def measure(
    shape: Shape, *, door: Door, protocol: Protocol, seed: int = 1, meter: Callable[[], float] | None = None
) -> Result:
    """Run one shape with new documents; `meter` tells how many seconds of processor the server has used.

    Raises:
        ConnectionError: the server refused or ended a connection.
        TimeoutError: it did not give somebody the document.
    """
    recorder = Recorder()
    rooms = [await join(shape.clients, recorder, door, protocol) for _ in range(shape.documents)]
    per_writer = round(shape.edits_per_s * shape.seconds / (shape.documents * shape.writers))
    writers = [[_Writer(client, per_writer) for client in room[: shape.writers]] for room in rooms]
    for writer in (writer for room in writers for writer in room):
        writer.client.prepare(writer.count)
    await asyncio.sleep(0.5)
    clients = [client for room in rooms for client in room]
    for client in clients:
        client.read_later()
    recorder.running = True
    used = meter() if meter else 0.0
    late = await _write([writer for room in writers for writer in room], shape, random.Random(seed))
    used = meter() - used if meter else None
    await asyncio.sleep(_SETTLE_S)
    for client in clients:
        client.read_now()
    recorder.running = False
    ended = [client.closed for client in clients if client.closed is not None]
    for client in clients:
        client.disconnect()
    if ended:
        raise ConnectionError(f"{len(ended)} connections were ended by the server: {ended[0]}")
    spans = [clients[0].spans(message) for message in recorder.messages]
    tally = _Tally()
    for room, authors in zip(rooms, writers, strict=True):
        tally.add_document(room, authors, spans)
    return Result(
        shape=shape,
        protocol=protocol,
        visible=Percentiles.of(tally.visible),
        saved=Percentiles.of(tally.saved),
        late=Percentiles.of(late),
        edits=sum(writer.count for room in writers for writer in room),
        samples=tally.visible.count,
        undelivered=tally.undelivered,
        unacknowledged=tally.unacknowledged,
        messages_per_s=round(tally.received / (shape.seconds + _SETTLE_S)),
        cpu_s=used,
    )


async def join(
    count: int, recorder: Recorder, door: Door, protocol: Protocol, *, document: str | None = None
) -> list[Client]:
    """That many clients of a document, by default a new one, in sync.

    Raises:
        ConnectionError, TimeoutError
    """
    document = document or await door.document()

    async def come() -> Client:
        # Everybody is somebody else, where the door lets them: a person may have only so many connections.
        client = await connect(protocol, recorder, door, document, await door.ticket(document))
        await asyncio.wait_for(client.synced, _SYNC_DEADLINE_S)
        return client

    # One alone first: with ShareDB it makes the document.
    clients = [await come()]
    while len(clients) < count:
        clients += await asyncio.gather(*(come() for _ in range(min(_RAMP, count - len(clients)))))
    return clients


async def until(due: float) -> None:
    """Return at a time of `time.perf_counter`, others having their turn meanwhile.

    It polls: a timer is a millisecond late, and waking who sleeps is charged to the server that sends.
    """
    while time.perf_counter() < due:  # noqa: ASYNC110  # nothing happens at that time that one could wait for
        await asyncio.sleep(0)


async def _write(writers: list[_Writer], shape: Shape, chance: random.Random) -> Ladder:
    """Send every edit at its time: evenly spaced for one writer, not aligned between writers."""
    late = Ladder()
    spacing = shape.documents * shape.writers / shape.edits_per_s
    schedule: list[tuple[float, int, int]] = []
    for number, writer in enumerate(writers):
        offset = chance.random() * spacing
        writer.due_at = [offset + at * spacing for at in range(writer.count)]
        schedule += [(due, number, at) for at, due in enumerate(writer.due_at)]
    schedule.sort()
    began = time.perf_counter() + 0.1
    for writer in writers:
        writer.due_at = [began + due for due in writer.due_at]
    for due, number, at in schedule:
        await until(began + due)
        writers[number].client.edit(at)
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

    def add_document(self, room: list[Client], writers: list[_Writer], spans: Sequence[list[Span]]) -> None:
        by_author = {writer.client.author: writer for writer in writers}
        for client in room:
            seen = dict.fromkeys(by_author, 0)
            if client.author in seen:
                seen[client.author] = by_author[client.author].count
            self.received += len(client.arrived)
            for at, number in zip(client.arrived_at, client.arrived, strict=True):
                for author, first, end in spans[number]:
                    writer = by_author.get(author)
                    if writer is None or writer.client is client:
                        continue
                    edits = writer.client.edits(first, end)
                    for edit in edits[max(0, seen[author] - edits.start) :]:
                        self.visible.add(at - writer.due_at[edit])
                    seen[author] = max(seen[author], edits.stop)
            self.undelivered += sum(writer.count - seen[writer.client.author] for writer in writers)
        for writer in writers:
            if writer.client.acknowledges:
                self.unacknowledged += writer.count - len(writer.client.acknowledged_at)
                for due, at in zip(writer.due_at, writer.client.acknowledged_at, strict=False):
                    self.saved.add(at - due)
