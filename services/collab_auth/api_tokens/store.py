"""API tokens as PostgreSQL has them."""

from datetime import timedelta
from uuid import UUID

from msgspec import Struct

from collab_auth.api_tokens.schemas import ApiToken
from collab_auth.problems import SessionEnded
from collab_kit.database import Connection, Database, execute, fetch_one, load_queries

__all__ = ["TokenStore", "TokenUse"]


class Queries(Struct, frozen=True):
    lock_account: str
    insert_token: str
    list_tokens: str
    delete_token: str
    find_use: str
    note_use: str
    purge_tokens: str


class TokenUse(Struct, frozen=True, kw_only=True):
    """A token that is good now, and whose it is."""

    id: UUID
    account_id: UUID
    scopes: list[str]
    is_stale: bool
    """The time of its last use is worth writing again."""


class TokenStore:
    """Every method raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queries = load_queries(Queries, __package__ or "collab_auth.api_tokens")

    async def insert(
        self,
        connection: Connection,
        account: UUID,
        *,
        name: str,
        scopes: list[str],
        token_hash: bytes,
        expires_in: timedelta | None,
        max_tokens: int,
    ) -> ApiToken | None:
        """`None` when the account has `max_tokens` already. Locks the account. Raises `SessionEnded`."""
        if await execute(connection, self._queries.lock_account, account) == 0:
            raise SessionEnded
        arguments = (account, name, scopes, token_hash, expires_in, max_tokens)
        return await fetch_one(connection, ApiToken, self._queries.insert_token, *arguments)

    async def tokens(self, account: UUID, *, limit: int) -> list[ApiToken]:
        return await self._database.fetch_all(ApiToken, self._queries.list_tokens, account, limit)

    async def delete(self, connection: Connection, account: UUID, token: UUID) -> ApiToken | None:
        """What was deleted; `None` when it was not there, or is another's."""
        return await fetch_one(connection, ApiToken, self._queries.delete_token, account, token)

    async def use(self, token_hash: bytes) -> TokenUse | None:
        return await self._database.fetch_one(TokenUse, self._queries.find_use, token_hash)

    async def note_use(self, token: UUID) -> None:
        await self._database.execute(self._queries.note_use, token)

    async def purge(self) -> int:
        return await self._database.execute(self._queries.purge_tokens)
