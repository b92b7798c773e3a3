"""What every client does alike: while the clock runs, what arrives is only noted with its time."""

import asyncio
import time
from abc import ABC, abstractmethod
from array import array
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import NamedTuple, cast

from picows import WSFrame, WSListener, WSMsgType, WSTransport

__all__ = ["Client", "Recorder", "Span"]


class Span(NamedTuple):
    """Edits `first` up to but without `end` of an author, in the numbers of the protocol: `Client.edits` has ours."""

    author: Hashable
    first: int
    end: int


@dataclass
class Recorder:
    """Messages that arrived while the clock ran, each distinct one kept once."""

    running: bool = False
    keeps_states: bool = True
    """Without, only the size of the state that a client is given is kept: 300 times 5 MB need not be."""
    messages: list[bytes] = field(default_factory=list[bytes])
    """Each at its number."""
    last_chunk: bytes = b""
    """What a connection received last, as it came: the next one probably gets the same and needs no copy."""
    _numbers: dict[bytes, int] = field(default_factory=dict[bytes, int])

    def number(self, message: bytes) -> int:
        number = self._numbers.get(message)
        if number is None:
            number = self._numbers[message] = len(self.messages)
            self.messages.append(message)
        return number


class Tape(asyncio.Protocol):
    """Keeps what a connection receives, with the times, in place of the protocol that reads it; then plays it back.

    Reading costs the load client as much as receiving does, and with a thousand clients it would measure itself.
    """

    def __init__(self, transport: asyncio.Transport, recorder: Recorder) -> None:
        self._transport = transport
        self._reader = cast("asyncio.BufferedProtocol", transport.get_protocol())
        self._times: list[float] = []
        self._chunks: list[bytes] = []
        self.now: float | None = None
        """While it is played: when what is being read arrived."""
        keep_time, keep_chunk, clock = self._times.append, self._chunks.append, time.perf_counter

        def data_received(data: bytes) -> None:
            keep_time(clock())
            if data == recorder.last_chunk:
                data = recorder.last_chunk
            else:
                recorder.last_chunk = data
            keep_chunk(data)

        self.data_received = data_received
        transport.set_protocol(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.play()
        self._reader.connection_lost(exc)

    def eof_received(self) -> bool | None:
        self.play()
        return self._reader.eof_received()

    def play(self) -> None:
        """Give everything to the protocol that reads, which also has what comes from now on."""
        self._transport.set_protocol(self._reader)
        for at, chunk in zip(self._times, self._chunks, strict=True):
            self.now = at
            rest = memoryview(chunk)
            while rest:
                room = memoryview(self._reader.get_buffer(len(rest)))
                size = min(len(room), len(rest))
                room[:size] = rest[:size]
                self._reader.buffer_updated(size)
                rest = rest[size:]
        self.now = None
        self._times.clear()
        self._chunks.clear()


class Client(WSListener, ABC):
    """One editor of one document, on a connection of its own."""

    acknowledges: bool = True
    """Whether the protocol tells a writer that an edit was taken."""
    answers: bool = False
    """Whether what it sends depends on what it receives: then it has to be read at once."""

    def __init__(self, recorder: Recorder, document: str, ticket: str) -> None:
        super().__init__()
        self.recorder = recorder
        self.document = document
        self.ticket = ticket
        self.arrived_at = array("d")
        self.arrived = array("L")
        self.acknowledged_at = array("d")
        """One for each edit."""
        self.synced: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        """The document's state, as the protocol has it."""
        self.synced_at: float | None = None
        self.state_bytes = 0
        self.closed: str | None = None
        self.author: Hashable = None
        """As `Span` has it; known once there are edits."""
        self._tape: Tape | None = None

    # What each protocol has of its own

    @staticmethod
    @abstractmethod
    def url(base: str, document: str, ticket: str) -> str: ...

    @abstractmethod
    def greet(self) -> None:
        """Ask for the document."""

    @abstractmethod
    def take(self, message: bytes) -> None:
        """A message that arrived."""

    @abstractmethod
    def prepare(self, count: int) -> None:
        """Make that many edits of one character each, as far as that can be done before they are sent."""

    @abstractmethod
    def edit(self, number: int) -> None:
        """Send an edit; each is sent once, in order from 0."""

    @abstractmethod
    def edits(self, first: int, end: int) -> range:
        """Which of this client's edits a span of it is."""

    @staticmethod
    @abstractmethod
    def spans(message: bytes) -> list[Span]:
        """Which edits a message brings to who receives it."""

    # What picows calls

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type is WSMsgType.CLOSE:
            self.end(str(frame.get_close_message()))
            transport.disconnect()
        elif frame.msg_type in (WSMsgType.BINARY, WSMsgType.TEXT):
            self.take(frame.get_payload_as_bytes())

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002  # picows' own signature
        self.end("the connection was cut")

    # For the subclasses and whoever measures

    def read_later(self) -> None:
        """From now on only keep what arrives, until `read_now`."""
        if not self.answers and self.closed is None:
            self._tape = Tape(self.transport.underlying_transport, self.recorder)

    def read_now(self) -> None:
        if self._tape is not None:
            self._tape.play()
            self._tape = None

    @property
    def now(self) -> float:
        """When what is being read arrived."""
        tape = self._tape
        return time.perf_counter() if tape is None or tape.now is None else tape.now

    def note(self, message: bytes) -> None:
        """An edit of others arrived, if the clock runs."""
        if self.recorder.running:
            self.arrived_at.append(self.now)
            self.arrived.append(self.recorder.number(message))

    def note_state(self, state: bytes, size: int) -> None:
        """The document is here."""
        if not self.synced.done():
            self.synced_at = time.perf_counter()
            self.state_bytes = size
            self.synced.set_result(state if self.recorder.keeps_states else b"")

    def end(self, reason: str) -> None:
        if self.closed is None:
            self.closed = reason
        if not self.synced.done():
            self.synced.set_exception(ConnectionError(f"ended by the server: {reason}"))
            self.synced.exception()

    def disconnect(self) -> None:
        self.transport.disconnect()
