"""Replicas, clients, and all that lies between them, in one process and without a clock of its own.

The hubs, rooms and sessions are the service's; the log is in memory; Redis and the connections lose, double, delay and
reorder as a script says. Clients behave as the Hocuspocus provider does, count of unsaved changes included: when one
claims that all is saved, what it holds is compared with the log there and then.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable, Coroutine, Generator, Sequence
from contextlib import AsyncExitStack, contextmanager
from typing import Any, Final, cast
from unittest import mock
from uuid import UUID

from pycrdt import Doc, TransactionEvent

from collab_collaboration import hub as hub_module
from collab_collaboration.connection import Connection
from collab_collaboration.crdt import apply_observed, new_doc
from collab_collaboration.epoch import marker_update
from collab_collaboration.fanout import Item, decode, encode
from collab_collaboration.hub import Hub
from collab_collaboration.lib0 import read_bytes, write_bytes, write_string
from collab_collaboration.session import Session
from collab_collaboration.settings import CollaborationSettings
from collab_collaboration.snapshots import Loaded
from collab_collaboration.tickets import Ticket
from collab_collaboration.wire import Close, Message, read_message
from collab_kit.database import Database
from collab_kit.settings import Secret
from collab_kit.tokens import Role
from tests.unit.collaboration.richedits import AnyDoc, edit_richly
from tests.unit.collaboration.test_pipeline import FakeLog

__all__ = ["DOCUMENT", "Client", "World", "is_within"]

DOCUMENT: Final = UUID(int=1)
_ADDRESS: Final = write_string(str(DOCUMENT))
_STEP1, _STEP2, _UPDATE, _SAVED = b"\x00\x00", b"\x00\x01", b"\x00\x02", b"\x08\x01"
_FIRST_CLIENT: Final = 1000
_ROUNDS_TO_REST: Final = 200


class _Log(FakeLog):
    async def claim_deleted(self, **_: object) -> None:
        """Nothing is ever deleted."""


class _Documents:
    """Reads from the log in memory; there are no snapshots."""

    def __init__(self, log: _Log, _objects: object, *, settle_s: float) -> None:
        assert settle_s >= 0
        self._log = log

    async def load(self, document: UUID) -> Loaded:
        await asyncio.sleep(0)
        stored = list(self._log.stored.get(document, []))
        return Loaded(doc=new_doc(marker_update(0), *stored), head=len(stored), base=0, epoch=0)


class _Redis:
    """What is published waits, a copy for each other replica, until the script has it delivered or lost."""

    def __init__(self) -> None:
        self.fanouts: list[_Fanout] = []
        self.waiting: list[tuple[_Fanout, bytes]] = []

    def deliver(self, at: int, *, keep: bool = False) -> None:
        if not self.waiting:
            return
        at %= len(self.waiting)
        receiver, message = self.waiting[at] if keep else self.waiting.pop(at)
        receiver.deliver(message)

    def lose(self, at: int) -> None:
        if self.waiting:
            self.waiting.pop(at % len(self.waiting))


class _Fanout:
    is_alone = False
    is_connected = False
    """So that hubs compare their numbers with the log's every second, and tell no other service of edits."""

    def __init__(self, redis: _Redis, *, receive: Callable[[bytes, Item], None], on_gap: Callable[[], None]) -> None:
        self._redis = redis
        self._receive = receive
        self._on_gap = on_gap
        self._origin = len(redis.fanouts).to_bytes(8)
        redis.fanouts.append(self)

    def send(self, item: Item) -> None:
        message = encode(self._origin, [item])
        self._redis.waiting += [(each, message) for each in self._redis.fanouts if each is not self]

    def deliver(self, message: bytes) -> None:
        origin, items = decode(message)
        for item in items:
            self._receive(origin, item)

    async def run_sender(self) -> None:
        await asyncio.Event().wait()

    run_receiver = run_sender


class _Tickets:
    notes = 0

    async def verify(self, token: str, document: UUID) -> tuple[Ticket, Role]:
        now = int(time.time())
        return Ticket(
            sub=UUID(int=int(token)), doc=document, role="editor", name="", iat=now, exp=now + 1_000_000
        ), "editor"


class _Link:
    """One connection: what either side has sent and the other has not yet received. Plays `Connection` to a session."""

    has_open_sessions = False
    has_signed_in = False

    def __init__(self, client: "Client", hub: Hub) -> None:
        self.hub = hub
        self.tickets = _Tickets()
        self.up: deque[bytes] = deque()
        self.down: deque[bytes] = deque()
        self.is_cut = False
        self._client = client
        self._session = Session(cast("Connection", self), _ADDRESS, DOCUMENT)

    # What sessions call

    def write(self, frames: bytes) -> None:
        self.down.extend(_bodies(frames))

    def write_state(self, frames: Sequence[bytes]) -> None:
        self.write(b"".join(frames))

    def admit(self, _user: UUID) -> bool:
        return True

    def hold(self, _seconds: float) -> None:
        pass

    def dispatch(self, session: Session, message: Message) -> None:
        session.handle(message)

    def forget(self, _session: Session) -> None:
        pass

    def close(self, _close: Close) -> None:
        # Not at once: who closes may be in the middle of something, and a client learns of it later.
        asyncio.get_running_loop().call_soon(self.cut)

    # What the world does

    def cut(self) -> None:
        """What is under way is lost, both ways."""
        if not self.is_cut:
            self.is_cut = True
            self._session.leave()
            self._client.lost(self)

    def deliver_up(self) -> None:
        if self.up and not self.is_cut:
            self._session.handle(read_message(self.up.popleft()))

    def deliver_down(self) -> None:
        if self.down and not self.is_cut:
            self._client.receive(self.down.popleft())


class Client:
    """A provider with its document. `made` are the updates of its own edits."""

    def __init__(self, number: int, world: "World") -> None:
        # Without collection of what is deleted, as in `collab_collaboration.crdt.Doc` and for the same reason.
        self.doc: AnyDoc = Doc(client_id=_FIRST_CLIENT + number, skip_gc=True)
        self.made: list[bytes] = []
        self.unsaved = 0
        self.claims = 0
        """How often it believed that all it holds is saved."""
        self.link: _Link | None = None
        self._number = number
        self._world = world
        self._is_synced = False
        self._is_remote = False
        self.doc.observe(self._changed)

    def edit(self, seed: int) -> None:
        edit_richly(self.doc, random.Random(seed))

    def connect(self, hub: Hub) -> None:
        if self.link is None:
            self.link = _Link(self, hub)
            self._is_synced = False
            self._send(b"\x02\x00" + write_string(str(self._number + 1)))
            # The provider counts its sync request as one unsaved change, until the answer to the server's is saved.
            self.unsaved = 1
            self._send(_STEP1 + write_bytes(self.doc.get_state()))

    def lost(self, link: _Link) -> None:
        if self.link is link:
            self.link = None

    def receive(self, body: bytes) -> None:
        if body.startswith(_SAVED):
            self.unsaved -= 1
            if self.unsaved == 0 and self._is_synced:
                self.claims += 1
                self._world.check_saved(self)
        elif body.startswith(_STEP1):
            self._send(_STEP2 + write_bytes(self.doc.get_update(read_bytes(body, 2)[0])))
        elif body.startswith((_STEP2, _UPDATE)):
            self._is_remote = True
            self.doc.apply_update(read_bytes(body, 2)[0])
            self._is_remote = False
            self._is_synced = self._is_synced or body.startswith(_STEP2)

    def _changed(self, event: TransactionEvent) -> None:
        if not self._is_remote:
            self.made.append(event.update)
            if self.link is not None:
                self.unsaved += 1
                self._send(_UPDATE + write_bytes(event.update))

    def _send(self, body: bytes) -> None:
        assert self.link is not None
        self.link.up.append(body)


class World:
    """Open it with `async with`. Every method that takes numbers takes any: they count modulo what there is."""

    def __init__(self, *, replicas: int, clients: int) -> None:
        self.log = _Log()
        self.redis = _Redis()
        self.clients = [Client(number, self) for number in range(clients)]
        self._replicas = replicas
        self._hubs: list[Hub] = []
        self._stacks: list[AsyncExitStack] = []

    async def __aenter__(self) -> "World":
        for _ in range(self._replicas):
            hub, stack = await self._start()
            self._hubs.append(hub)
            self._stacks.append(stack)
        return self

    async def __aexit__(self, *_: object) -> None:
        for client in self.clients:
            if client.link is not None:
                client.link.cut()
        for stack in self._stacks:
            await stack.aclose()

    async def _start(self) -> tuple[Hub, AsyncExitStack]:
        with _without_stores():
            hub = Hub(_SETTINGS, cast("Database", self.log), cast("Any", self.redis))
        stack = AsyncExitStack()
        await stack.enter_async_context(hub)
        return hub, stack

    # What a script may say

    def edit(self, client: int, seed: int) -> None:
        self._client(client).edit(seed)

    def connect(self, client: int, replica: int) -> None:
        self._client(client).connect(self._hubs[replica % len(self._hubs)])

    def disconnect(self, client: int) -> None:
        if (link := self._client(client).link) is not None:
            link.cut()

    def up(self, client: int, messages: int) -> None:
        """Some of what a client has sent arrives."""
        for _ in range(messages):
            if (link := self._client(client).link) is not None:
                link.deliver_up()

    def down(self, client: int, messages: int) -> None:
        """Some of what was sent to a client arrives."""
        for _ in range(messages):
            if (link := self._client(client).link) is not None:
                link.deliver_down()

    async def talk(self, client: int) -> None:
        """All that a client has sent arrives, and all that was sent to it, also in answer."""
        for _ in range(4):
            self.up(client, 100)
            await asyncio.sleep(0.001)
            self.down(client, 100)

    def announce(self, at: int) -> None:
        self.redis.deliver(at)

    def announce_twice(self, at: int) -> None:
        self.redis.deliver(at, keep=True)

    def lose(self, at: int) -> None:
        self.redis.lose(at)

    def hold_commits(self) -> None:
        self.log.gate.clear()

    def let_commit(self) -> None:
        self.log.gate.set()

    def fail_commits(self, times: int) -> None:
        self.log.failures = times

    async def crash(self, replica: int) -> None:
        """Everything a replica has in memory is gone; another takes its place."""
        at = replica % len(self._hubs)
        hub, stack = self._hubs[at], self._stacks[at]
        for client in self.clients:
            if client.link is not None and client.link.hub is hub:
                client.link.cut()
        hub.rooms.clear()
        await stack.aclose()
        gone = self.redis.fanouts.pop(at)
        self.redis.waiting = [each for each in self.redis.waiting if each[0] is not gone]
        self._hubs[at], self._stacks[at] = await self._start()
        # It comes last of those that Redis knows.
        self.redis.fanouts.insert(at, self.redis.fanouts.pop())

    async def wait(self, milliseconds: int) -> None:
        await asyncio.sleep(milliseconds / 1000)

    # The end

    async def heal(self, *, redis: bool) -> None:
        """All faults end, all clients come back, and everything is delivered until nothing is left to do.

        Without `redis` nothing is announced any more: replicas have to find out from the log.
        """
        self.log.gate.set()
        self.log.failures = 0
        for _ in range(_ROUNDS_TO_REST):
            for number, client in enumerate(self.clients):
                client.connect(self._hubs[number % len(self._hubs)])
                self.up(number, 1000)
            if not redis:
                self.redis.waiting.clear()
            while self.redis.waiting:
                self.redis.deliver(0)
            await asyncio.sleep(1.5)
            moved = False
            for number, client in enumerate(self.clients):
                moved = moved or client.link is None or bool(client.link.down)
                self.down(number, 1000)
                moved = moved or client.link is None or bool(client.link.up)
            if not moved and not (redis and self.redis.waiting) and not any(client.unsaved for client in self.clients):
                return
        raise AssertionError(f"never at rest: {[(client.unsaved, client.link) for client in self.clients]}")

    def check_saved(self, client: Client) -> None:
        """What a client holds that believes to be saved is in the log."""
        assert is_within(client.doc.get_update(), self.stored()), "told to be saved, and is not"

    def stored(self) -> AnyDoc:
        return cast("AnyDoc", new_doc(*self.log.stored.get(DOCUMENT, [])).inner)

    def states(self) -> list[bytes]:
        """Of every client, of every replica's open document, and of the log."""
        rooms = [hub.rooms[DOCUMENT] for hub in self._hubs if DOCUMENT in hub.rooms]
        return [
            *(client.doc.get_update() for client in self.clients),
            *(room.state() for room in rooms),
            self.stored().get_update(),
        ]

    def _client(self, number: int) -> Client:
        return self.clients[number % len(self.clients)]


def is_within(update: bytes, whole: AnyDoc) -> bool:
    """Whether `whole`, but for the marker of its life, has all structs and deletions of `update`."""
    return apply_observed(new_doc(marker_update(0), whole.get_update()), update) is None


def _bodies(frames: bytes) -> list[bytes]:
    """Messages without frame and address, of whatever was for our document."""
    found: list[bytes] = []
    at = 0
    while at < len(frames):
        length, at = frames[at + 1], at + 2
        if length > 125:
            size = 2 if length == 126 else 8
            length, at = int.from_bytes(frames[at : at + size]), at + size
        found.append(frames[at : at + length].removeprefix(_ADDRESS))
        at += length
    return found


@contextmanager
def _without_stores() -> Generator[None]:
    def given(log: object) -> object:
        return log

    with (
        mock.patch.object(hub_module, "OperationLog", given),
        mock.patch.object(hub_module, "Documents", _Documents),
        mock.patch.object(hub_module, "Fanout", _Fanout),
    ):
        yield


_SETTINGS: Final = CollaborationSettings(
    instance="simulated",
    port=1,
    websocket_port=2,
    public_url="http://127.0.0.1",
    database_url="postgresql://nobody@127.0.0.1/none",
    database_password=Secret("none"),
    redis_url="redis://127.0.0.1",
    redis_password=Secret("none"),
    internal_token=Secret("none"),
    document_url="http://127.0.0.1",
    s3_endpoint="http://127.0.0.1",
    s3_bucket="none",
    s3_region="none",
    compact_after=1_000_000,
    idle_document_s=600,
)

Script = Sequence[tuple[str, tuple[int, ...]]]


async def run_script(world: World, script: Script) -> None:
    for name, arguments in script:
        done = getattr(world, name)(*arguments)
        if asyncio.iscoroutine(done):
            await cast("Coroutine[object, object, None]", done)
        # Whatever this made ready to run, runs; nothing that waits for a clock does.
        for _ in range(8):
            await asyncio.sleep(0)
