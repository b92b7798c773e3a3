"""Teams over HTTP."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, HeaderParameter, JSONBody, QueryParameter
from msgspec import UnsetType

from collab_kit.errors import problem_responses
from collab_kit.guard import BEARER_SECURITY, Caller
from collab_user.conditions import ETAG_HEADER, IfMatch, etag, parse_if_match
from collab_user.controllers import ALWAYS
from collab_user.cursors import encode_cursor
from collab_user.outbox import Outbox
from collab_user.problems import NoSuchPerson, PreconditionFailed, ProfilePending
from collab_user.service import avatar_url, parse_name
from collab_user.teams.problems import (
    IdempotencyKeyReused,
    LastManager,
    ManagersOnly,
    NoSuchTeam,
    NoSuchTeamMember,
    TooManyTeamMembers,
    TooManyTeams,
)
from collab_user.teams.rules import (
    PAGE_LIMIT_MAX,
    MemberCursor,
    TeamCursor,
    parse_idempotency_key,
    parse_who,
    start_of_members,
    start_of_teams,
)
from collab_user.teams.schemas import (
    Membership,
    NewTeam,
    Team,
    TeamChange,
    TeamMember,
    TeamMemberPage,
    TeamPage,
    TeamPerson,
)
from collab_user.teams.store import MemberRow, TeamRow, Teams

__all__ = ["TeamsController"]

Limit = Annotated[int, QueryParameter(ge=1, le=PAGE_LIMIT_MAX, description="Items on a page.")]
IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(name="Idempotency-Key", description="Sent again within a day, it gets the first answer again."),
]


class TeamsController(Controller):
    path = "/api/users/teams"
    tags = ("teams",)
    security = BEARER_SECURITY

    @post(
        "/",
        operation_id="createTeam",
        responses=problem_responses(TooManyTeams, IdempotencyKeyReused, ProfilePending, *ALWAYS),
        response_headers=[ETAG_HEADER],
    )
    async def create(
        self,
        data: JSONBody[NewTeam],
        principal: Caller,
        teams: NamedDependency[Teams],
        outbox: NamedDependency[Outbox],
        idempotency_key: IdempotencyKey = None,
    ) -> Response[Team]:
        """Make a team and manage it."""
        key = parse_idempotency_key(idempotency_key)
        row = await teams.create(principal.id, parse_name(data.name), key=key)
        await outbox.deliver_now("team", str(row.id))
        return _answer(row)

    @get("/", operation_id="listTeams", responses=problem_responses(*ALWAYS))
    async def page(
        self,
        principal: Caller,
        teams: NamedDependency[Teams],
        cursor: FromQuery[str | None] = None,
        limit: Limit = 50,
    ) -> TeamPage:
        """The teams one is in, newest first."""
        found = await teams.page(principal.id, after=start_of_teams(cursor), limit=limit + 1)
        page = found[:limit]
        following = encode_cursor(TeamCursor(page[-1].id)) if len(found) > limit else None
        return TeamPage([_present(row) for row in page], following)

    @get(
        "/{team_id:uuid}",
        operation_id="getTeam",
        responses=problem_responses(NoSuchTeam, *ALWAYS),
        response_headers=[ETAG_HEADER],
    )
    async def one(self, team_id: FromPath[UUID], principal: Caller, teams: NamedDependency[Teams]) -> Response[Team]:
        """One team that one is in."""
        return _answer(await teams.get(principal.id, team_id))

    @patch(
        "/{team_id:uuid}",
        operation_id="updateTeam",
        responses=problem_responses(NoSuchTeam, ManagersOnly, PreconditionFailed, *ALWAYS),
        response_headers=[ETAG_HEADER],
    )
    async def update(
        self,
        team_id: FromPath[UUID],
        data: JSONBody[TeamChange],
        principal: Caller,
        teams: NamedDependency[Teams],
        outbox: NamedDependency[Outbox],
        *,
        if_match: IfMatch = None,
    ) -> Response[Team]:
        """Rename a team; its managers."""
        name = None if isinstance(data.name, UnsetType) else parse_name(data.name)
        row = await teams.rename(principal.id, team_id, name, versions=parse_if_match(if_match))
        await outbox.deliver_now("team", str(team_id))
        return _answer(row)

    @delete(
        "/{team_id:uuid}", operation_id="deleteTeam", responses=problem_responses(NoSuchTeam, ManagersOnly, *ALWAYS)
    )
    async def remove(
        self,
        team_id: FromPath[UUID],
        principal: Caller,
        teams: NamedDependency[Teams],
        outbox: NamedDependency[Outbox],
    ) -> None:
        """Delete a team, and with it the access it gives; its managers."""
        await teams.delete(principal.id, team_id)
        await outbox.deliver_now("team", str(team_id))

    @get("/{team_id:uuid}/members", operation_id="listTeamMembers", responses=problem_responses(NoSuchTeam, *ALWAYS))
    async def members(
        self,
        team_id: FromPath[UUID],
        principal: Caller,
        teams: NamedDependency[Teams],
        cursor: FromQuery[str | None] = None,
        limit: Limit = 50,
    ) -> TeamMemberPage:
        """Who is in a team, the longest first; for who is in it."""
        found = await teams.members(principal.id, team_id, after=start_of_members(cursor), limit=limit + 1)
        page = found[:limit]
        following = encode_cursor(MemberCursor(page[-1].added_at, page[-1].id)) if len(found) > limit else None
        return TeamMemberPage([_present_member(row) for row in page], following)

    @put(
        "/{team_id:uuid}/members",
        operation_id="putTeamMember",
        responses=problem_responses(
            NoSuchTeam, NoSuchPerson, ManagersOnly, LastManager, TooManyTeamMembers, TooManyTeams, *ALWAYS
        ),
    )
    async def put_member(
        self,
        team_id: FromPath[UUID],
        data: JSONBody[Membership],
        principal: Caller,
        teams: NamedDependency[Teams],
        outbox: NamedDependency[Outbox],
    ) -> TeamMember:
        """Take someone into a team, or change their role; its managers."""
        row = await teams.put_member(principal.id, team_id, parse_who(data), data.role)
        await outbox.deliver_now("team", str(team_id))
        return _present_member(row)

    @delete(
        "/{team_id:uuid}/members/{user_id:uuid}",
        operation_id="deleteTeamMember",
        responses=problem_responses(NoSuchTeam, NoSuchTeamMember, ManagersOnly, LastManager, *ALWAYS),
    )
    async def remove_member(
        self,
        team_id: FromPath[UUID],
        user_id: FromPath[UUID],
        principal: Caller,
        teams: NamedDependency[Teams],
        outbox: NamedDependency[Outbox],
    ) -> None:
        """Remove someone from a team, by its managers, or leave it."""
        await teams.remove_member(principal.id, team_id, user_id)
        await outbox.deliver_now("team", str(team_id))


def _answer(row: TeamRow) -> Response[Team]:
    return Response(_present(row), headers=etag(row.version))


def _present(row: TeamRow) -> Team:
    return Team(id=row.id, name=row.name, role=row.role, member_count=row.member_count, created_at=row.created_at)


def _present_member(row: MemberRow) -> TeamMember:
    return TeamMember(
        user=TeamPerson(
            id=row.id,
            name=row.name,
            email=row.email,
            color=row.color,
            avatar_url=avatar_url(row.id, row.avatar_hash),
        ),
        role=row.role,
        added_at=row.added_at,
    )
