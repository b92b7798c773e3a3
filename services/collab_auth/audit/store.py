"""The audit log as PostgreSQL has it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct, field

from collab_auth.audit.events import AuditEvent
from collab_auth.device import NO_DEVICE, Device
from collab_kit.database import Connection, Database, execute, load_queries

__all__ = ["Audit", "AuditEntry", "AuditRow"]

_PURGE_BATCH = 1000


class Queries(Struct, frozen=True):
    insert_entry: str
    list_of_account: str
    list_all: str
    purge: str


class AuditEntry(Struct, frozen=True, kw_only=True):
    """`account` is whose account it is about, `actor` who did it: `None` is a stranger, or an operator."""

    event: AuditEvent
    account: UUID | None
    actor: UUID | None = None
    device: Device = NO_DEVICE
    detail: dict[str, Any] = field(default_factory=dict[str, Any])
    """Never a secret, and nobody's e-mail address: the log outlives accounts."""


class AuditRow(Struct, frozen=True, kw_only=True):
    id: UUID
    event: str
    account: UUID | None
    actor: UUID | None
    address: str | None
    user_agent: str | None
    at: datetime
    detail: str
    """JSON."""


class Audit:
    """Every method raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queries = load_queries(Queries, "collab_auth.audit")

    async def record(self, entry: AuditEntry, connection: "Connection | None" = None) -> None:
        """Write an entry, in the transaction of `connection` where there is one: what is undone was never done."""
        values = (
            entry.event,
            entry.account,
            entry.actor,
            entry.device.address,
            entry.device.user_agent,
            msgspec.json.encode(entry.detail).decode(),
        )
        if connection is None:
            await self._database.execute(self._queries.insert_entry, *values)
        else:
            await execute(connection, self._queries.insert_entry, *values)

    async def page(self, *, account: UUID | None, event: AuditEvent | None, before: UUID, limit: int) -> list[AuditRow]:
        """Of one account, or of everybody, and of one kind of event, or all; newest first."""
        if account is None:
            return await self._database.fetch_all(AuditRow, self._queries.list_all, event, before, limit)
        return await self._database.fetch_all(AuditRow, self._queries.list_of_account, account, event, before, limit)

    async def purge(self, *, keep: timedelta) -> None:
        """Remove a batch of entries older than `keep`, by the one way that the table leaves open."""
        await self._database.execute(self._queries.purge, keep, _PURGE_BATCH)
