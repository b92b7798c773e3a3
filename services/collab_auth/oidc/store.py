"""Identities at providers as PostgreSQL has them."""

from uuid import UUID

from msgspec import Struct

from collab_auth.factors.store import of_living_account
from collab_kit.database import Connection, Database, execute, load_queries

__all__ = ["IdentityStore"]


class Queries(Struct, frozen=True):
    use_identity: str
    insert_identity: str
    is_unclaimed: str


class _Used(Struct, frozen=True):
    account_id: UUID


class _Unclaimed(Struct, frozen=True):
    is_unclaimed: bool


class IdentityStore:
    """Every method raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queries = load_queries(Queries, __package__ or "collab_auth.oidc")

    async def use(self, issuer: str, subject: str) -> UUID | None:
        """Whose account it is; noted as used now."""
        found = await self._database.fetch_one(_Used, self._queries.use_identity, issuer, subject)
        return found.account_id if found else None

    async def insert(self, connection: Connection, issuer: str, subject: str, account: UUID) -> bool:
        """False when it is known already. Raises `SessionEnded` when the account was removed meanwhile."""
        with of_living_account():
            return await execute(connection, self._queries.insert_identity, issuer, subject, account) == 1

    async def is_unclaimed(self, account: UUID) -> bool:
        """Whether there is no way to sign in to that account: it was made for an identity that was not kept."""
        found = await self._database.fetch_one(_Unclaimed, self._queries.is_unclaimed, account)
        return found is not None and found.is_unclaimed
