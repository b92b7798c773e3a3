"""Keeps the documents of this replica level with the log, which other replicas write too.

Operations that another replica announces are merged when they come next in number. One that does not waits a moment for
those before it, which may be our own, under way; then what is missing is read from PostgreSQL. And now and then the
numbers are compared, in case an announcement was lost with nothing after it.
"""

import asyncio
from collections.abc import Callable
from typing import Final
from uuid import UUID

from collab_collaboration.crdt import Unmergeable
from collab_collaboration.lib0 import Malformed
from collab_collaboration.metrics import CATCH_UPS
from collab_collaboration.oplog import OperationLog
from collab_collaboration.room import Room
from collab_kit.errors import StoreUnavailable
from collab_kit.logging import get_logger

__all__ = ["Replication"]

_GAP_PATIENCE_S: Final = 0.1
_MAX_AHEAD: Final = 256

_log = get_logger()


class Replication:
    def __init__(
        self,
        log: OperationLog,
        *,
        on_deleted: Callable[[UUID], None],
        on_replaced: Callable[[Room], None],
        on_unmergeable: Callable[[Room], None],
    ) -> None:
        self._log = log
        self._on_deleted = on_deleted
        self._on_replaced = on_replaced
        self._on_unmergeable = on_unmergeable
        self._ahead: dict[Room, dict[int, tuple[int, bytes | None]]] = {}
        self._reading: dict[Room, asyncio.Task[None]] = {}

    def stored(self, room: Room, first: int, last: int, payload: bytes | None) -> None:
        """Operations `first` to `last` are in the log; `payload` holds them unless they are merged here already."""
        if last <= room.head or room.is_rebuilding:
            return
        if first > room.head + 1:
            ahead = self._ahead.setdefault(room, {})
            if not ahead:
                self._fill_gap_later(room)
            if len(ahead) < _MAX_AHEAD:
                ahead[first] = (last, payload)
            return
        self._merge(room, last, payload)
        self._merge_following(room)

    async def compare(self, rooms: dict[UUID, Room]) -> None:
        """Look up the last operation and the epoch of every open document. Raises `StoreUnavailable`."""
        for found in await self._log.heads(list(rooms)) if rooms else []:
            room = rooms.get(found.id)
            if room is None:
                continue
            if found.deleted:
                self._on_deleted(found.id)
            elif found.epoch != room.epoch:
                self._on_replaced(room)
            elif found.head > room.head and not room.is_busy:
                self._read(room, "compared")

    def behind(self, room: Room) -> None:
        """Another replica has operations that are not here. Ours may be the reason: then its next one shows the gap."""
        if not room.is_busy and not room.is_closed:
            self._read(room, "told")

    def forget(self, room: Room) -> None:
        self._ahead.pop(room, None)
        if (reading := self._reading.pop(room, None)) is not None:
            reading.cancel()

    def _merge_following(self, room: Room) -> None:
        ahead = self._ahead.get(room)
        while ahead and (following := ahead.pop(room.head + 1, None)) is not None:
            self._merge(room, *following)
        if not ahead:
            self._ahead.pop(room, None)

    def _merge(self, room: Room, last: int, payload: bytes | None) -> None:
        if payload is None:
            room.head = max(room.head, last)
            return
        try:
            room.merge_stored([payload], last)
        except (Malformed, Unmergeable) as error:
            _log.error("another replica's operations cannot be merged", document=str(room.document), reason=str(error))
            self._on_unmergeable(room)

    def _fill_gap_later(self, room: Room) -> None:
        asyncio.get_running_loop().call_later(_GAP_PATIENCE_S, self._fill_gap, room)

    def _fill_gap(self, room: Room) -> None:
        if room in self._reading:
            self._fill_gap_later(room)
            return
        ahead = self._ahead.pop(room, None)
        if ahead and not room.is_closed and max(last for last, _ in ahead.values()) > room.head:
            self._read(room, "gap")

    def _read(self, room: Room, reason: str) -> None:
        if room not in self._reading:
            CATCH_UPS.labels(reason).inc()
            task = asyncio.create_task(self._read_log(room), name=f"catch-up-{room.document}")
            self._reading[room] = task
            task.add_done_callback(lambda _: self._reading.pop(room, None))

    async def _read_log(self, room: Room) -> None:
        last = room.head
        try:
            async for operations in self._log.operations(room.document, last, room.epoch):
                if room.is_closed or room.is_rebuilding:
                    return
                if operations[0].seq != last + 1:
                    # Behind for so long that another replica has put what comes next into a snapshot.
                    CATCH_UPS.labels("trimmed").inc()
                    self._on_unmergeable(room)
                    return
                last = operations[-1].seq
                room.merge_stored([operation.payload for operation in operations], last)
                self._merge_following(room)
        except StoreUnavailable as error:
            _log.warning("not caught up yet", document=str(room.document), reason=str(error))
        except (Malformed, Unmergeable) as error:
            _log.error("stored operations cannot be merged", document=str(room.document), reason=str(error))
            self._on_unmergeable(room)
