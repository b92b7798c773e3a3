"""The HTTP interface of the user service for profiles."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, patch, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from collab_kit.errors import Forbidden, InvalidRequest, StoreUnavailable, Unauthenticated, problem_responses
from collab_kit.guard import BEARER_SECURITY, Caller, ScopeMissing
from collab_user.conditions import ETAG_HEADER, IfMatch, etag, parse_if_match
from collab_user.problems import NoSuchPerson, PreconditionFailed, ProfilePending
from collab_user.schemas import AccountProfile, Profile, ProfileChange, ProfileList, PublicProfile
from collab_user.service import Profiles, present

__all__ = ["ALWAYS", "InternalProfilesController", "UsersController"]

ALWAYS: tuple[type[Unauthenticated] | type[Forbidden] | type[StoreUnavailable], ...] = (
    Unauthenticated,
    ScopeMissing,
    StoreUnavailable,
)
"""What every route for people may answer."""


class UsersController(Controller):
    path = "/api/users"
    tags = ("profiles",)
    security = BEARER_SECURITY

    @get(
        "/me",
        operation_id="getMe",
        responses=problem_responses(ProfilePending, *ALWAYS),
        response_headers=[ETAG_HEADER],
    )
    async def get_me(self, principal: Caller, profiles: NamedDependency[Profiles]) -> Response[Profile]:
        """One's own profile."""
        row = await profiles.own(principal.id)
        await profiles.note_seen(principal.id)
        return Response(present(row), headers=etag(row.version))

    @patch(
        "/me",
        operation_id="updateMe",
        responses=problem_responses(InvalidRequest, PreconditionFailed, ProfilePending, *ALWAYS),
        response_headers=[ETAG_HEADER],
    )
    async def update_me(
        self,
        data: JSONBody[ProfileChange],
        principal: Caller,
        profiles: NamedDependency[Profiles],
        if_match: IfMatch = None,
    ) -> Response[Profile]:
        """Change one's own name or colour."""
        row = await profiles.change(principal.id, data, versions=parse_if_match(if_match))
        return Response(present(row), headers=etag(row.version))

    @get(
        "/{user_id:uuid}",
        operation_id="getUser",
        responses=problem_responses(NoSuchPerson, *ALWAYS),
    )
    async def get_user(
        self,
        user_id: FromPath[UUID],
        principal: Caller,  # noqa: ARG002  # anyone who is signed in
        profiles: NamedDependency[Profiles],
    ) -> PublicProfile:
        """Someone else's profile."""
        return await profiles.public(user_id)


class InternalProfilesController(Controller):
    """For the other services, behind the internal token."""

    path = "/internal/profiles"
    include_in_schema = False

    @put("/{user_id:uuid}", status_code=204)
    async def store(
        self, user_id: FromPath[UUID], data: JSONBody[AccountProfile], profiles: NamedDependency[Profiles]
    ) -> None:
        await profiles.store(user_id, data)

    @get("/")
    async def find(
        self,
        profiles: NamedDependency[Profiles],
        email: FromQuery[str | None] = None,
        ids: Annotated[list[UUID] | None, QueryParameter(name="id")] = None,
    ) -> ProfileList:
        return ProfileList(await profiles.find(email=email, ids=ids or []))
