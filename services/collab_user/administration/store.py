"""People as administrators see them. What they may do is decided by auth, of which this service has a copy."""

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct, UnsetType

from collab_kit.database import Database, load_queries
from collab_kit.errors import FieldError, InvalidRequest
from collab_user.accounts import Accounts
from collab_user.administration.schemas import Account, AccountChange, State
from collab_user.cursors import Cursor
from collab_user.problems import NoSuchPerson
from collab_user.service import avatar_url, parse_name

__all__ = ["PAGE_LIMIT_MAX", "AccountCursor", "Administration"]

PAGE_LIMIT_MAX: Final = 100
MAX_QUERY_CHARS: Final = 100


class AccountCursor(Cursor, frozen=True, array_like=True, forbid_unknown_fields=True, tag="accounts-1"):
    """The last account of a page."""

    id: UUID


FIRST_PAGE: Final = AccountCursor(UUID(int=2**128 - 1))


class Queries(Struct, frozen=True):
    list_accounts: str
    find_account: str
    rename_person: str
    note_account: str


SQL: Final = load_queries(Queries, "collab_user.administration")


class AccountRow(Struct, frozen=True, kw_only=True):
    """An account as it is stored."""

    id: UUID
    email: str
    name: str
    is_admin: bool
    disabled: bool
    verified: bool
    created_at: datetime
    last_seen_at: datetime | None
    erasing: bool
    color: str
    avatar_hash: str | None


class Administration:
    def __init__(self, database: Database, accounts: Accounts) -> None:
        self._database = database
        self._accounts = accounts

    async def page(self, *, query: str | None, state: State | None, after: AccountCursor, limit: int) -> list[Account]:
        """Newest first; of everybody without a query, of nobody with an empty one. Raises `InvalidRequest`."""
        if query is not None:
            query = " ".join(query.split())
            if len(query) > MAX_QUERY_CHARS or not query.isprintable():
                error = FieldError("query", f"Expected at most {MAX_QUERY_CHARS} printable characters.")
                raise InvalidRequest("The query is not valid.", errors=[error])
        rows = await self._database.fetch_all(AccountRow, SQL.list_accounts, after.id, query or None, state, limit)
        return [_present(row) for row in rows]

    async def change(self, person: UUID, change: AccountChange, *, by: UUID) -> Account:
        """Raises `NoSuchPerson`, `LastAdmin`, `InvalidRequest`, `PeerUnavailable`."""
        name = None if isinstance(change.name, UnsetType) else parse_name(change.name)
        found = await self._find(person)
        state = None
        if change.is_admin is not UNSET or change.disabled is not UNSET:
            state = await self._accounts.change(person, is_admin=change.is_admin, disabled=change.disabled, by=by)
            if state.version is not None:
                await self._database.execute(
                    SQL.note_account, person, state.is_admin, state.disabled, state.verified, state.version
                )
        if name is not None:
            await self._database.execute(SQL.rename_person, person, name)
        if name is not None or state is not None:
            found = await self._find(person)
        if state is None:
            return found
        # The copy may be brought up to date a moment later.
        return msgspec.structs.replace(found, is_admin=state.is_admin, disabled=state.disabled, verified=state.verified)

    async def _find(self, person: UUID) -> Account:
        found = await self._database.fetch_one(AccountRow, SQL.find_account, person)
        if found is None:
            raise NoSuchPerson
        return _present(found)


def _present(row: AccountRow) -> Account:
    return Account(
        id=row.id,
        email=row.email,
        name=row.name,
        is_admin=row.is_admin,
        disabled=row.disabled,
        verified=row.verified,
        created_at=row.created_at,
        last_seen_at=row.last_seen_at,
        erasing=row.erasing,
        color=row.color,
        avatar_url=avatar_url(row.id, row.avatar_hash),
    )
