"""An editor of an Etherpad: one changeset on its way at a time, as Etherpad's own client does it.

What is typed meanwhile goes into the next one. Every character goes to the front of the pad; a changeset names the
length of the text that it changes, which is told by the latest changeset of others or by the own one just accepted. The
browser's client waits half a second between two changesets; this one does not, to its advantage.

Sources: https://github.com/ether/etherpad-lite 1.8.14 `src/static/js/collab_client.js`, `src/static/js/Changeset.js`,
`src/node/handler/PadMessageHandler.js`; socket.io 2 (Engine.IO 3).
"""

import asyncio
import time
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from picows import WSMsgType

from bench.collaboration.clients.base import Client, Recorder, Span

__all__ = ["EtherpadClient", "base36", "lengths"]

_CONNECTED: Final = b"40"
_EVENT: Final = b"42"
_PING: Final = b"2"
_PING_INTERVAL_S: Final = 20.0
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


class _Changes(msgspec.Struct):
    type: str
    newRev: int = 0  # noqa: N815  # Etherpad's name
    author: str = ""
    changeset: str = ""


class _Told(msgspec.Struct):
    type: str = ""
    data: msgspec.Raw = msgspec.Raw(b"{}")
    disconnect: str | None = None


def base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"


def lengths(changeset: str) -> tuple[int, int]:
    """The lengths of the text before and after a changeset, such as `Z:5>1+1$x`."""
    sign = ">" if ">" in changeset.partition("$")[0] else "<"
    before, _, rest = changeset.removeprefix("Z:").partition(sign)
    digits = rest[: next((at for at, each in enumerate(rest) if each not in _DIGITS), len(rest))]
    change = int(digits, 36) if sign == ">" else -int(digits, 36)
    return int(before, 36), int(before, 36) + change


class EtherpadClient(Client):
    answers = True

    def __init__(self, recorder: Recorder, document: str, ticket: str) -> None:
        super().__init__(recorder, document, ticket)
        self._revision = 0
        self._length = 0
        self._last: bytes | None = None
        self._in_flight: range | None = None
        self._typed = 0
        self._sent = 0
        self._accepted: dict[int, range] = {}
        """The edits in each revision of ours."""
        self._pinging: asyncio.TimerHandle | None = None

    @staticmethod
    def url(base: str, document: str, ticket: str) -> str:  # noqa: ARG004  # the first message names the pad
        return f"ws://{urlsplit(base).netloc}/socket.io/?EIO=3&transport=websocket"

    def greet(self) -> None:
        self._ping()

    def take(self, message: bytes) -> None:
        if message.startswith(_EVENT):
            told = msgspec.json.decode(message[2:], type=tuple[str, _Told])[1]
            if told.disconnect is not None:
                self.end(told.disconnect)
            elif told.type == "CLIENT_VARS":
                self._opened(message, msgspec.json.decode(told.data))
            elif told.type == "COLLABROOM":
                self._changed(message, told.data)
        elif message == _CONNECTED:
            self._emit(
                {
                    "component": "pad",
                    "type": "CLIENT_READY",
                    "padId": self.document,
                    "sessionID": None,
                    "token": f"t.{id(self):x}{time.monotonic_ns():x}",
                    "protocolVersion": 2,
                }
            )

    def _opened(self, message: bytes, pad: dict[str, Any]) -> None:
        self.author = pad["userId"]
        self._revision = pad["collab_client_vars"]["rev"]
        self._length = len(pad["collab_client_vars"]["initialAttributedText"]["text"])
        self.note_state(b"", len(message))

    def _changed(self, message: bytes, data: msgspec.Raw) -> None:
        if b"NEW_CHANGES" in message:
            self._last = message
            self.note(message)
        elif b"ACCEPT_COMMIT" in message and self._in_flight is not None:
            self._catch_up()
            self._revision = msgspec.json.decode(data, type=_Changes).newRev
            self._length += len(self._in_flight)
            self._accepted[self._revision] = self._in_flight
            now = time.perf_counter()
            for _ in self._in_flight:
                self.acknowledged_at.append(now)
            self._in_flight = None
            self._submit()

    def prepare(self, count: int) -> None:
        """Changesets name a revision, so they are made when they are sent."""

    def edit(self, number: int) -> None:
        self._typed = number + 1
        self._submit()

    def _catch_up(self) -> None:
        if self._last is not None:
            changes = _read_changes(self._last)
            self._revision = changes.newRev
            self._length = lengths(changes.changeset)[1]
            self._last = None

    def _submit(self) -> None:
        if self._in_flight is not None or self._sent == self._typed:
            return
        self._catch_up()
        self._in_flight = range(self._sent, self._typed)
        self._sent = self._typed
        count = base36(len(self._in_flight))
        data = {
            "type": "USER_CHANGES",
            "baseRev": self._revision,
            "changeset": f"Z:{base36(self._length)}>{count}*0+{count}${'x' * len(self._in_flight)}",
            "apool": {"numToAttrib": {"0": ["author", self.author]}, "nextNum": 1},
        }
        self._emit({"type": "COLLABROOM", "component": "pad", "data": data})

    def edits(self, first: int, end: int) -> range:
        assert end == first + 1, "each revision comes by itself"
        return self._accepted.get(first, range(0))

    @staticmethod
    def spans(message: bytes) -> list[Span]:
        changes = _read_changes(message)
        return [Span(changes.author, changes.newRev, changes.newRev + 1)]

    def disconnect(self) -> None:
        if self._pinging is not None:
            self._pinging.cancel()
        super().disconnect()

    def _ping(self) -> None:
        self.transport.send(WSMsgType.TEXT, _PING)
        self._pinging = asyncio.get_running_loop().call_later(_PING_INTERVAL_S, self._ping)

    def _emit(self, message: dict[str, Any]) -> None:
        self.transport.send(WSMsgType.TEXT, _EVENT + msgspec.json.encode(("message", message)))


def _read_changes(message: bytes) -> _Changes:
    told = msgspec.json.decode(message[2:], type=tuple[str, _Told])[1]
    return msgspec.json.decode(told.data, type=_Changes)
