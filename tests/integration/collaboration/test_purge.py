"""What is left of deleted documents goes after a while, whatever crashes meanwhile, and nothing else does."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from collab_collaboration.hub import Hub
from collab_collaboration.objects import Objects
from collab_collaboration.oplog import Append, OperationLog
from collab_collaboration.purge import Purger
from collab_collaboration.snapshots import DeletedDocument
from collab_kit.errors import StoreUnavailable
from tests.integration.collaboration.harness import Collaboration, eventually
from tests.integration.collaboration.rawclient import STEP1, raw, sized
from tests.integration.collaboration.store import Store, written

KEEP = timedelta(days=30)
TABLES = ("operation", "snapshot", "version", "authorship", "client_author", "quarantine")


async def make(store: Store, *, operations: int = 700) -> UUID:
    """A document with something in every place where something of it can be."""
    document = uuid4()
    author, epoch = uuid4(), (await store.log.open(document)).epoch
    update = written("x")
    before = await store.log.append([Append(document, epoch, [(author, update)] * operations)])
    assert before == {document: 0}
    assert await store.documents.compact(document, min_operations=1) == operations
    for name in ("versions/one.yjs", "quarantine/two.yjs", "orphan-of-a-crash.yjs"):
        await store.objects.put(f"documents/{document}/{name}", b"content")
    await store.database.execute(
        """
        insert into version (document, epoch, seq, name, created_by, authors, object_key, sha256, size_bytes)
        values ($1, $2, 1, 'one', $3, array[$3]::uuid[], $4, sha256(''), 7)
        """,
        document,
        epoch,
        author,
        f"documents/{document}/versions/one.yjs",
    )
    await store.database.execute(
        """
        insert into quarantine (document, object_key, sha256, size_bytes, operations, objects)
        values ($1, $2, sha256(''), 7, 1, 1)
        """,
        document,
        f"documents/{document}/quarantine/two.yjs",
    )
    await store.database.execute(
        """
        insert into authorship
        select $1, now() - number * interval '5 minutes', $2, 1, 1, 1, 1, now(), now()
        from generate_series(1, 700) as number
        """,
        document,
        author,
    )
    await store.database.execute(
        """
        insert into client_author select $1, -number, $2 from generate_series(1, 700) as number
        """,
        document,
        author,
    )
    return document


async def delete(store: Store, document: UUID, *, days_ago: float) -> None:
    await store.log.delete(document)
    await store.database.execute(
        "update document set deleted_at = now() - $2::interval where id = $1", document, timedelta(days=days_ago)
    )


async def remains(store: Store, document: UUID) -> dict[str, int]:
    """How much there is of a document in each place; only those with something."""
    async with store.database.connection() as connection:
        found = {
            table: await connection.fetchval(f"select count(*) from {table} where document = $1", document)  # noqa: S608  # our own names
            for table in TABLES
        }
    found["objects"] = len(await store.objects.some_below(f"documents/{document}/"))
    return {place: count for place, count in found.items() if count}


async def is_purged(store: Store, document: UUID) -> bool:
    async with store.database.connection() as connection:
        return await connection.fetchval("select purged_at is not null from document where id = $1", document)


def purger(store: Store, *, log: OperationLog | None = None, objects: Objects | None = None) -> Purger:
    return Purger(log or store.log, objects or store.objects, keep=KEEP)


async def test_only_what_was_deleted_long_enough_ago_is_removed_and_leaves_a_tombstone(
    stored: Collaboration, store: Store
) -> None:
    due, recent, alive = [await make(store) for _ in range(3)]
    everything = await remains(store, alive)
    assert set(everything) == {*TABLES, "objects"}
    await delete(store, due, days_ago=30.01)
    await delete(store, recent, days_ago=29.99)
    await purger(store).run()
    assert await remains(store, due) == {}
    assert await remains(store, recent) == await remains(store, alive) == everything
    assert [await is_purged(store, each) for each in (due, recent, alive)] == [True, False, False]
    with pytest.raises(DeletedDocument):
        await store.documents.load(due)
    with pytest.raises(DeletedDocument):
        await store.documents.replace(due, written("risen"))
    assert await store.log.append([Append(due, 0, [(uuid4(), written("risen"))])]) == {}
    replica = stored.start()
    async with raw(f"{replica.url}/{due}?ticket={stored.office.ticket(due)}") as late:
        late.send(STEP1 + sized(b"\x00"))
        assert await late.close_code() == 4404
    assert await remains(store, due) == {}
    # It purges too, every minute: what the tests after this one want to purge themselves.
    replica.process.stop()


class Accident:
    """Lets a number of calls pass, and the stores be away from then on."""

    def __init__(self, after: int) -> None:
        self._left = after

    def step(self) -> None:
        if self._left == 0:
            raise StoreUnavailable
        self._left -= 1


class BreakingLog(OperationLog):
    def __init__(self, store: Store, accident: Accident) -> None:
        super().__init__(store.database)
        self._accident = accident

    async def purge_rows(self, document: UUID) -> int:
        self._accident.step()
        return await super().purge_rows(document)

    async def finish_purge(self, document: UUID) -> None:
        self._accident.step()
        await super().finish_purge(document)


class BreakingObjects(Objects):
    def __init__(self, store: Store, accident: Accident) -> None:
        super().__init__(store.settings)
        self._accident = accident

    async def some_below(self, folder: str) -> list[str]:
        self._accident.step()
        return await super().some_below(folder)

    async def delete(self, key: str) -> None:
        self._accident.step()
        await super().delete(key)


STEPS = 10
"""Objects listed, four deleted, listed again; rows removed thrice, there being more than one chunk holds; the end."""


@pytest.mark.parametrize("after", range(STEPS))
async def test_a_purge_that_breaks_off_anywhere_is_taken_up_again(store: Store, after: int) -> None:
    document = await make(store)
    await delete(store, document, days_ago=31)
    accident = Accident(after)
    with pytest.raises(StoreUnavailable):
        await purger(store, log=BreakingLog(store, accident), objects=BreakingObjects(store, accident)).run()
    left = await remains(store, document)
    assert left.items() >= {"snapshot": 1, "version": 1, "quarantine": 1}.items(), "what names objects goes last"
    assert ("objects" in left) == (after < 5)
    # Nobody else tries for as long as the claim holds.
    await purger(store).run()
    assert (await remains(store, document), await is_purged(store, document)) == (left, False)
    await store.database.execute(
        "update document set purge_claimed_at = now() - interval '11 minutes' where id = $1", document
    )
    await purger(store).run()
    assert (await remains(store, document), await is_purged(store, document)) == ({}, True)


async def test_several_purge_at_once_and_each_document_once(store: Store) -> None:
    documents = [await make(store, operations=3) for _ in range(6)]
    for document in documents:
        await delete(store, document, days_ago=40)
    finished: list[UUID] = []

    class Counting(OperationLog):
        async def finish_purge(self, document: UUID) -> None:
            finished.append(document)
            await super().finish_purge(document)

    await asyncio.gather(*(purger(store, log=Counting(store.database)).run() for _ in range(3)))
    assert sorted(finished) == sorted(documents)


async def test_a_document_deleted_before_it_was_ever_opened_is_not_opened(store: Store) -> None:
    document = uuid4()
    await store.log.delete(document)
    with pytest.raises(DeletedDocument):
        await store.documents.load(document)


async def test_a_running_service_purges_by_itself(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collab_collaboration.hub._PURGE_INTERVAL_S", 0.05)
    document = await make(store)
    await delete(store, document, days_ago=31)
    async with Hub(store.settings, store.database, store.redis):
        await eventually(lambda: is_purged(store, document), "the purge")
    assert await remains(store, document) == {}
