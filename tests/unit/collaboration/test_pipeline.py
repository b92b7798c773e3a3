"""Group commit and replication: batching, retries, giving up, gaps."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import cast
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collab_collaboration.committer import Committer
from collab_collaboration.crdt import clocks_of, new_doc
from collab_collaboration.edited import INTERVAL_S, EditedEvents
from collab_collaboration.fanout import Item, ItemKind, decode, encode
from collab_collaboration.lib0 import Malformed
from collab_collaboration.oplog import Append, Head, OperationLog, StoredOperation
from collab_collaboration.replication import Replication
from collab_collaboration.room import Budget, Prepared, Room
from collab_kit.errors import StoreUnavailable
from tests.unit.collaboration.receivers import FakeReceiver
from tests.unit.collaboration.test_room import commit, offer, typed


async def until(holds: Callable[[], object]) -> None:
    for _ in range(5000):
        if holds():
            return
        await asyncio.sleep(0.001)
    pytest.fail("it did not happen")


class FakeLog:
    """The log's interface over a dictionary; `gate` holds commits up, `failures` makes as many fail."""

    def __init__(self) -> None:
        self.stored: dict[UUID, list[bytes]] = {}
        self.batches: list[list[int]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.failures = 0
        self.deleted: set[UUID] = set()
        self.epochs: dict[UUID, int] = {}
        """Of documents that are not in epoch 0."""
        self.reads = 0

    async def append(self, batch: Sequence[Append]) -> dict[UUID, int]:
        await self.gate.wait()
        await asyncio.sleep(0)
        if self.failures:
            self.failures -= 1
            raise StoreUnavailable
        self.batches.append([len(operations) for _, _, operations in batch])
        before: dict[UUID, int] = {}
        for document, epoch, operations in batch:
            if document not in self.deleted and epoch == self.epochs.get(document, 0):
                log = self.stored.setdefault(document, [])
                before[document] = len(log)
                log += [update for _, update in operations]
        return before

    async def release(self) -> None:
        pass

    async def operations(self, document: UUID, after: int, epoch: int) -> AsyncGenerator[list[StoredOperation]]:
        await asyncio.sleep(0)
        log = self.stored.get(document, []) if epoch == self.epochs.get(document, 0) else []
        found = [StoredOperation(seq, payload) for seq, payload in enumerate(log, 1) if seq > after]
        self.reads += 1
        if found:
            yield found

    async def heads(self, documents: Sequence[UUID]) -> list[Head]:
        return [
            Head(each, len(self.stored.get(each, [])), self.epochs.get(each, 0), each in self.deleted)
            for each in documents
        ]


class Desk:
    """A committer with its log, and what it reported."""

    def __init__(self, patience_s: float = 5.0) -> None:
        self.log = FakeLog()
        self.committed: list[tuple[Prepared, int | None]] = []
        self.lost: list[Room] = []
        self.gone: list[Room] = []
        self.budget = Budget()
        self.committer = Committer(
            cast("OperationLog", self.log),
            patience_s=patience_s,
            on_committed=self._on_committed,
            on_gone=self.gone.append,
            on_unmergeable=lambda _: None,
            on_lost=self._on_lost,
        )

    def room(self, number: int) -> Room:
        return Room(UUID(int=number), new_doc(), head=0, base=0, budget=self.budget)

    def _on_committed(self, share: Prepared, before: int | None) -> None:
        share.room.finish(share)
        self.committed.append((share, before))

    def _on_lost(self, room: Room) -> None:
        room.close()
        self.lost.append(room)


@pytest.fixture
async def desk() -> AsyncGenerator[Desk]:
    desk = Desk()
    async with running(desk):
        yield desk


@asynccontextmanager
async def running(desk: Desk) -> AsyncGenerator[None]:
    task = asyncio.create_task(desk.committer.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def test_what_comes_during_a_commit_goes_into_the_next_one_over_all_documents(desk: Desk) -> None:
    one, two = desk.room(1), desk.room(2)
    ann = FakeReceiver(1, b"\x01a")
    desk.log.gate.clear()
    first, *rest = typed(*"abcdef")
    offer(one, ann, first)
    desk.committer.submit(one)
    await asyncio.sleep(0.01)
    for update in rest:
        offer(one, ann, update)
        desk.committer.submit(one)
    offer(two, ann, typed("x")[0])
    desk.committer.submit(two)
    assert ann.acknowledged == 0
    desk.log.gate.set()
    await asyncio.wait_for(desk.committer.flush(), 5)
    assert desk.log.batches == [[1], [5, 1]]
    assert ann.acknowledged == 7
    assert [before for _, before in desk.committed] == [0, 1, 0]


async def test_a_failed_commit_is_told_and_tried_again(desk: Desk) -> None:
    room, ann = desk.room(1), FakeReceiver(1, b"\x01a")
    desk.log.failures = 3
    offer(room, ann, typed("x")[0])
    desk.committer.submit(room)
    await until(lambda: ann.refused)
    assert (ann.acknowledged, desk.committer.is_store_away) == (0, True)
    await until(lambda: ann.acknowledged)
    assert (ann.refused, desk.committer.is_store_away, desk.lost) == (1, False, [])
    assert len(desk.log.stored[room.document]) == 1


async def test_who_writes_while_the_store_is_away_is_told_once_too(desk: Desk) -> None:
    one, two = desk.room(1), desk.room(2)
    ann, bob, cem = (FakeReceiver(number, b"\x01a") for number in (1, 2, 3))
    desk.log.failures = 1000
    offer(one, ann, typed("x")[0])
    desk.committer.submit(one)
    await until(lambda: ann.refused)
    for room, sender in ((one, bob), (two, cem)):
        offer(room, sender, typed("y")[0])
        desk.committer.submit(room)
    await until(lambda: bob.refused and cem.refused)
    desk.log.failures = 1
    await until(lambda: ann.acknowledged and bob.acknowledged and cem.acknowledged)
    assert (ann.refused, bob.refused, cem.refused) == (1, 1, 1)


async def test_patience_ends_and_everything_that_waits_is_let_go() -> None:
    desk = Desk(patience_s=0.1)
    async with running(desk):
        one, two = desk.room(1), desk.room(2)
        ann, bob = FakeReceiver(1, b"\x01a"), FakeReceiver(2, b"\x01a")
        desk.log.failures = 1000
        offer(one, ann, typed("x")[0])
        desk.committer.submit(one)
        await until(lambda: ann.refused)
        offer(two, bob, typed("y")[0])
        desk.committer.submit(two)
        await until(lambda: len(desk.lost) == 2)
        assert (ann.acknowledged, bob.acknowledged, desk.budget.queued_bytes) == (0, 0, 0)
        desk.log.failures = 0
        again = desk.room(1)
        offer(again, ann, typed("x")[0])
        desk.committer.submit(again)
        await until(lambda: ann.acknowledged)


async def test_deleted_and_replaced_documents_are_told_apart(desk: Desk) -> None:
    deleted, replaced, here, ann = desk.room(1), desk.room(2), desk.room(3), FakeReceiver(1, b"\x01a")
    desk.log.deleted.add(deleted.document)
    desk.log.epochs[replaced.document] = 7
    for room in (deleted, replaced, here):
        offer(room, ann, typed("x")[0])
        desk.committer.submit(room)
    await until(lambda: desk.committed)
    assert desk.gone == [deleted, replaced]
    assert ann.acknowledged == 1


async def test_an_edit_that_changes_nothing_needs_no_commit(desk: Desk) -> None:
    room, ann = desk.room(1), FakeReceiver(1, b"\x01a")
    room.join(ann)
    room.acknowledge_later(ann, now=0)
    desk.committer.submit(room)
    await until(lambda: ann.acknowledged)
    assert desk.log.batches == []


# Replication


def replication(log: FakeLog, on_replaced: Callable[[Room], None] = lambda _: None) -> Replication:
    return Replication(
        cast("OperationLog", log),
        on_deleted=lambda _: None,
        on_replaced=on_replaced,
        on_unmergeable=lambda _: None,
    )


@settings(deadline=None)
@given(order=st.permutations(range(6)), doubled=st.lists(st.integers(0, 5)), lost=st.sets(st.integers(0, 5)))
def test_announcements_in_any_order_doubled_or_lost_end_in_the_log_s_state(
    order: list[int], doubled: list[int], lost: set[int]
) -> None:
    async def run() -> None:
        log = FakeLog()
        updates = typed(*"abcdef")
        room = Room(UUID(int=1), new_doc(), head=0, base=0, budget=Budget())
        log.stored[room.document] = updates
        reader = FakeReceiver()
        room.join(reader)
        replicated = replication(log)
        for number in [*order, *doubled]:
            if number not in lost:
                replicated.stored(room, number + 1, number + 1, updates[number])
        await asyncio.sleep(0)
        await replicated.compare({room.document: room})
        for _ in range(10):
            await asyncio.sleep(0)
        assert (room.head, reader.text) == (6, "abcdef")

    asyncio.run(run())


async def test_a_gap_that_stays_is_read_from_the_log() -> None:
    log = FakeLog()
    updates = typed(*"abc")
    room = Room(UUID(int=1), new_doc(), head=0, base=0, budget=Budget())
    log.stored[room.document] = updates
    replication(log).stored(room, 3, 3, updates[2])
    assert room.head == 0
    await until(lambda: room.head == 3)


async def test_our_own_commits_between_another_replica_s_are_no_gap() -> None:
    log = FakeLog()
    room, ann = Room(UUID(int=1), new_doc(), head=0, base=0, budget=Budget()), FakeReceiver()
    theirs = typed("them", client=2)[0]
    replicated = replication(log)
    offer(room, ann, typed("us", client=1)[0])
    commit(room)
    replicated.stored(room, 2, 2, theirs)
    assert room.head == 0, "waits for number 1, which is ours"
    replicated.stored(room, 1, 1, None)
    assert room.head == 2


async def test_operations_of_another_life_are_never_read_into_this_one() -> None:
    log = FakeLog()
    (ours,), theirs = typed("a"), typed(*"xyz", client=2)
    room = Room(UUID(int=1), new_doc(ours), head=1, base=0, budget=Budget())
    log.stored[room.document] = [ours, *theirs]
    log.epochs[room.document] = 7
    replaced: list[Room] = []
    replicated = replication(log, replaced.append)
    replicated.stored(room, 3, 3, theirs[1])
    await until(lambda: log.reads)
    await asyncio.sleep(0)
    assert (room.head, clocks_of(new_doc(room.state()))) == (1, {1: 1})
    await replicated.compare({room.document: room})
    assert replaced == [room]


# Between replicas


@settings(deadline=None)
@given(
    st.lists(
        st.builds(
            Item,
            st.sampled_from(ItemKind),
            st.uuids(),
            st.integers(0, 2**40),
            st.integers(0, 2**40),
            st.binary(max_size=300),
        )
    ),
    st.binary(min_size=8, max_size=8),
)
def test_messages_between_replicas_come_back(items: list[Item], origin: bytes) -> None:
    assert decode(encode(origin, items)) == (origin, items)


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_noise_between_replicas_is_malformed(noise: bytes) -> None:
    try:
        decode(b"\x01" + noise)
    except Malformed:
        return


@pytest.mark.parametrize("spoilt", [b"", b"\x02" + b"x" * 40, b"\x01short", encode(b"x" * 8, []) + b"\x63"])
def test_other_versions_are_malformed(spoilt: bytes) -> None:
    with pytest.raises(Malformed):
        decode(spoilt)


def test_an_edit_is_told_at_once_and_then_once_per_interval() -> None:
    edited = EditedEvents()
    now = datetime.now(UTC)
    ann, bob, document, other = UUID(int=1), UUID(int=2), UUID(int=3), UUID(int=4)
    edited.note(document, ann, now)
    edited.note(document, bob, now)
    assert [event.user for event in edited.take(0)] == [bob]
    edited.note(document, ann, now)
    edited.note(other, ann, now)
    assert [event.document for event in edited.take(1)] == [other]
    assert edited.take(INTERVAL_S - 0.1) == []
    assert [event.document for event in edited.take(INTERVAL_S)] == [document]
    assert edited.take(100) == []
