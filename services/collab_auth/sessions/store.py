"""Sessions as PostgreSQL has them."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from collab_kit.database import Connection, Database, execute, fetch_one, load_queries

__all__ = ["EndReason", "LivingSession", "SessionStore"]

EndReason = Literal["revoked", "password-changed", "password-reset", "disabled"]
_NOBODYS = UUID(int=0)


class Queries(Struct, frozen=True):
    list_living: str
    end_one: str
    end_others: str
    is_living: str


class LivingSession(Struct, frozen=True, kw_only=True):
    id: UUID
    created_at: datetime
    last_used_at: datetime
    """When its tokens were last renewed."""
    address: str | None
    user_agent: str | None


class _Ended(Struct, frozen=True):
    id: UUID


class _Living(Struct, frozen=True):
    living: bool


class SessionStore:
    """Every method raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queries = load_queries(Queries, "collab_auth.sessions")

    async def living(self, account: UUID, *, before: UUID, limit: int) -> list[LivingSession]:
        return await self._database.fetch_all(LivingSession, self._queries.list_living, account, before, limit)

    async def end(self, connection: Connection, account: UUID, session: UUID) -> bool:
        """Whether there was such a session to end."""
        return await fetch_one(connection, _Ended, self._queries.end_one, account, session) is not None

    async def end_all(
        self, connection: Connection, account: UUID, *, reason: EndReason, but: UUID | None = None
    ) -> int:
        """End every session of `account`, except `but`; the answer is how many."""
        return await execute(connection, self._queries.end_others, account, but or _NOBODYS, reason)

    async def is_living(self, session: UUID, account: UUID, *, as_admin: bool) -> bool:
        """Whether the session goes on, of an account that may be used, and is an administrator's if it says so."""
        found = await self._database.fetch_one(_Living, self._queries.is_living, session, account, as_admin)
        return found is not None and found.living
