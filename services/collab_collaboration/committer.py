"""Group commit: all edits that wait, over all documents, in one transaction; meanwhile the next ones gather.

No window and no timer: the batch grows with the load, and an edit waits for one commit, at most for two.
"""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from typing import Final
from uuid import UUID

from collab_collaboration.crdt import Unmergeable
from collab_collaboration.metrics import (
    COMMIT_FAILURES,
    COMMIT_OPERATIONS,
    DELIVERY_SECONDS,
    MERGE_SECONDS,
    OPERATIONS,
    QUEUE_SECONDS,
    SAVED_SECONDS,
    STORE_AWAY,
)
from collab_collaboration.oplog import Append, OperationLog
from collab_collaboration.receiver import Receiver
from collab_collaboration.room import Prepared, Room
from collab_kit.errors import StoreUnavailable
from collab_kit.logging import get_logger

__all__ = ["Committer"]

_MAX_BATCH_OPERATIONS: Final = 2000
"""Of one commit, beyond which it is another room's turn next; a room's own edits are never split."""

_log = get_logger()


class Committer:
    """Takes rooms that have something queued, and tells their owner how it went.

    `on_committed` gets a room's share and the number of the operation before its first, or `None` when there was
    nothing to store; `on_gone` a room whose document is no more, or in another epoch; `on_unmergeable` one that must
    be rebuilt; `on_lost` one whose edits could not be stored in time.
    """

    def __init__(
        self,
        log: OperationLog,
        *,
        patience_s: float,
        on_committed: Callable[[Prepared, int | None], None],
        on_gone: Callable[[Room], None],
        on_unmergeable: Callable[[Room], None],
        on_lost: Callable[[Room], None],
    ) -> None:
        self._log = log
        self._patience_s = patience_s
        self._on_committed = on_committed
        self._on_gone = on_gone
        self._on_unmergeable = on_unmergeable
        self._on_lost = on_lost
        self._rooms: dict[Room, None] = {}
        self._wake = asyncio.Event()
        self._rested = asyncio.Event()
        self._rested.set()
        self.is_store_away = False

    def submit(self, room: Room) -> None:
        """`room` has queued something."""
        self._rooms[room] = None
        self._wake.set()

    async def rest(self) -> None:
        """Return once no commit is under way."""
        await self._rested.wait()

    async def flush(self) -> None:
        """Return once nothing waits to be committed."""
        while self._rooms or not self._rested.is_set():
            await self._rested.wait()
            await asyncio.sleep(0)

    async def run(self) -> None:
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._rooms:
                    await self._turn()
                    # Sending to many takes a while: what came in meanwhile is read first, to go into the next commit.
                    await asyncio.sleep(0)
        finally:
            await self._log.release()

    async def _turn(self) -> None:
        self._rested.clear()
        prepared: list[Prepared] = []
        try:
            began_at = time.monotonic()
            with MERGE_SECONDS.time():
                prepared = self._prepare()
            if prepared:
                QUEUE_SECONDS.observe(began_at - _oldest(prepared))
            await self._commit(prepared)
        except StoreUnavailable:
            self._give_up(prepared)
        except Exception as error:  # noqa: BLE001  # a fault of ours must not leave documents waiting for ever
            _log.error("commit failed unexpectedly", exc_info=error)
            self._give_up(prepared)
        finally:
            self._rested.set()

    def _prepare(self) -> list[Prepared]:
        prepared: list[Prepared] = []
        operations = 0
        while self._rooms and operations < _MAX_BATCH_OPERATIONS:
            room = next(iter(self._rooms))
            del self._rooms[room]
            if room.is_rebuilding or room.is_closed or not room.has_queued:
                continue
            try:
                share = room.prepare()
            except Unmergeable as error:
                _log.error("update cannot be merged", document=str(room.document), reason=str(error))
                self._on_unmergeable(room)
            else:
                prepared.append(share)
                operations += len(share.operations)
        return prepared

    async def _commit(self, prepared: list[Prepared]) -> None:
        batch = [
            Append(share.room.document, share.room.epoch, share.operations) for share in prepared if share.operations
        ]
        before = await self._append(batch, prepared) if batch else {}
        with DELIVERY_SECONDS.time():
            for share in prepared:
                if not share.operations:
                    self._on_committed(share, None)
                elif share.room.document in before:
                    self._on_committed(share, before[share.room.document])
                else:
                    self._on_gone(share.room)
        if batch:
            _measure(prepared)

    async def _append(self, batch: Sequence[Append], prepared: list[Prepared]) -> dict[UUID, int]:
        """Commit, trying again for as long as edits may wait. Raises `StoreUnavailable`."""
        deadline = time.monotonic() + self._patience_s
        attempt = 0
        told: set[Receiver] = set()
        while True:
            try:
                before = await self._log.append(batch)
            except StoreUnavailable:
                COMMIT_FAILURES.inc()
                self._set_away(away=True)
                told |= self._tell_waiting(prepared, told)
                attempt += 1
                pause = random.uniform(0.02, min(1.0, 0.05 * 2**attempt))  # noqa: S311  # jitter
                if time.monotonic() + pause > deadline:
                    raise
                await asyncio.sleep(pause)
            else:
                self._set_away(away=False)
                return before

    def _tell_waiting(self, prepared: Sequence[Prepared], told: set[Receiver]) -> set[Receiver]:
        """Tell those whose edits are not saved for now, also those that came since; the answer is whom."""
        senders = {entry.sender for share in prepared for entry in share.entries}
        for room in self._rooms:
            senders |= room.waiting_senders
        for sender in senders - told:
            sender.refuse()
        return senders

    def _give_up(self, prepared: list[Prepared]) -> None:
        """Let go of everything that waits: its senders still have it, and send it again when they come back."""
        lost = [share.room for share in prepared] + list(self._rooms)
        self._rooms.clear()
        _log.error("edits not saved in time, clients sent away", documents=len(lost))
        for room in lost:
            self._on_lost(room)

    def _set_away(self, *, away: bool) -> None:
        if away != self.is_store_away:
            self.is_store_away = away
            STORE_AWAY.set(away)
            _log.warning("store away" if away else "store back")


def _measure(prepared: list[Prepared]) -> None:
    operations = sum(len(share.operations) for share in prepared)
    OPERATIONS.inc(operations)
    COMMIT_OPERATIONS.observe(operations)
    SAVED_SECONDS.observe(time.monotonic() - _oldest(prepared))


def _oldest(prepared: list[Prepared]) -> float:
    return min(entry.received_at for share in prepared for entry in share.entries[:1])
