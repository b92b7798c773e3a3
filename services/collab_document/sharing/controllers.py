"""Roles over HTTP: for people, and for the other services."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from collab_document.headers import ETAG, tagged
from collab_document.problems import (
    NoSuchDocument,
    NoSuchMember,
    NoSuchPerson,
    NoSuchTeam,
    OwnerRoleFixed,
    RoleTooLow,
    TooManyMembers,
)
from collab_document.refusals import ALWAYS
from collab_document.schemas import Document
from collab_document.service import Documents
from collab_document.sharing.schemas import (
    AskedRoles,
    Member,
    MemberList,
    NewOwner,
    Roles,
    Sharing,
    TeamShare,
    TeamState,
)
from collab_document.sharing.service import SharingService
from collab_document.sharing.teams import Teams
from collab_kit.errors import InvalidRequest, problem_responses
from collab_kit.guard import BEARER_SECURITY, Caller

__all__ = ["InternalRolesController", "InternalTeamsController", "SharingController"]

_MAX_INTERNAL_BYTES = 1024 * 1024


class SharingController(Controller):
    path = "/api/documents/{document_id:uuid}"
    tags = ("sharing",)
    security = BEARER_SECURITY

    @get("/members", operation_id="listMembers", responses=problem_responses(NoSuchDocument, *ALWAYS))
    async def members(
        self, document_id: FromPath[UUID], principal: Caller, sharing: NamedDependency[SharingService]
    ) -> MemberList:
        """Who was given which role, the owner first."""
        return await sharing.members(principal, document_id)

    @put(
        "/members",
        operation_id="putMember",
        responses=problem_responses(
            InvalidRequest,
            NoSuchDocument,
            NoSuchPerson,
            NoSuchTeam,
            RoleTooLow,
            OwnerRoleFixed,
            TooManyMembers,
            *ALWAYS,
        ),
    )
    async def put_member(
        self,
        document_id: FromPath[UUID],
        data: JSONBody[Sharing],
        principal: Caller,
        sharing: NamedDependency[SharingService],
    ) -> Member | TeamShare:
        """Share a document with someone or with a team, or change their role; its owner."""
        return await sharing.share(principal, document_id, data)

    @delete(
        "/members/{user_id:uuid}",
        operation_id="deleteMember",
        responses=problem_responses(NoSuchDocument, NoSuchMember, RoleTooLow, OwnerRoleFixed, *ALWAYS),
    )
    async def delete_member(
        self,
        document_id: FromPath[UUID],
        user_id: FromPath[UUID],
        principal: Caller,
        sharing: NamedDependency[SharingService],
    ) -> None:
        """Take someone's role away, by the owner, or leave. What a team gives them stays."""
        await sharing.remove_member(principal, document_id, user_id)

    @delete(
        "/teams/{team_id:uuid}",
        operation_id="deleteTeam",
        responses=problem_responses(NoSuchDocument, NoSuchTeam, RoleTooLow, *ALWAYS),
    )
    async def delete_team(
        self,
        document_id: FromPath[UUID],
        team_id: FromPath[UUID],
        principal: Caller,
        sharing: NamedDependency[SharingService],
    ) -> None:
        """Take a team's role away; the owner."""
        await sharing.remove_team(principal, document_id, team_id)

    @post(
        "/owner",
        operation_id="changeOwner",
        status_code=200,
        response_headers=[ETAG],
        responses=problem_responses(InvalidRequest, NoSuchDocument, NoSuchMember, RoleTooLow, OwnerRoleFixed, *ALWAYS),
    )
    async def hand_over(
        self,
        document_id: FromPath[UUID],
        data: JSONBody[NewOwner],
        principal: Caller,
        sharing: NamedDependency[SharingService],
        documents: NamedDependency[Documents],
    ) -> Response[Document]:
        """Make another member the owner; the caller, who was it, stays as an editor."""
        await sharing.hand_over(principal, document_id, data.user_id)
        return tagged(await documents.get(principal, document_id))


class InternalRolesController(Controller):
    """For collaboration, behind the internal token."""

    path = "/internal/documents/{document_id:uuid}"
    include_in_schema = False

    @post("/roles", status_code=200, request_max_body_size=_MAX_INTERNAL_BYTES)
    async def roles(
        self, document_id: FromPath[UUID], data: JSONBody[AskedRoles], sharing: NamedDependency[SharingService]
    ) -> Roles:
        return await sharing.roles(document_id, people=data.people, links=data.links)


class InternalTeamsController(Controller):
    """For the user service, behind the internal token."""

    path = "/internal/teams/{team_id:uuid}"
    include_in_schema = False

    @put("/", status_code=204, request_max_body_size=_MAX_INTERNAL_BYTES)
    async def store(self, team_id: FromPath[UUID], data: JSONBody[TeamState], teams: NamedDependency[Teams]) -> None:
        await teams.store(team_id, data)

    @delete("/")
    async def end(
        self,
        team_id: FromPath[UUID],
        version: Annotated[int, QueryParameter(ge=0, le=2**63 - 1)],
        teams: NamedDependency[Teams],
    ) -> None:
        await teams.end(team_id, version)
