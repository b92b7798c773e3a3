"""An editor of a ShareDB document: one operation on its way at a time, as ShareDB's own client does it.

What is typed while an operation waits for its acknowledgement is composed into the next one. Every character goes to
the front of the text, so that what others type never moves it: the operation is right at whatever version it is sent,
and the server transforms it where it has gone on.

Source: https://github.com/share/sharedb `lib/client/doc.js`, `lib/client/connection.js`, `lib/message-actions.js`.
"""

import asyncio
import time
from typing import Any

import msgspec
from picows import WSMsgType

from bench.collaboration.clients.base import Client, Recorder, Span

__all__ = ["COLLECTION", "ShareDBClient"]

COLLECTION = "texts"
_TYPE = "http://sharejs.org/types/text-unicode"
_ACTION = b'"a":"op"'
_CONTENT = b'"op":'
_ERROR = b'"error":'


class _Operation(msgspec.Struct):
    """As the server announces it, to its sender without what it does."""

    v: int
    src: str
    seq: int


_read_operation = msgspec.json.Decoder(_Operation).decode


class ShareDBClient(Client):
    answers = True

    def __init__(self, recorder: Recorder, document: str, ticket: str) -> None:
        super().__init__(recorder, document, ticket)
        self._version = 0
        self._last: bytes | None = None
        """The latest operation of others: only who types needs its version, so it is read when an edit is sent."""
        self._own = b""
        self._in_flight = False
        self.idle = asyncio.Event()
        """Set when the server has acknowledged something, be it only the document's creation."""
        self._typed = 0
        self._sent: list[range] = []
        """The edits in each operation: its sequence number is one more than its index here."""

    @staticmethod
    def url(base: str, document: str, ticket: str) -> str:  # noqa: ARG004  # the subscription names the document
        return base

    def greet(self) -> None:
        self._say({"a": "hs", "id": None, "protocol": 1, "protocolMinor": 2})

    def create(self, text: str) -> None:
        """Make the document. To be called after `greet`, by one client of it."""
        self._say_own({"a": "op", "v": None, "seq": 1, "x": {}, "create": {"type": _TYPE, "data": text}})
        self._sent.append(range(0))

    def take(self, message: bytes) -> None:
        if _ACTION in message and _ERROR not in message:
            if self._own and self._own in message and _CONTENT not in message:
                self._acknowledged(_read_operation(message))
            else:
                self._last = message
                self.note(message)
            return
        told = msgspec.json.decode(message)
        if "error" in told:
            self.end(str(told["error"]))
        elif told.get("a") == "hs":
            self.author = told["id"]
            self._own = f'"src":"{told["id"]}"'.encode()
            self._say_own({"a": "s", "v": None})
        elif told.get("a") == "s":
            self._subscribed(message, told)

    def _subscribed(self, message: bytes, told: dict[str, Any]) -> None:
        data = told["data"]
        self._version = data["v"]
        if data.get("type") is None:
            self.create("")
            self._in_flight = True
        self.note_state(b"", len(message))

    def _acknowledged(self, operation: _Operation) -> None:
        self._version = operation.v + 1
        self._last = None
        self._in_flight = False
        self.idle.set()
        now = time.perf_counter()
        for _ in self._sent[operation.seq - 1]:
            self.acknowledged_at.append(now)
        self._submit()

    def prepare(self, count: int) -> None:
        """Operations name a version, so they are made when they are sent."""

    def edit(self, number: int) -> None:
        self._typed = number + 1
        self._submit()

    def paste(self, text: str) -> None:
        """Insert a text at the front, as one edit; not together with `edit`."""
        self._sent.append(range(1))
        self._say_own({"a": "op", "v": self._version, "seq": len(self._sent), "x": {}, "op": [text]})

    def _submit(self) -> None:
        first = self._sent[-1].stop if self._sent else 0
        if self._in_flight or first == self._typed:
            return
        if self._last is not None:
            # Operations that the server made up for come twice, and may be older than what was acknowledged since.
            self._version = max(self._version, _read_operation(self._last).v + 1)
            self._last = None
        self._in_flight = True
        self._sent.append(range(first, self._typed))
        text = "x" * (self._typed - first)
        self._say_own({"a": "op", "v": self._version, "seq": len(self._sent), "x": {}, "op": [text]})

    def edits(self, first: int, end: int) -> range:
        return range(self._sent[first].start, self._sent[end - 1].stop)

    @staticmethod
    def spans(message: bytes) -> list[Span]:
        operation = _read_operation(message)
        return [Span(operation.src, operation.seq - 1, operation.seq)]

    def _say_own(self, message: dict[str, Any]) -> None:
        self._say({"c": COLLECTION, "d": self.document, **message})

    def _say(self, message: dict[str, Any]) -> None:
        self.transport.send(WSMsgType.TEXT, msgspec.json.encode(message))
