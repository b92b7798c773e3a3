"""The operation log in PostgreSQL: what is committed here is saved, and nothing else is."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

import asyncpg
from msgspec import Struct

from collab_collaboration.metrics import COMMIT_SECONDS
from collab_kit.database import Connection, Database, load_queries
from collab_kit.errors import StoreUnavailable
from collab_kit.logging import get_logger

__all__ = ["Append", "AuthoredOperation", "Head", "OperationLog", "StoredDocument", "StoredOperation", "StoredSnapshot"]

COMMIT_TIMEOUT_S = 5.0
_CHUNK = 500
"""Operations read at once; between two chunks the event loop serves others."""

_FAILURES = (
    StoreUnavailable,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # asked for something just as the server said good-bye
    OSError,
    TimeoutError,
)

_log = get_logger()


class Queries(Struct, frozen=True):
    append: str
    open_document: str
    find_document: str
    find_snapshot_before: str
    operations_after: str
    heads: str
    progress: str
    delete_document: str
    insert_snapshot: str
    begin_epoch: str
    trim_log: str
    drop_old_snapshots: str
    payloads_after: str
    record_clients: str
    claim_deleted: str
    purge_operations: str
    purge_authorship: str
    purge_clients: str
    finish_purge: str


class Append(NamedTuple):
    """One document's operations of a group commit: author and update; `epoch` is the life they belong to."""

    document: UUID
    epoch: int
    operations: Sequence[tuple[UUID, bytes]]


class StoredDocument(Struct, frozen=True):
    head: int
    base: int
    epoch: int
    epoch_base: int
    """Operations up to this number belong to former lives of the document."""
    deleted: bool
    object_key: str | None
    """The snapshot that holds everything up to `base`; there is none while `base` is 0."""
    sha256: bytes | None


class StoredSnapshot(Struct, frozen=True):
    seq: int
    object_key: str
    sha256: bytes


class StoredOperation(Struct, frozen=True):
    seq: int
    payload: bytes


class AuthoredOperation(Struct, frozen=True):
    seq: int
    author: UUID
    payload: bytes


class Head(Struct, frozen=True):
    id: UUID
    head: int
    epoch: int
    deleted: bool


class _Dropped(Struct, frozen=True):
    object_key: str


class _Trimmed(Struct, frozen=True):
    trimmed: int


class _Claimed(Struct, frozen=True):
    id: UUID


class OperationLog:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._queries = load_queries(Queries, __package__ or "collab_collaboration")
        self._held = AsyncExitStack()
        self._connection: Connection | None = None

    async def append(self, batch: Sequence[Append]) -> dict[UUID, int]:
        """Commit a batch: all of it or, when this raises, perhaps nothing, perhaps all.

        The answer is the number after which each document's operations come; a document that is deleted, or in another
        epoch by now, is not in it.

        Raises:
            StoreUnavailable: try again; should it have been committed after all, the second time changes no document,
                a CRDT taking an operation twice as once.
        """
        documents = [document for document, _, _ in batch]
        epochs = [epoch for _, epoch, _ in batch]
        counts = [len(operations) for _, _, operations in batch]
        owners: list[UUID] = []
        places: list[int] = []
        authors: list[UUID] = []
        payloads: list[bytes] = []
        for document, _, operations in batch:
            for place, (author, payload) in enumerate(operations, 1):
                owners.append(document)
                places.append(place)
                authors.append(author)
                payloads.append(payload)
        try:
            with COMMIT_SECONDS.time():
                connection = self._connection or await self._hold_connection()
                rows = await connection.fetch(
                    self._queries.append,
                    documents,
                    counts,
                    owners,
                    places,
                    authors,
                    payloads,
                    epochs,
                    timeout=COMMIT_TIMEOUT_S,
                )
        except _FAILURES as error:
            await self.release()
            if isinstance(error, StoreUnavailable):
                raise
            _log.warning("commit failed", error=str(error) or type(error).__name__, operations=len(payloads))
            raise StoreUnavailable("The store does not take edits at the moment.") from error
        return {row["id"]: row["before"] for row in rows}

    async def release(self) -> None:
        """Give back the connection kept for commits."""
        held, self._held, self._connection = self._held, AsyncExitStack(), None
        await held.aclose()

    async def open(self, document: UUID) -> StoredDocument:
        """Find a document, making it known when it is new. Raises `StoreUnavailable`."""
        found = await self._database.fetch_one(StoredDocument, self._queries.find_document, document)
        if found is None:
            await self._database.execute(self._queries.open_document, document)
            found = await self._database.fetch_one(StoredDocument, self._queries.find_document, document)
        if found is None:
            raise StoreUnavailable("The document was removed while it was being opened.")
        return found

    async def snapshot_before(self, document: UUID, seq: int) -> StoredSnapshot | None:
        return await self._database.fetch_one(StoredSnapshot, self._queries.find_snapshot_before, document, seq)

    async def operations(self, document: UUID, after: int, epoch: int) -> AsyncGenerator[list[StoredOperation]]:
        """Operations beyond number `after`, in order, a bounded number at a time; none once `epoch` is over.

        Raises:
            StoreUnavailable
        """
        while True:
            chunk = await self._database.fetch_all(
                StoredOperation, self._queries.operations_after, document, after, _CHUNK, epoch
            )
            if chunk:
                yield chunk
            if len(chunk) < _CHUNK:
                return
            after = chunk[-1].seq
            await asyncio.sleep(0)

    async def authored(self, document: UUID, after: int) -> AsyncGenerator[list[AuthoredOperation]]:
        """Operations beyond number `after`, of any epoch, gaps or not, with authors. Raises `StoreUnavailable`."""
        while chunk := await self._database.fetch_all(
            AuthoredOperation, self._queries.payloads_after, document, after, _CHUNK
        ):
            yield chunk
            after = chunk[-1].seq
            await asyncio.sleep(0)

    async def record_clients(self, document: UUID, authors: Mapping[int, UUID]) -> None:
        """Note who wrote as which Yjs client, unless that is known. Raises `StoreUnavailable`."""
        await self._database.execute(self._queries.record_clients, document, list(authors), list(authors.values()))

    async def heads(self, documents: Sequence[UUID]) -> list[Head]:
        return await self._database.fetch_all(Head, self._queries.heads, documents)

    async def progress(self, after: UUID, limit: int) -> list[Head]:
        """Documents that are not deleted, in the order of their ids, beginning behind `after`."""
        return await self._database.fetch_all(Head, self._queries.progress, after, limit)

    async def delete(self, document: UUID) -> None:
        await self._database.execute(self._queries.delete_document, document)

    async def record_snapshot(
        self, document: UUID, *, seq: int, over: int, object_key: str, sha256: bytes, size_bytes: int
    ) -> bool:
        """Make a stored object the document's snapshot; false when another replica was faster."""
        arguments = (document, seq, over, object_key, sha256, size_bytes)
        return await self._database.execute(self._queries.insert_snapshot, *arguments) == 1

    async def begin_epoch(
        self,
        document: UUID,
        *,
        over: int,
        over_head: int | None,
        epoch: int,
        object_key: str,
        sha256: bytes,
        size_bytes: int,
    ) -> bool:
        """Let the document go on as the stored object, in `epoch`; false when it is not what this was to be over."""
        arguments = (document, over, epoch, object_key, sha256, size_bytes, over_head)
        return await self._database.execute(self._queries.begin_epoch, *arguments) == 1

    async def trim(self, document: UUID, *, settle: timedelta) -> int:
        """Remove a bounded number of operations that two snapshots hold, one of them for as long as `settle`, or of
        former lives; the answer is how many.
        """
        trimmed = await self._database.fetch_one(_Trimmed, self._queries.trim_log, document, _CHUNK, settle)
        return trimmed.trimmed if trimmed else 0

    async def drop_old_snapshots(self, document: UUID, *, settle: timedelta) -> list[str]:
        """Forget all but two snapshots, one of them as old as `settle`, and those of former lives.

        The answer is the keys of their objects.
        """
        dropped = await self._database.fetch_all(_Dropped, self._queries.drop_old_snapshots, document, settle)
        return [row.object_key for row in dropped]

    async def claim_deleted(self, *, older_than: timedelta, lease: timedelta) -> UUID | None:
        """A document deleted so long ago whose remains are to be removed, for `lease` by nobody else."""
        claimed = await self._database.fetch_one(_Claimed, self._queries.claim_deleted, older_than, lease)
        return claimed.id if claimed else None

    async def purge_rows(self, document: UUID) -> int:
        """Remove a bounded number of a document's operations, and of what is known of their authors.

        The answer is how many rows that were.
        """
        queries = self._queries
        removed = 0
        for query in (queries.purge_operations, queries.purge_authorship, queries.purge_clients):
            removed += await self._database.execute(query, document, _CHUNK)
        return removed

    async def finish_purge(self, document: UUID) -> None:
        """Forget snapshots and versions, whose objects are gone, and note that nothing is left."""
        await self._database.execute(self._queries.finish_purge, document)

    async def _hold_connection(self) -> Connection:
        # Kept between commits: giving a connection back to the pool costs a round trip, as long as a commit takes.
        self._connection = await self._held.enter_async_context(self._database.connection())
        return self._connection
