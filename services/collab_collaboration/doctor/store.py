"""One document as PostgreSQL has it, damage and all."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from collab_kit.database import Database, load_queries

__all__ = [
    "DoctorStore",
    "LastEdit",
    "LogMeasure",
    "StoredLife",
    "StoredObject",
    "StoredQuarantine",
    "WrittenOperation",
]

_CHUNK = 500


class Queries(Struct, frozen=True):
    find_document: str
    list_snapshots: str
    measure_log: str
    list_operations: str
    last_edit: str
    swap_snapshot: str
    insert_quarantine: str
    list_quarantines: str


class StoredLife(Struct, frozen=True, kw_only=True):
    head: int
    base: int
    epoch: int
    epoch_base: int
    created_at: datetime
    deleted_at: datetime | None


class StoredObject(Struct, frozen=True, kw_only=True):
    """A snapshot's row."""

    seq: int
    object_key: str
    sha256: bytes
    size_bytes: int
    created_at: datetime


class StoredQuarantine(Struct, frozen=True, kw_only=True):
    id: UUID
    created_at: datetime
    object_key: str
    sha256: bytes
    size_bytes: int
    operations: int
    objects: int


class LogMeasure(Struct, frozen=True, kw_only=True):
    operations: int
    size_bytes: int
    first_seq: int | None
    last_seq: int | None


class LastEdit(Struct, frozen=True):
    author: UUID
    at: datetime


class WrittenOperation(Struct, frozen=True, kw_only=True):
    seq: int
    author: UUID
    committed_at: datetime
    payload: bytes


class DoctorStore:
    """Every method raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queries = load_queries(Queries, __package__ or "collab_collaboration.doctor")

    async def life(self, document: UUID) -> StoredLife | None:
        return await self._database.fetch_one(StoredLife, self._queries.find_document, document)

    async def snapshots(self, document: UUID) -> list[StoredObject]:
        """Of the present life, the current one first."""
        return await self._database.fetch_all(StoredObject, self._queries.list_snapshots, document)

    async def measure(self, document: UUID) -> LogMeasure:
        found = await self._database.fetch_one(LogMeasure, self._queries.measure_log, document)
        return found or LogMeasure(operations=0, size_bytes=0, first_seq=None, last_seq=None)

    async def operations(self, document: UUID, after: int) -> AsyncGenerator[list[WrittenOperation]]:
        """What the log holds beyond number `after`, in order, gaps or not, a bounded number at a time."""
        while chunk := await self._database.fetch_all(
            WrittenOperation, self._queries.list_operations, document, after, _CHUNK
        ):
            yield chunk
            after = chunk[-1].seq
            await asyncio.sleep(0)

    async def last_edit(self, document: UUID) -> LastEdit | None:
        """The last operation that the log still holds."""
        return await self._database.fetch_one(LastEdit, self._queries.last_edit, document)

    async def swap_snapshot(
        self, document: UUID, *, epoch: int, old: StoredObject, key: str, sha256: bytes, size_bytes: int
    ) -> bool:
        """Let a snapshot have another object; false when the document moved on meanwhile."""
        arguments = (document, epoch, old.seq, old.object_key, key, sha256, size_bytes)
        return await self._database.execute(self._queries.swap_snapshot, *arguments) == 1

    async def insert_quarantine(
        self, document: UUID, *, key: str, sha256: bytes, size_bytes: int, operations: int, objects: int
    ) -> StoredQuarantine | None:
        """`None` when the document was deleted."""
        arguments = (document, key, sha256, size_bytes, operations, objects)
        return await self._database.fetch_one(StoredQuarantine, self._queries.insert_quarantine, *arguments)

    async def quarantines(self, document: UUID) -> list[StoredQuarantine]:
        return await self._database.fetch_all(StoredQuarantine, self._queries.list_quarantines, document)
