"""Signing keys as PostgreSQL has them."""

from datetime import timedelta

from msgspec import Struct

from collab_kit.database import Connection, Database, execute, load_queries

__all__ = ["KeyStore", "StoredKey"]


class Queries(Struct, frozen=True):
    list_keys: str
    insert_file_key: str
    insert_key: str
    revoke_others: str
    delete_old: str


class StoredKey(Struct, frozen=True, kw_only=True):
    kid: str
    x: str
    sealed: bytes | None
    """The private half, sealed; the settings' file has its own."""
    signs_in_s: float
    revoked: bool


class KeyStore:
    """Every method raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queries = load_queries(Queries, "collab_auth.keys")

    async def keys(self) -> list[StoredKey]:
        return await self._database.fetch_all(StoredKey, self._queries.list_keys)

    async def insert_file_key(self, connection: Connection, *, kid: str, x: str) -> None:
        await execute(connection, self._queries.insert_file_key, kid, x)

    async def insert(self, connection: Connection, *, kid: str, x: str, sealed: bytes, signs_in: timedelta) -> None:
        await execute(connection, self._queries.insert_key, kid, x, sealed, signs_in)

    async def revoke_others(self, connection: Connection, kid: str) -> None:
        await execute(connection, self._queries.revoke_others, kid)

    async def purge(self) -> None:
        await self._database.execute(self._queries.delete_old)
