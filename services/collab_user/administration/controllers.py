"""Administration over HTTP."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, patch
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from collab_kit.errors import PeerUnavailable, problem_responses
from collab_kit.guard import BEARER_SECURITY, AdminsOnly, Caller, require_admin
from collab_user.accounts import LastAdmin
from collab_user.administration.schemas import Account, AccountChange, AccountPage, State
from collab_user.administration.store import FIRST_PAGE, PAGE_LIMIT_MAX, AccountCursor, Administration
from collab_user.controllers import ALWAYS
from collab_user.cursors import decode_cursor, encode_cursor
from collab_user.erasure.store import Erasures
from collab_user.problems import NoSuchPerson

__all__ = ["AdministrationController"]

Limit = Annotated[int, QueryParameter(ge=1, le=PAGE_LIMIT_MAX, description="People on a page.")]
# `query` and `state` as names of parameters of a handler mean something else to Litestar.
Query = Annotated[str | None, QueryParameter(name="query", description="The beginning of a name or an e-mail address.")]
StateIs = Annotated[State | None, QueryParameter(name="state")]
_TAGS = ("administration",)


class AdministrationController(Controller):
    path = "/api/users"
    security = BEARER_SECURITY

    @get("/", operation_id="listAccounts", tags=_TAGS, responses=problem_responses(AdminsOnly, *ALWAYS))
    async def accounts(
        self,
        principal: Caller,
        administration: NamedDependency[Administration],
        *,
        begins: Query = None,
        state_is: StateIs = None,
        cursor: FromQuery[str | None] = None,
        limit: Limit = 50,
    ) -> AccountPage:
        """Everybody, newest first, or whose name or e-mail begins like the query; administrators."""
        require_admin(principal)
        after = decode_cursor(cursor, AccountCursor) or FIRST_PAGE
        found = await administration.page(query=begins, state=state_is, after=after, limit=limit + 1)
        page = found[:limit]
        following = encode_cursor(AccountCursor(page[-1].id)) if len(found) > limit else None
        return AccountPage(page, following)

    @patch(
        "/{user_id:uuid}",
        operation_id="updateAccount",
        tags=_TAGS,
        responses=problem_responses(AdminsOnly, NoSuchPerson, LastAdmin, PeerUnavailable, *ALWAYS),
    )
    async def update_account(
        self,
        user_id: FromPath[UUID],
        data: JSONBody[AccountChange],
        principal: Caller,
        administration: NamedDependency[Administration],
    ) -> Account:
        """Make or unmake someone an administrator, disable or enable their account, rename them; administrators."""
        require_admin(principal)
        return await administration.change(user_id, data, by=principal.id)

    @delete(
        "/{user_id:uuid}",
        operation_id="eraseAccount",
        tags=_TAGS,
        responses=problem_responses(AdminsOnly, NoSuchPerson, LastAdmin, PeerUnavailable, *ALWAYS),
    )
    async def erase_account(
        self, user_id: FromPath[UUID], principal: Caller, erasures: NamedDependency[Erasures]
    ) -> None:
        """Erase someone: account, profile, picture and memberships, everywhere and for good; administrators.

        What is away at the moment is told later, without being asked again.
        """
        require_admin(principal)
        await erasures.erase(user_id, by=principal.id)
