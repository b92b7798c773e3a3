"""The HTTP interface of the user service."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get, patch, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from collab_kit.errors import InvalidRequest, StoreUnavailable, Unauthenticated, problem_responses
from collab_kit.guard import BEARER_SECURITY, Caller
from collab_user.problems import NoSuchPerson, ProfilePending
from collab_user.schemas import AccountProfile, Profile, ProfileChange, ProfileList, PublicProfile
from collab_user.service import Profiles

__all__ = ["InternalProfilesController", "UsersController"]


class UsersController(Controller):
    path = "/api/users"
    tags = ("profiles",)
    security = BEARER_SECURITY

    @get(
        "/me",
        operation_id="getMe",
        responses=problem_responses(Unauthenticated, ProfilePending, StoreUnavailable),
    )
    async def get_me(self, principal: Caller, profiles: NamedDependency[Profiles]) -> Profile:
        """One's own profile."""
        return await profiles.own(principal.id)

    @patch(
        "/me",
        operation_id="updateMe",
        responses=problem_responses(InvalidRequest, Unauthenticated, ProfilePending, StoreUnavailable),
    )
    async def update_me(
        self, data: JSONBody[ProfileChange], principal: Caller, profiles: NamedDependency[Profiles]
    ) -> Profile:
        """Change one's own name or colour."""
        return await profiles.change(principal.id, data)

    @get(
        "/{user_id:uuid}",
        operation_id="getUser",
        responses=problem_responses(Unauthenticated, NoSuchPerson, StoreUnavailable),
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
