"""Notifications, as PostgreSQL has them. Every function and method raises `StoreUnavailable`."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from collab_document.notifications.schemas import Kind
from collab_kit.database import Connection, Database, execute, fetch_all, load_queries

__all__ = [
    "KEEP",
    "MAX_COUNTED",
    "Notifications",
    "StoredNotification",
    "Unmailed",
    "export",
    "forget",
    "notify",
    "notify_webhook_disabled",
]

KEEP: Final = timedelta(days=90)
MAX_COUNTED: Final = 1000
MAX_CLAIMED: Final = 500
_PURGED_AT_ONCE: Final = 1000
_MAX_ROUNDS: Final = 50


class Queries(Struct, frozen=True, kw_only=True):
    insert_notifications: str
    insert_webhook_disabled: str
    list_notifications: str
    count_unread: str
    mark_read: str
    mark_all_read: str
    claim_mails: str
    finish_mails: str
    purge_notifications: str
    forget_person: str
    export_person: str


class StoredNotification(Struct, frozen=True, kw_only=True):
    id: UUID
    kind: Kind
    actor: UUID | None
    document_id: UUID | None
    title: str | None
    thread_id: UUID | None
    comment_id: UUID | None
    webhook_id: UUID | None
    created_at: datetime
    read_at: datetime | None
    excerpt: str | None
    guest_name: str | None


class Unmailed(Struct, frozen=True, kw_only=True):
    """A notification that a mail is due about, if it `is_news` still."""

    id: UUID
    person: UUID
    kind: Kind
    actor: UUID | None
    document_id: UUID | None
    title: str | None
    thread_id: UUID | None
    excerpt: str | None
    guest_name: str | None
    is_news: bool


class _Count(Struct, frozen=True):
    unread: int


class _ExportRow(Struct, frozen=True, kw_only=True):
    id: UUID
    kind: Kind
    actor: UUID | None
    document_id: UUID | None
    thread_id: UUID | None
    comment_id: UUID | None
    webhook_id: UUID | None
    created_at: datetime
    read_at: datetime | None


_SQL = load_queries(Queries, __package__ or "collab_document.notifications")


class Notifications:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, person: UUID, *, before: UUID, unread: bool, limit: int) -> list[StoredNotification]:
        """Newest first; only what the person may see now."""
        return await self._database.fetch_all(
            StoredNotification, _SQL.list_notifications, person, before, unread, limit
        )

    async def count_unread(self, person: UUID) -> int:
        """Up to `MAX_COUNTED`."""
        found = await self._database.fetch_one(_Count, _SQL.count_unread, person, MAX_COUNTED)
        return found.unread if found else 0

    async def mark_read(self, person: UUID, notifications: list[UUID]) -> None:
        await self._database.execute(_SQL.mark_read, person, notifications)

    async def mark_all_read(self, person: UUID) -> None:
        await self._database.execute(_SQL.mark_all_read, person)

    async def claim_mails(self, *, people: int, delay: timedelta, lease: timedelta) -> list[Unmailed]:
        """What is unread for `delay`, of some people, oldest first; for `lease` nobody else gets it."""
        return await self._database.fetch_all(Unmailed, _SQL.claim_mails, delay, people, lease, MAX_CLAIMED)

    async def finish_mails(self, notifications: list[UUID]) -> None:
        """There is nothing more to send about these."""
        await self._database.execute(_SQL.finish_mails, notifications)

    async def purge(self) -> None:
        """Remove a bounded number of those that are old enough."""
        for _ in range(_MAX_ROUNDS):
            if await self._database.execute(_SQL.purge_notifications, KEEP, _PURGED_AT_ONCE) < _PURGED_AT_ONCE:
                return


async def notify(
    connection: Connection,
    *,
    kind: Literal["mention", "reply", "shared", "ownership"],
    people: Iterable[UUID],
    document: UUID,
    actor: UUID,
    thread: UUID | None = None,
    comment: UUID | None = None,
) -> None:
    """Tell people of what `actor` did, in the transaction that does it; `actor` among them is left out."""
    await execute(connection, _SQL.insert_notifications, list(people), kind, actor, document, thread, comment)


async def notify_webhook_disabled(connection: Connection, *, person: UUID, webhook: UUID) -> None:
    await execute(connection, _SQL.insert_webhook_disabled, person, webhook)


async def forget(connection: Connection, person: UUID) -> None:
    """What is kept of a person whose account is erased goes, in the caller's transaction."""
    await execute(connection, _SQL.forget_person, person)


async def export(connection: Connection, person: UUID) -> list[dict[str, object]]:
    """The latest of what is kept of a person."""
    return [msgspec.to_builtins(row) for row in await fetch_all(connection, _ExportRow, _SQL.export_person, person)]
