"""The documents that are open here, and everything that happens to them."""

import asyncio
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Self
from uuid import UUID

from collab_collaboration.committer import Committer
from collab_collaboration.crdt import Unmergeable, merge
from collab_collaboration.edited import EditedEvents
from collab_collaboration.fanout import Fanout, Item, ItemKind
from collab_collaboration.lib0 import Malformed
from collab_collaboration.metrics import (
    ACKNOWLEDGED,
    DOCUMENT_BYTES,
    DOCUMENTS,
    LARGEST_DOCUMENT,
    PENDING_BYTES,
    SENT,
    SHARED_BYTES,
)
from collab_collaboration.neighbours import Neighbours
from collab_collaboration.objects import Objects
from collab_collaboration.oplog import OperationLog
from collab_collaboration.pairs import Pairs
from collab_collaboration.purge import Purger
from collab_collaboration.receiver import Receiver
from collab_collaboration.replication import Replication
from collab_collaboration.room import Budget, Prepared, Room
from collab_collaboration.settings import CollaborationSettings
from collab_collaboration.snapshots import Compactor, DamagedDocument, DeletedDocument, Documents
from collab_collaboration.wire import Close, CloseReason, awareness_update
from collab_collaboration.work import CompactionProcess
from collab_kit.database import Database
from collab_kit.errors import StoreUnavailable
from collab_kit.events import Publisher
from collab_kit.logging import get_logger
from collab_kit.tasks import background, periodically

if TYPE_CHECKING:
    from redis.asyncio import Redis

__all__ = ["Hub"]

OPEN_DEADLINE_S: Final = 15.0
_PRESENCE_TICK_S: Final = 0.05
_PRESENCE_TICK_PER_STATE_S: Final = 0.0005
"""A thousand people's carets are sent twice a second; two people's, twenty times."""
_COMPARE_INTERVAL_S: Final = 5.0
_SWEEP_INTERVAL_S: Final = 1.0
_PURGE_INTERVAL_S: Final = 60.0
_EARLY_COMPACTION: Final = 10
_SMALL_STATE_BYTES: Final = 16_384
"""A document that leaves memory is compacted at a fraction of the usual number: it is read from the start next time."""

_EDITS_SENT: Final = SENT.labels("edit")

_log = get_logger()


class Hub:
    """Open it with `async with`; then `open` documents and offer it edits. Everything runs in one event loop."""

    def __init__(self, settings: CollaborationSettings, database: Database, redis: "Redis") -> None:
        self._settings = settings
        self.rooms: dict[UUID, Room] = {}
        self.budget = Budget()
        self._opening: dict[UUID, asyncio.Task[Room]] = {}
        self._rebuilding: set[asyncio.Task[None]] = set()
        self._presence_due: set[Room] = set()
        self._edited = EditedEvents()
        self._publisher = Publisher(redis)
        self._log = OperationLog(database)
        objects = Objects(settings)
        self._documents = Documents(self._log, objects, settle_s=settings.snapshot_settle_s)
        self._purger = Purger(self._log, objects, keep=timedelta(days=settings.keep_deleted_days))
        self._compaction = CompactionProcess()
        self._compactor = Compactor(
            self._compaction, min_operations=settings.compact_after, on_compacted=self._on_compacted
        )
        self._committer = Committer(
            self._log,
            patience_s=settings.store_patience_s,
            on_committed=self._on_committed,
            on_gone=self._rebuild,
            on_unmergeable=self._rebuild,
            on_lost=lambda room: self.drop(room, CloseReason.STORE_AWAY),
        )
        self._replication = Replication(
            self._log,
            on_deleted=self._on_deleted,
            on_replaced=lambda room: self.drop(room, CloseReason.REPLACED),
            on_unmergeable=self._rebuild,
        )
        self._neighbours = Neighbours()
        self._fanout = Fanout(redis, receive=self._on_replica, on_gap=self._on_gap)
        self._compare_now = asyncio.Event()
        self._stack = AsyncExitStack()
        PENDING_BYTES.set_function(lambda: self.budget.queued_bytes)
        DOCUMENTS.set_function(lambda: len(self.rooms))
        DOCUMENT_BYTES.set_function(lambda: sum(room.size_bytes for room in self.rooms.values()))
        LARGEST_DOCUMENT.set_function(lambda: max((room.size_bytes for room in self.rooms.values()), default=0))
        SHARED_BYTES.set_function(lambda: sum(room.joining.size_bytes for room in self.rooms.values()))

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self._compaction)
        for name, work in {
            "commit": self._committer.run,
            "fanout-sender": self._fanout.run_sender,
            "fanout-receiver": self._fanout.run_receiver,
            "compare": self._compare,
            "compactor": self._compactor.run,
            "sweep": periodically(self._sweep, interval_s=_SWEEP_INTERVAL_S, name="sweep"),
            "purge": periodically(self._purger.run, interval_s=_PURGE_INTERVAL_S, name="purge"),
            "edited": periodically(self._tell_edited, interval_s=_SWEEP_INTERVAL_S, name="edited"),
        }.items():
            await self._stack.enter_async_context(background(work, name=name))
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in [*self._opening.values(), *self._rebuilding]:
            task.cancel()
        for room in list(self.rooms.values()):
            self.drop(room, CloseReason.DRAINING)
        await self._stack.aclose()

    async def flush(self) -> None:
        """Return when nothing waits to be committed."""
        if self._rebuilding:
            await asyncio.wait(self._rebuilding)
        await self._committer.flush()

    def is_crowded(self, room: Room) -> bool:
        """Whether a document has as many connections as it may."""
        return room.sessions >= self._settings.max_document_connections

    @property
    def max_document_bytes(self) -> int:
        return self._settings.max_document_bytes

    @property
    def is_full(self) -> bool:
        return self.budget.queued_bytes >= self._settings.max_pending_bytes

    # Documents

    async def open(self, document: UUID) -> Room:
        """The document's room, read from the store if it is not in memory.

        Raises:
            DeletedDocument, DamagedDocument, StoreUnavailable
        """
        room = self.rooms.get(document)
        if room is None:
            opening = self._opening.get(document)
            if opening is None:
                opening = asyncio.create_task(self._load(document), name=f"open-{document}")
                self._opening[document] = opening
                opening.add_done_callback(lambda task: self._opened(document, task))
            # Shielded: who waits may give up, the others still want it.
            room = await asyncio.shield(opening)
        if not room.receivers:
            room.idle_since = time.monotonic()
        return room

    def _opened(self, document: UUID, task: asyncio.Task[Room]) -> None:
        self._opening.pop(document, None)
        if not task.cancelled():
            task.exception()  # whoever still waits for it gets it; if nobody does, it is no news

    async def _load(self, document: UUID) -> Room:
        try:
            async with asyncio.timeout(OPEN_DEADLINE_S):
                loaded = await self._documents.load(document)
        except TimeoutError as error:
            raise StoreUnavailable("The document could not be read in time.") from error
        except Unmergeable as error:
            raise DamagedDocument(str(error)) from error
        room = Room(
            document,
            loaded.doc,
            pairs=await _read_pairs(loaded.doc.get_update()),
            head=loaded.head,
            base=loaded.base,
            budget=self.budget,
            epoch=loaded.epoch,
            max_bytes=self._settings.max_document_bytes,
            max_messages_per_s=self._settings.max_document_messages_per_s,
        )
        self.rooms[document] = room
        self._announce(room)
        self._compact_if_due(room)
        return room

    def drop(self, room: Room, close: Close) -> None:
        """Forget a document and end its sessions; what they had not acknowledged they still have."""
        if self.rooms.get(room.document) is room:
            del self.rooms[room.document]
            self._tell(Item(ItemKind.CLOSED, room.document))
            self._neighbours.forget(room.document)
        self._replication.forget(room)
        self._presence_due.discard(room)
        for receiver in room.close():
            receiver.end(close)

    # Edits

    def submit(self, room: Room) -> None:
        """`room` has queued something."""
        self._committer.submit(room)

    def _on_committed(self, share: Prepared, before: int | None) -> None:
        room = share.room
        sent = room.finish(share)
        _EDITS_SENT.inc(sent)
        messages = sum(entry.messages for entry in share.entries)
        ACKNOWLEDGED.inc(messages)
        if wait_s := room.pace.spend(messages, time.monotonic()):
            # Not refused: what these clients have still to say waits on their side, and nothing is lost.
            for sender in {entry.sender for entry in share.entries}:
                sender.hold(wait_s)
        if before is None or room.is_closed:
            return
        first, last = before + 1, before + len(share.operations)
        self._replication.stored(room, first, last, None)
        if self._has_neighbours(room.document):
            self._fanout.send(Item(ItemKind.OPERATIONS, room.document, first, last, merge(share.parts)))
        self._edited.note(room.document, share.operations[-1][0], datetime.now(UTC))
        self._compact_if_due(room)

    def _rebuild(self, room: Room) -> None:
        """Read a document anew whose state in memory is not to be trusted any more, or which may be another by now."""
        if room.is_rebuilding or room.is_closed:
            return
        room.is_rebuilding = True
        task = asyncio.create_task(self._read_anew(room), name=f"rebuild-{room.document}")
        self._rebuilding.add(task)
        task.add_done_callback(self._rebuilding.discard)

    async def _read_anew(self, room: Room) -> None:
        try:
            async with asyncio.timeout(OPEN_DEADLINE_S):
                if room.is_in_flight:
                    await self._committer.rest()
                loaded = await self._documents.load(room.document)
            if room.is_closed:
                return
            if loaded.epoch != room.epoch:
                self.drop(room, CloseReason.REPLACED)
                return
            state = loaded.doc.get_update()
            culprits, stranded = room.rebuild(state, loaded.head, await _read_pairs(state))
        except DeletedDocument:
            self.drop(room, CloseReason.DELETED)
            return
        except (StoreUnavailable, DamagedDocument, Unmergeable, Malformed, TimeoutError) as error:
            _log.error("document not rebuilt", document=str(room.document), reason=str(error) or type(error).__name__)
            self.drop(room, CloseReason.STORE_AWAY)
            return
        for receiver in culprits:
            receiver.end(CloseReason.malformed("the update cannot be merged"))
        for receiver in stranded:
            receiver.end(CloseReason.INTERNAL)
        self.submit(room)

    def _compact_if_due(self, room: Room) -> None:
        if room.head - room.base >= self._settings.compact_after:
            self._compactor.request(room.document)

    def _on_compacted(self, document: UUID, base: int) -> None:
        if (room := self.rooms.get(document)) is not None:
            room.base = base

    # Presence

    def show_presence(self, room: Room) -> None:
        """Send what changed in who is present, with the next tick."""
        if room.presence.is_dirty and room not in self._presence_due and not room.is_closed:
            self._presence_due.add(room)
            delay_s = _PRESENCE_TICK_S + _PRESENCE_TICK_PER_STATE_S * len(room.presence)
            asyncio.get_running_loop().call_later(delay_s, self._send_presence, room)

    def _send_presence(self, room: Room) -> None:
        self._presence_due.discard(room)
        if room.is_closed or not room.presence.is_dirty:
            return
        everything, ours = room.presence.take_changes()
        SENT.labels("presence").inc(room.broadcast(awareness_update(everything)))
        if ours:
            self._tell(Item(ItemKind.PRESENCE, room.document, last=room.head, payload=ours))

    # Stateless messages

    def relay(self, room: Room, payload: str, sender: Receiver) -> None:
        """Pass a stateless message on to all others of the document, on any replica; who is away misses it."""
        SENT.labels("stateless").inc(room.relay(payload, besides=sender))
        self._tell(Item(ItemKind.STATELESS, room.document, payload=payload.encode()))

    def tell_here(self, document: UUID, payload: str) -> None:
        """Pass a stateless message on to everybody in a document on this replica."""
        if (room := self.rooms.get(document)) is not None:
            SENT.labels("stateless").inc(room.relay(payload))

    # Other replicas and services

    def note_edit(self, document: UUID, user: UUID) -> None:
        """Tell the document service, as after an edit, of what was stored by another way."""
        self._edited.note(document, user, datetime.now(UTC))

    def _announce(self, room: Room) -> None:
        self._neighbours.announced(room.document, time.monotonic())
        self._fanout.send(Item(ItemKind.OPENED, room.document, last=room.head))

    def _has_neighbours(self, document: UUID) -> bool:
        return not self._fanout.is_alone and self._neighbours.may_listen(document, time.monotonic())

    def _tell(self, item: Item) -> None:
        if self._has_neighbours(item.document):
            self._fanout.send(item)

    def _on_gap(self) -> None:
        for room in self.rooms.values():
            self._announce(room)
        self._compare_now.set()

    def _on_replica(self, origin: bytes, item: Item) -> None:
        self._neighbours.heard(origin, time.monotonic())
        room = self.rooms.get(item.document)
        if room is None:
            return
        if item.kind is ItemKind.CLOSED:
            self._neighbours.closed(item.document, origin)
        elif item.kind is ItemKind.REPLACED:
            self._compare_now.set()
        else:
            is_news = self._neighbours.has_open(item.document, origin)
            if is_news or item.kind is ItemKind.OPENED:
                ours = room.presence.encode(only_local=True)
                self._fanout.send(Item(ItemKind.PRESENCE, room.document, last=room.head, payload=ours))
            if item.kind is not ItemKind.OPERATIONS and item.last > room.head:
                self._replication.behind(room)
            self._take_in(room, item)

    def _take_in(self, room: Room, item: Item) -> None:
        if item.kind is ItemKind.OPERATIONS:
            self._replication.stored(room, item.first, item.last, item.payload)
            self._compact_if_due(room)
        elif item.kind is ItemKind.PRESENCE:
            try:
                room.presence.apply_remote(item.payload, time.monotonic())
            except Malformed as error:
                _log.warning("presence of another replica ignored", reason=str(error))
            self.show_presence(room)
        elif item.kind is ItemKind.STATELESS:
            SENT.labels("stateless").inc(room.relay(item.payload.decode()))

    async def delete(self, document: UUID) -> None:
        """The document is no more: nobody opens it again, whatever ticket they have. Raises `StoreUnavailable`."""
        self._on_deleted(document)
        await self._log.delete(document)
        self._on_deleted(document)

    def _on_deleted(self, document: UUID) -> None:
        if (room := self.rooms.get(document)) is not None:
            self.drop(room, CloseReason.DELETED)

    def end_document(self, document: UUID) -> None:
        """Nobody may open it any more, or for now; what is stored stays."""
        self._on_deleted(document)

    def sessions_in(self, document: UUID) -> list[Receiver]:
        room = self.rooms.get(document)
        return list(room.receivers) if room else []

    def sessions_of(self, document: UUID, user: UUID) -> list[Receiver]:
        return [receiver for receiver in self.sessions_in(document) if receiver.user == user]

    def all_sessions_of(self, user: UUID) -> list[Receiver]:
        return [session for document in self.rooms for session in self.sessions_of(document, user)]

    # Clockwork

    async def _compare(self) -> None:
        while True:
            # Without Redis this is how edits travel, so it is done more often then.
            try:
                async with asyncio.timeout(_COMPARE_INTERVAL_S if self._fanout.is_connected else _SWEEP_INTERVAL_S):
                    await self._compare_now.wait()
            except TimeoutError:
                pass
            self._compare_now.clear()
            try:
                await self._replication.compare(self.rooms)
            except StoreUnavailable:
                continue  # the database has logged it

    async def _sweep(self) -> None:
        now = time.monotonic()
        self._neighbours.expire(now)
        for room in list(self.rooms.values()):
            room.presence.expire(now)
            room.joining.tick()
            self.show_presence(room)
            idle_since = room.idle_since
            if idle_since is not None and now - idle_since > self._settings.idle_document_s and not room.is_busy:
                if room.head - room.base >= max(1, self._settings.compact_after // _EARLY_COMPACTION):
                    self._compactor.request(
                        room.document, min_operations=max(1, self._settings.compact_after // _EARLY_COMPACTION)
                    )
                self.drop(room, CloseReason.DRAINING)

    async def _tell_edited(self) -> None:
        for event in self._edited.take(time.monotonic()) if self._fanout.is_connected else ():
            await self._publisher.publish(event)


async def _read_pairs(state: bytes) -> Pairs:
    """Raises `Malformed`."""
    if len(state) < _SMALL_STATE_BYTES:
        return Pairs.of_state(state)
    # Up to seconds for a large document full of emoji: beside the others' edits, not in front of them.
    return await asyncio.to_thread(Pairs.of_state, state)
