"""People who write on, over whatever happens to the servers, and an account of what they were promised.

Promised is what a server showed to anybody, for nothing may be shown before it is stored, and what it acknowledged. The
Hocuspocus protocol acknowledges by count: a provider calls its changes saved when as many were acknowledged as it sent
(`HocuspocusProvider.ts`, `unsyncedChanges`). In the y-websocket protocol one's own edit comes back once it is stored.
"""

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple
from uuid import UUID

from picows import (
    WSError,
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    ws_connect,  # pyright: ignore[reportUnknownVariableType]  # **kwargs
)
from pycrdt import Doc, Text, TransactionEvent

from collab_collaboration.yupdate import read_extent
from tests.integration.collaboration.harness import Replica, TicketOffice
from tests.integration.collaboration.rawclient import STEP1, STEP2, UPDATE, read_sized, sized, uint

__all__ = ["WIDTH", "Account", "Editor", "Promise", "Protocol", "entries", "mint", "present", "settle", "typing"]

Protocol = Literal["hocuspocus", "y-websocket"]

WIDTH = 10
"""Characters of an entry, one clock each; entries are written and removed whole, and never written twice."""
_CONNECT_DEADLINE_S = 15.0
_RETRY_S = (0.02, 0.2)
_TICKET_TTL_S = 3600
_REMOVALS = 0.1
"""How many of an editor's edits remove one of its own entries."""

_AUTHENTICATE = b"\x02\x00"
_SAVED = b"\x08\x01"
_AWARENESS = b"\x01"
_NOT_SAVED = b"\x08\x00"


def mint(name: str, number: int) -> str:
    """Entry `number` of the editor called `name`, which is four characters long."""
    entry = f"{name}{number:05d};"
    assert len(entry) == WIDTH
    return entry


def entries(text: str) -> list[str]:
    """What a document's text is made of."""
    return [text[at : at + WIDTH] for at in range(0, len(text), WIDTH)]


class Promise(NamedTuple):
    """What must be in a document from now on."""

    clocks: Mapping[int, int]
    """Yjs client id to the clock before which nothing of it may be missing."""
    entries: frozenset[str]
    removed: frozenset[str]
    """Entries that must not come back."""

    @property
    def reach(self) -> int:
        """How much is promised, which only ever grows."""
        return sum(self.clocks.values())

    def broken(self, text: str, clocks: Mapping[int, int]) -> list[str]:
        """How a document that is read later breaks it, in words."""
        there = Counter(entries(text))
        short = {client: end for client, end in self.clocks.items() if clocks.get(client, 0) < end}
        return [
            *(f"client {client} is at {clocks.get(client, 0)} of {end}" for client, end in short.items()),
            *(f"{entry} is missing" for entry in sorted(self.entries - there.keys())),
            *(f"{entry} is back" for entry in sorted(self.removed & there.keys())),
            *(f"{entry} is there twice" for entry, times in there.items() if times > 1),
        ]


class Account:
    """What one document's editors were promised, put together."""

    def __init__(self) -> None:
        self._clocks: dict[int, int] = {}
        self.editors: list[Editor] = []

    def note(self, client: int, end: int) -> None:
        """A server showed or acknowledged what `client` wrote before clock `end`."""
        if end > self._clocks.get(client, 0):
            self._clocks[client] = end

    def clock(self, client: int) -> int:
        return self._clocks.get(client, 0)

    def promise(self) -> Promise:
        """As of now."""
        entries: set[str] = set()
        removed: set[str] = set()
        for editor in self.editors:
            clock = self.clock(editor.client)
            entries.update(
                entry for entry, end in editor.entries.items() if end <= clock and entry not in editor.removals
            )
            removed.update(entry for entry, is_saved in editor.removals.items() if is_saved)
        return Promise(dict(self._clocks), frozenset(entries), frozenset(removed))


class _Line(WSListener):
    """One connection of an editor's."""

    def __init__(self, editor: "Editor") -> None:
        super().__init__()
        self._editor = editor
        self.gone = asyncio.get_running_loop().create_future()
        """Its close code, 1006 when there was none."""

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type is WSMsgType.CLOSE:
            if not self.gone.done():
                self.gone.set_result(int(frame.get_close_code()))  # pyright: ignore[reportArgumentType]  # an enum, or a number it lacks
            transport.send_close(frame.get_close_code())
            transport.disconnect()
        elif frame.msg_type is WSMsgType.BINARY and not self.gone.done():
            self._editor.hear(frame.get_payload_as_bytes())

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002  # picows's signature
        if not self.gone.done():
            self.gone.set_result(1006)

    def say(self, message: bytes) -> None:
        if not self.gone.done():
            self.transport.send(WSMsgType.BINARY, message)

    def cut(self) -> None:
        if not self.gone.done():
            self.gone.set_result(1006)
            self.transport.disconnect(graceful=False)


@dataclass
class Editor:
    """A `pycrdt` document with the manners of the real providers: it comes back, and says again what was not stored.

    `door` says which replica to go to, and is asked anew each time.
    """

    name: str
    document: UUID
    protocol: Protocol
    door: Callable[[], Replica]
    office: TicketOffice
    account: Account
    chance: random.Random
    entries: dict[str, int] = field(default_factory=dict[str, int])
    """What it wrote, with its clock after it."""
    removals: dict[str, bool] = field(default_factory=dict[str, bool])
    """What it removed, and whether that is stored."""
    closes: list[int] = field(default_factory=list[int])
    """With which codes its connections ended."""

    def __post_init__(self) -> None:
        self.doc: Doc[Text] = Doc()
        self._text = self.doc.get("text", type=Text)
        self.client = self.doc.client_id
        self._address = sized(str(self.document).encode()) if self.protocol == "hocuspocus" else b""
        self._ticket = self.office.ticket(self.document, ttl_s=_TICKET_TTL_S)
        self._line: _Line | None = None
        self._clock = 0
        self._shown = 0
        self._removed_at: dict[str, int] = {}
        self._is_remote = False
        self.is_synced = False
        self.unsynced = 0
        self.refused = 0
        """How often it was told that an edit is not saved for now."""
        # Kept: pycrdt ends an observation whose subscription is collected.
        self._observation = self.doc.observe(self._on_change)
        self.account.editors.append(self)

    @property
    def text(self) -> str:
        return str(self._text)

    @property
    def is_saved(self) -> bool:
        """Whether it has been told that all it did is stored."""
        return self.is_synced and self.account.clock(self.client) >= self._clock and all(self.removals.values())

    # Writing

    def write(self) -> None:
        """Add an entry somewhere."""
        entry = mint(self.name, len(self.entries))
        at = self.chance.randrange(len(self._text) // WIDTH + 1) * WIDTH
        self._clock += WIDTH
        self.entries[entry] = self._clock
        self._text.insert(at, entry)

    def remove(self) -> None:
        """Take away one of its own entries, if it has any left."""
        mine = [entry for entry in self.entries if entry not in self.removals]
        if mine:
            entry = self.chance.choice(mine)
            at = self.text.index(entry)
            self.removals[entry] = False
            self._removed_at[entry] = self._clock
            del self._text[at : at + WIDTH]

    def edit(self) -> None:
        if self.chance.random() < _REMOVALS:
            self.remove()
        else:
            self.write()
        self.show(f"at {len(self.entries)}")

    def show(self, state: str) -> None:
        """Let the others know where it is (awareness, as `y-protocols/awareness.js` encodes it)."""
        self._shown += 1
        states = uint(1) + uint(self.client) + uint(self._shown) + sized(json.dumps({"user": state}).encode())
        self._say(_AWARENESS + sized(states))

    async def write_on(self, every_s: float) -> None:
        """Edit until cancelled, connected or not, at irregular intervals."""
        while True:
            self.edit()
            await asyncio.sleep(self.chance.uniform(0.5, 1.5) * every_s)

    # The connection

    async def stay(self) -> None:
        """Be connected, again and again, until cancelled."""
        try:
            while True:
                try:
                    await self._connect()
                except (OSError, TimeoutError, WSError):
                    pass  # nobody there yet
                else:
                    assert self._line is not None
                    self.closes.append(await asyncio.shield(self._line.gone))
                await asyncio.sleep(self.chance.uniform(*_RETRY_S))
        finally:
            self.vanish()

    def vanish(self) -> None:
        """Lose the connection without a word."""
        self.is_synced = False
        if self._line is not None:
            self._line.cut()
            self._line = None

    def hear(self, message: bytes) -> None:
        if not message.startswith(self._address):
            return
        body = message[len(self._address) :]
        if body == _SAVED:
            self.unsynced = max(0, self.unsynced - 1)
            if self.unsynced == 0:
                self._all_saved()
        elif body == _NOT_SAVED:
            self.refused += 1
        elif body[:1] == b"\x00":
            self._hear_sync(body[:2], read_sized(body, 2)[0])

    async def _connect(self) -> None:
        url = self.door().url
        if self.protocol == "y-websocket":
            url = f"{url}/{self.document}?ticket={self._ticket}"
        self.is_synced = False
        line = _Line(self)
        async with asyncio.timeout(_CONNECT_DEADLINE_S):
            _, listener = await ws_connect(lambda: line, url, websocket_handshake_timeout=_CONNECT_DEADLINE_S)
        # What picows says of a connection that ends in the middle of the handshake.
        if listener is None:  # pyright: ignore[reportUnnecessaryComparison]  # its stubs do not know
            raise ConnectionResetError
        self._line = line
        if self._address:
            line.say(self._address + _AUTHENTICATE + sized(self._ticket.encode()) + sized(b"4.8.0"))
        self.unsynced = 1
        line.say(self._address + STEP1 + sized(self.doc.get_state()))

    def _hear_sync(self, kind: bytes, payload: bytes) -> None:
        if kind == STEP1:
            self._say(STEP2 + sized(self.doc.get_update(payload)))
            return
        self._is_remote = True
        try:
            self.doc.apply_update(payload)
        finally:
            self._is_remote = False
        for client, _, end in read_extent(payload).spans:
            self.account.note(client, end)
        if kind == STEP2:
            self.is_synced = True
        self._note_removals()

    def _all_saved(self) -> None:
        self.account.note(self.client, self._clock)
        for entry in self.removals:
            self.removals[entry] = True

    def _note_removals(self) -> None:
        # What it sent after the removal is stored, hence so is the removal: one session's edits stay in order.
        clock = self.account.clock(self.client)
        for entry, is_saved in self.removals.items():
            if not is_saved and self._removed_at[entry] < clock:
                self.removals[entry] = True

    def _on_change(self, event: TransactionEvent) -> None:
        if not self._is_remote and self._line is not None:
            self.unsynced += 1
            self._say(UPDATE + sized(event.update))

    def _say(self, body: bytes) -> None:
        if self._line is not None:
            self._line.say(self._address + body)


@asynccontextmanager
async def present(editors: Iterable[Editor]) -> AsyncGenerator[None]:
    """They are connected; afterwards they are gone without a word."""
    async with _meanwhile(editor.stay() for editor in editors):
        yield


@asynccontextmanager
async def typing(editors: Iterable[Editor], *, every_s: float) -> AsyncGenerator[None]:
    """They write, connected or not."""
    async with _meanwhile(editor.write_on(every_s) for editor in editors):
        yield


@asynccontextmanager
async def _meanwhile(work: Iterable[Coroutine[Any, Any, None]]) -> AsyncGenerator[None]:
    tasks = [asyncio.create_task(each) for each in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Exception):
                raise result


async def settle(editors: list[Editor], deadline_s: float = 60) -> str:
    """Wait until all have the same text and were told that it is stored; the answer is that text.

    Each writes a last entry: that it is stored says the same of whatever was removed before it.
    """
    for editor in editors:
        editor.write()
    loop = asyncio.get_running_loop()
    end = loop.time() + deadline_s
    while True:
        if all(editor.is_saved for editor in editors) and len({editor.text for editor in editors}) == 1:
            return editors[0].text
        if loop.time() > end:
            seen = [
                f"{editor.name} ({editor.protocol}): {len(editor.text)} characters, synced {editor.is_synced},"
                f" unsynced {editor.unsynced}, saved {editor.is_saved}, closes {editor.closes[-5:]}"
                for editor in editors
            ]
            raise AssertionError("not settled:\n" + "\n".join(seen))
        await asyncio.sleep(0.05)
