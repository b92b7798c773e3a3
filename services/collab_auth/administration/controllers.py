"""Accounts over HTTP, for the user service, behind the internal token."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, delete, get, patch
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import UNSET, Struct, UnsetType

from collab_auth.administration.problems import LastAdmin, NoSuchAccount
from collab_auth.administration.rules import Change
from collab_auth.administration.service import Administration
from collab_auth.administration.store import AccountExport, AccountState
from collab_kit.errors import InvalidRequest, StoreUnavailable, problem_responses

__all__ = ["AccountsController"]


class AccountChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays as it is; `by` is who wants it."""

    by: UUID
    is_admin: bool | UnsetType = UNSET
    disabled: bool | UnsetType = UNSET


class Erasure(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    by: UUID


class AccountsController(Controller):
    path = "/internal/accounts"
    include_in_schema = False

    @patch("/{account_id:uuid}", responses=problem_responses(NoSuchAccount, LastAdmin, StoreUnavailable))
    async def change(
        self,
        account_id: FromPath[UUID],
        data: JSONBody[AccountChange],
        administration: NamedDependency[Administration],
    ) -> AccountState:
        change = Change(
            is_admin=None if data.is_admin is UNSET else data.is_admin,
            disabled=None if data.disabled is UNSET else data.disabled,
        )
        return await administration.change(account_id, change, by=data.by)

    @delete("/{account_id:uuid}", responses=problem_responses(LastAdmin, StoreUnavailable))
    async def erase(
        self,
        account_id: FromPath[UUID],
        administration: NamedDependency[Administration],
        request: Request[Any, Any, Any],
        by: FromQuery[UUID | None] = None,
    ) -> None:
        """`by` in the query or in a body: not every client sends one with DELETE."""
        await administration.erase(account_id, by=by or _by(await request.body()))

    @get("/{account_id:uuid}/export", responses=problem_responses(NoSuchAccount, StoreUnavailable))
    async def export(
        self, account_id: FromPath[UUID], administration: NamedDependency[Administration]
    ) -> AccountExport:
        return await administration.export(account_id)


def _by(body: bytes) -> UUID | None:
    if not body:
        return None
    try:
        return msgspec.json.decode(body, type=Erasure).by
    except msgspec.DecodeError as error:
        raise InvalidRequest(f"The body cannot be read: {error}.") from error
