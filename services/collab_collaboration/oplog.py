"""The operation log in PostgreSQL: what is committed here is saved, and nothing else is."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack
from typing import NamedTuple
from uuid import UUID

import asyncpg
from msgspec import Struct

from collab_collaboration.metrics import COMMIT_SECONDS
from collab_kit.database import Connection, Database, load_queries
from collab_kit.errors import StoreUnavailable
from collab_kit.logging import get_logger

__all__ = ["Append", "Head", "OperationLog", "StoredDocument", "StoredOperation", "StoredSnapshot"]

COMMIT_TIMEOUT_S = 5.0
_CHUNK = 500
"""Operations read at once; between two chunks the event loop serves others."""

_log = get_logger()


class Queries(Struct, frozen=True):
    append: str
    open_document: str
    find_document: str
    find_snapshot_before: str
    operations_after: str
    heads: str
    delete_document: str
    insert_snapshot: str
    trim_log: str
    drop_old_snapshots: str


class Append(NamedTuple):
    """One document's operations of a group commit: author and update."""

    document: UUID
    operations: Sequence[tuple[UUID, bytes]]


class StoredDocument(Struct, frozen=True):
    head: int
    base: int
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


class Head(Struct, frozen=True):
    id: UUID
    head: int
    deleted: bool


class _Dropped(Struct, frozen=True):
    object_key: str


class OperationLog:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._queries = load_queries(Queries, __package__ or "collab_collaboration")
        self._held = AsyncExitStack()
        self._connection: Connection | None = None

    async def append(self, batch: Sequence[Append]) -> dict[UUID, int]:
        """Commit a batch: all of it or, when this raises, perhaps nothing, perhaps all.

        The answer is the number after which each document's operations come; a deleted document is not in it.

        Raises:
            StoreUnavailable: try again; should it have been committed after all, the second time changes no document,
                a CRDT taking an operation twice as once.
        """
        documents = [document for document, _ in batch]
        counts = [len(operations) for _, operations in batch]
        owners: list[UUID] = []
        places: list[int] = []
        authors: list[UUID] = []
        payloads: list[bytes] = []
        for document, operations in batch:
            for place, (author, payload) in enumerate(operations, 1):
                owners.append(document)
                places.append(place)
                authors.append(author)
                payloads.append(payload)
        try:
            with COMMIT_SECONDS.time():
                connection = self._connection or await self._hold_connection()
                rows = await connection.fetch(
                    self._queries.append, documents, counts, owners, places, authors, payloads, timeout=COMMIT_TIMEOUT_S
                )
        except (StoreUnavailable, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
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

    async def operations(self, document: UUID, after: int) -> AsyncGenerator[list[StoredOperation]]:
        """Operations beyond number `after`, in order, a bounded number at a time. Raises `StoreUnavailable`."""
        while True:
            chunk = await self._database.fetch_all(
                StoredOperation, self._queries.operations_after, document, after, _CHUNK
            )
            if chunk:
                yield chunk
            if len(chunk) < _CHUNK:
                return
            after = chunk[-1].seq
            await asyncio.sleep(0)

    async def heads(self, documents: Sequence[UUID]) -> list[Head]:
        return await self._database.fetch_all(Head, self._queries.heads, documents)

    async def delete(self, document: UUID) -> None:
        await self._database.execute(self._queries.delete_document, document)

    async def record_snapshot(
        self, document: UUID, *, seq: int, over: int, object_key: str, sha256: bytes, size_bytes: int
    ) -> bool:
        """Make a stored object the document's snapshot; false when another replica was faster."""
        arguments = (document, seq, over, object_key, sha256, size_bytes)
        return await self._database.execute(self._queries.insert_snapshot, *arguments) == 1

    async def trim(self, document: UUID) -> int:
        """Remove a bounded number of operations that two snapshots hold; the answer is how many there were."""
        return await self._database.execute(self._queries.trim_log, document, _CHUNK)

    async def drop_old_snapshots(self, document: UUID) -> list[str]:
        """Forget all but two snapshots; the answer is the keys of the objects nothing refers to any more."""
        dropped = await self._database.fetch_all(_Dropped, self._queries.drop_old_snapshots, document)
        return [row.object_key for row in dropped]

    async def _hold_connection(self) -> Connection:
        # Kept between commits: giving a connection back to the pool costs a round trip, as long as a commit takes.
        self._connection = await self._held.enter_async_context(self._database.connection())
        return self._connection
