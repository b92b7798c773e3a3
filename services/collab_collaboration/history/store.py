"""Versions and history as PostgreSQL has them."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from collab_kit.database import Database, load_queries

__all__ = ["ClientAuthor", "HistoryStore", "Life", "NewVersion", "StoredSession", "StoredVersion"]

Sha256 = Annotated[bytes, Meta(min_length=32, max_length=32)]


class Queries(Struct, frozen=True):
    find_life: str
    insert_version: str
    count_versions: str
    list_versions: str
    find_version: str
    rename_version: str
    replace_version: str
    delete_version: str
    list_sessions: str
    list_authors: str
    list_clients: str
    count_clients: str
    lock_restoring: str
    unlock_restoring: str


class Life(Struct, frozen=True):
    """Where a document stands."""

    epoch: int
    head: int
    base: int
    deleted: bool


class NewVersion(Struct, frozen=True, kw_only=True):
    document: UUID
    epoch: int
    seq: int
    name: str
    created_by: UUID
    object_key: str
    sha256: Sha256
    size_bytes: int


class StoredVersion(Struct, frozen=True, kw_only=True):
    id: UUID
    document: UUID
    epoch: int
    seq: int
    """The last operation that is in it."""
    name: str
    created_by: UUID
    created_at: datetime
    authors: list[UUID]
    """Who wrote since the version before, each once."""
    object_key: str
    sha256: Sha256
    size_bytes: int


class StoredSession(Struct, frozen=True, kw_only=True):
    """What one person wrote between two moments."""

    author: UUID
    began_at: datetime
    ended_at: datetime
    operations: int
    size_bytes: int


class ClientAuthor(Struct, frozen=True):
    client: int
    author: UUID


class _Count(Struct, frozen=True):
    number: int


class HistoryStore:
    """Every method raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queries = load_queries(Queries, __package__ or "collab_collaboration.history")

    async def life(self, document: UUID) -> Life | None:
        return await self._database.fetch_one(Life, self._queries.find_life, document)

    async def insert(self, new: NewVersion, *, max_versions: int) -> StoredVersion | None:
        """Record a version; `None` when the document is deleted, in another life, or has `max_versions`."""
        arguments = (
            new.document,
            new.epoch,
            new.seq,
            new.name,
            new.created_by,
            new.object_key,
            new.sha256,
            new.size_bytes,
            max_versions,
        )
        return await self._database.fetch_one(StoredVersion, self._queries.insert_version, *arguments)

    async def count(self, document: UUID) -> int:
        found = await self._database.fetch_one(_Count, self._queries.count_versions, document)
        return found.number if found else 0

    async def versions(self, document: UUID, *, before: UUID, limit: int) -> list[StoredVersion]:
        return await self._database.fetch_all(StoredVersion, self._queries.list_versions, document, before, limit)

    async def version(self, document: UUID, version: UUID) -> StoredVersion | None:
        return await self._database.fetch_one(StoredVersion, self._queries.find_version, document, version)

    async def rename(self, document: UUID, version: UUID, name: str) -> StoredVersion | None:
        return await self._database.fetch_one(StoredVersion, self._queries.rename_version, document, version, name)

    async def replace(
        self,
        version: StoredVersion,
        *,
        seq: int,
        object_key: str,
        sha256: bytes,
        size_bytes: int,
        authors: Sequence[UUID],
    ) -> StoredVersion | None:
        """Let a version have another object, that holds more; `None` when it is not what it was any more."""
        arguments = (version.document, version.id, seq, object_key, sha256, size_bytes, authors, version.object_key)
        return await self._database.fetch_one(StoredVersion, self._queries.replace_version, *arguments)

    async def delete(self, document: UUID, version: UUID) -> StoredVersion | None:
        """What was deleted, so that its object can be."""
        return await self._database.fetch_one(StoredVersion, self._queries.delete_version, document, version)

    async def sessions(
        self, document: UUID, *, began_before: datetime, author_before: UUID, limit: int
    ) -> list[StoredSession]:
        arguments = (document, began_before, author_before, limit)
        return await self._database.fetch_all(StoredSession, self._queries.list_sessions, *arguments)

    async def authors(self, document: UUID) -> list[StoredSession]:
        """What each person wrote, from first to last, who wrote last first."""
        return await self._database.fetch_all(StoredSession, self._queries.list_authors, document)

    async def clients(self, document: UUID, *, after: int, limit: int) -> list[ClientAuthor]:
        return await self._database.fetch_all(ClientAuthor, self._queries.list_clients, document, after, limit)

    async def count_clients(self, document: UUID) -> int:
        found = await self._database.fetch_one(_Count, self._queries.count_clients, document)
        return found.number if found else 0

    @asynccontextmanager
    async def restoring(self, document: UUID) -> AsyncGenerator[None]:
        """Wait until nobody restores the document, on whichever replica, and let nobody do it meanwhile."""
        async with self._database.connection() as connection:
            await connection.execute(self._queries.lock_restoring, document)
            try:
                yield
            finally:
                # Where this fails, so has the connection, and the lock is gone with it.
                await connection.execute(self._queries.unlock_restoring, document)
