"""What a replica does that missed something, where the log no longer holds what it missed."""

import asyncio
from collections.abc import AsyncGenerator
from typing import cast
from uuid import UUID, uuid4

from collab_collaboration.crdt import new_doc
from collab_collaboration.oplog import OperationLog, StoredOperation
from collab_collaboration.replication import Replication
from collab_collaboration.room import Budget, Room
from tests.integration.collaboration.rawclient import typed


class Trimmed:
    """A log in which two operations are gone, into a snapshot."""

    def __init__(self, update: bytes) -> None:
        self._update = update

    async def operations(self, document: UUID, after: int, epoch: int) -> AsyncGenerator[list[StoredOperation]]:  # noqa: ARG002  # OperationLog's signature
        yield [StoredOperation(after + 3, self._update)]


async def test_a_room_is_read_anew_when_what_comes_next_was_trimmed():
    update, _ = typed("later")
    room = Room(uuid4(), new_doc(), head=1, base=0, budget=Budget())
    stale: asyncio.Queue[Room] = asyncio.Queue()
    replication = Replication(
        cast("OperationLog", Trimmed(update)),
        on_deleted=lambda _: None,
        on_replaced=lambda _: None,
        on_unmergeable=stale.put_nowait,
    )
    replication.stored(room, 4, 4, update)
    async with asyncio.timeout(5):
        assert await stale.get() is room
    assert room.head == 1, "nothing was merged over the gap"
    replication.forget(room)
