"""What administration asks of PostgreSQL."""

from datetime import datetime
from uuid import UUID

from msgspec import Raw, Struct

from collab_kit.database import Connection, Database, execute, fetch_all, fetch_one, fetch_row, load_queries

__all__ = ["AccountExport", "AccountState", "AccountStore", "ExportedAccount", "ExportedEntry", "ExportedSession"]


class Queries(Struct, frozen=True):
    lock_administrators: str
    lock_account: str
    find_account: str
    change_account: str
    delete_account: str
    export_account: str
    export_sessions: str
    export_audit: str
    export_passkeys: str
    export_api_tokens: str
    export_identities: str


class AccountState(Struct, frozen=True, kw_only=True):
    """An account as the user service and operators see it; `version` counts its changes."""

    id: UUID
    email: str
    is_admin: bool
    disabled: bool
    verified: bool
    version: int

    @property
    def is_acting_admin(self) -> bool:
        return self.is_admin and not self.disabled


class ExportedAccount(Struct, frozen=True, kw_only=True):
    id: UUID
    email: str
    name: str | None
    is_admin: bool
    created_at: datetime
    verified_at: datetime | None
    disabled_at: datetime | None
    has_password: bool
    totp: bool


class ExportedPasskey(Struct, frozen=True, kw_only=True):
    id: UUID
    name: str
    created_at: datetime
    last_used_at: datetime | None


class ExportedApiToken(Struct, frozen=True, kw_only=True):
    id: UUID
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class ExportedIdentity(Struct, frozen=True, kw_only=True):
    """An account elsewhere that signs in to this one."""

    issuer: str
    subject: str
    created_at: datetime
    last_used_at: datetime


class ExportedSession(Struct, frozen=True, kw_only=True):
    id: UUID
    created_at: datetime
    last_used_at: datetime
    ended_at: datetime | None
    end_reason: str | None
    address: str | None
    user_agent: str | None


class ExportedEntry(Struct, frozen=True, kw_only=True):
    event: str
    actor: UUID | None
    address: str | None
    user_agent: str | None
    at: datetime
    detail: Raw


class AccountExport(Struct, frozen=True, kw_only=True):
    """All that auth knows of a person, secrets left out; the newest of what is much."""

    account: ExportedAccount
    passkeys: list[ExportedPasskey]
    api_tokens: list[ExportedApiToken]
    identities: list[ExportedIdentity]
    sessions: list[ExportedSession]
    audit: list[ExportedEntry]


class _Id(Struct, frozen=True):
    id: UUID


class _Entry(Struct, frozen=True, kw_only=True):
    event: str
    actor: UUID | None
    address: str | None
    user_agent: str | None
    at: datetime
    detail: str


class AccountStore:
    """Every method raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queries = load_queries(Queries, "collab_auth.administration")

    async def lock_administrators(self, connection: Connection) -> frozenset[UUID]:
        """Who acts as an administrator; nobody else is added to or taken from them by who holds this as well."""
        return frozenset(each.id for each in await fetch_all(connection, _Id, self._queries.lock_administrators))

    async def lock(self, connection: Connection, account: UUID) -> AccountState | None:
        return await fetch_one(connection, AccountState, self._queries.lock_account, account)

    async def find(self, email: str) -> AccountState | None:
        return await self._database.fetch_one(AccountState, self._queries.find_account, email)

    async def change(self, connection: Connection, account: UUID, *, is_admin: bool, disabled: bool) -> AccountState:
        return await fetch_row(connection, AccountState, self._queries.change_account, account, is_admin, disabled)

    async def delete(self, connection: Connection, account: UUID) -> None:
        await execute(connection, self._queries.delete_account, account)

    async def export(self, account: UUID, *, most: int) -> AccountExport | None:
        """At most `most` of each."""
        async with self._database.connection() as connection:
            found = await fetch_one(connection, ExportedAccount, self._queries.export_account, account)
            if found is None:
                return None
            passkeys = await fetch_all(connection, ExportedPasskey, self._queries.export_passkeys, account, most)
            api_tokens = await fetch_all(connection, ExportedApiToken, self._queries.export_api_tokens, account, most)
            identities = await fetch_all(connection, ExportedIdentity, self._queries.export_identities, account, most)
            sessions = await fetch_all(connection, ExportedSession, self._queries.export_sessions, account, most)
            entries = await fetch_all(connection, _Entry, self._queries.export_audit, account, most)
        audit = [
            ExportedEntry(
                event=each.event,
                actor=each.actor,
                address=each.address,
                user_agent=each.user_agent,
                at=each.at,
                detail=Raw(each.detail.encode()),
            )
            for each in entries
        ]
        return AccountExport(
            account=found,
            passkeys=passkeys,
            api_tokens=api_tokens,
            identities=identities,
            sessions=sessions,
            audit=audit,
        )
