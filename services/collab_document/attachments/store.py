"""Attachments as PostgreSQL has them. Every function and method raises `StoreUnavailable`."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
from msgspec import Struct

from collab_document.access import role_in
from collab_document.attachments.problems import NoSuchAttachment, QuotaReached
from collab_document.attachments.schemas import NewAttachment
from collab_document.idempotency import Idempotency
from collab_kit.database import Connection, Database, execute, fetch_all, fetch_one, fetch_row, load_queries
from collab_kit.guard import Principal

__all__ = ["ABANDON_AFTER", "MAX_FILES", "AttachmentStore", "Quotas", "StoredAttachment", "export", "forget"]

MAX_FILES: Final = 1000
"""Of one document."""
ABANDON_AFTER: Final = timedelta(hours=1)


class Queries(Struct, frozen=True, kw_only=True):
    find_owner: str
    lock_quota: str
    measure: str
    insert_attachment: str
    find_attachment: str
    list_attachments: str
    find_pictures: str
    complete_attachment: str
    delete_attachment: str
    delete_incomplete: str
    abandon_uploads: str
    claim_deletions: str
    finish_deletion: str
    count_deletions: str
    forget_person: str
    export_person: str


class Quotas(Struct, frozen=True, kw_only=True):
    """In bytes; uploads that are not complete count."""

    document: int
    owner: int


class StoredAttachment(Struct, frozen=True, kw_only=True):
    id: UUID
    document_id: UUID
    uploader: UUID | None
    name: str
    media_type: str
    size_bytes: int
    sha256: bytes | None
    created_at: datetime
    completed_at: datetime | None


class _Person(Struct, frozen=True):
    person: UUID


class _Usage(Struct, frozen=True):
    files: int
    document_bytes: int
    owner_bytes: int


class _Key(Struct, frozen=True):
    key: str


class _Count(Struct, frozen=True):
    waiting: int


class _ExportRow(Struct, frozen=True, kw_only=True):
    id: UUID
    document_id: UUID
    name: str
    media_type: str
    size_bytes: int
    created_at: datetime


_SQL = load_queries(Queries, __package__ or "collab_document.attachments")


class AttachmentStore:
    def __init__(self, database: Database, idempotency: Idempotency, quotas: Quotas) -> None:
        self._database = database
        self._idempotency = idempotency
        self._quotas = quotas

    async def reserve(
        self, caller: Principal, document: UUID, new: NewAttachment, *, sha256: bytes | None, key: str | None
    ) -> StoredAttachment:
        """Room for an attachment, from now on counted. Raises `NoSuchDocument`, `RoleTooLow`, `QuotaReached`."""
        async with self._database.transaction() as connection:
            await role_in(connection, caller, document, "owner", "editor")
            made = await self._idempotency.begin(connection, caller.id, key, operation=f"attach {document}", body=new)
            if made is not None:
                return _present(await fetch_one(connection, StoredAttachment, _SQL.find_attachment, document, made))
            owner = await fetch_row(connection, _Person, _SQL.find_owner, document)
            await execute(connection, _SQL.lock_quota, owner.person)
            usage = await fetch_row(connection, _Usage, _SQL.measure, document, owner.person)
            _require_room(usage, self._quotas, new.size)
            row = await fetch_row(
                connection,
                StoredAttachment,
                _SQL.insert_attachment,
                document,
                caller.id,
                new.name,
                new.type,
                new.size,
                sha256,
            )
            await self._idempotency.finish(connection, caller.id, key, row.id)
            return row

    async def find(self, document: UUID, attachment: UUID) -> StoredAttachment:
        """Raises `NoSuchAttachment`."""
        return _present(await self._database.fetch_one(StoredAttachment, _SQL.find_attachment, document, attachment))

    async def page(self, document: UUID, *, before: UUID, limit: int) -> list[StoredAttachment]:
        """Newest first, only complete ones."""
        return await self._database.fetch_all(StoredAttachment, _SQL.list_attachments, document, before, limit)

    async def pictures(self, document: UUID, ids: list[UUID]) -> dict[UUID, StoredAttachment]:
        """Those of `ids` that the document has."""
        rows = await self._database.fetch_all(StoredAttachment, _SQL.find_pictures, document, ids)
        return {row.id: row for row in rows}

    async def complete(self, attachment: UUID) -> None:
        """Nothing happens to one that is complete already, or gone."""
        await self._database.execute(_SQL.complete_attachment, attachment)

    async def abandon(self, document: UUID, attachment: UUID) -> None:
        """Take the room back, unless it is complete."""
        await self._database.execute(_SQL.delete_incomplete, document, attachment)

    async def delete(self, caller: Principal, document: UUID, attachment: UUID) -> None:
        """Its objects go a little later. Raises `NoSuchDocument`, `RoleTooLow`, `NoSuchAttachment`."""
        async with self._database.transaction() as connection:
            await role_in(connection, caller, document, "owner", "editor")
            if not await execute(connection, _SQL.delete_attachment, document, attachment):
                raise NoSuchAttachment

    async def abandon_old(self, *, limit: int) -> int:
        """Uploads that were begun `ABANDON_AFTER` ago and never completed go; the answer is how many."""
        return await self._database.execute(_SQL.abandon_uploads, ABANDON_AFTER, limit)

    async def claim_deletions(self, *, limit: int) -> list[str]:
        return [row.key for row in await self._database.fetch_all(_Key, _SQL.claim_deletions, limit)]

    async def finish_deletion(self, key: str) -> None:
        await self._database.execute(_SQL.finish_deletion, key)

    async def count_deletions(self) -> int:
        found = await self._database.fetch_one(_Count, _SQL.count_deletions)
        return found.waiting if found else 0


async def forget(connection: Connection, person: UUID) -> None:
    """Attachments stay with their documents; who uploaded them is forgotten, in the caller's transaction."""
    await execute(connection, _SQL.forget_person, person)


async def export(connection: Connection, person: UUID) -> list[dict[str, object]]:
    """The latest of what a person uploaded."""
    return [msgspec.to_builtins(row) for row in await fetch_all(connection, _ExportRow, _SQL.export_person, person)]


def _present(row: StoredAttachment | None) -> StoredAttachment:
    if row is None:
        raise NoSuchAttachment
    return row


def _require_room(usage: _Usage, quotas: Quotas, size: int) -> None:
    """Raises `QuotaReached`."""
    if usage.files >= MAX_FILES:
        raise QuotaReached(f"A document has at most {MAX_FILES} attachments.")
    if usage.document_bytes + size > quotas.document:
        raise QuotaReached(f"The attachments of a document have at most {quotas.document} bytes together.")
    if usage.owner_bytes + size > quotas.owner:
        raise QuotaReached(f"The attachments of an owner's documents have at most {quotas.owner} bytes together.")
