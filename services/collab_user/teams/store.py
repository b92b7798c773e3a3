"""Teams as PostgreSQL has them, and the rules that hold however many people change them at once."""

from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec import Struct

from collab_kit.database import Connection, Database, execute, fetch_all, fetch_one, fetch_row, load_queries
from collab_user import queries
from collab_user.outbox import enqueue
from collab_user.problems import NoSuchPerson, PreconditionFailed, ProfilePending
from collab_user.settings import PeopleSearch
from collab_user.teams.problems import (
    IdempotencyKeyReused,
    LastManager,
    ManagersOnly,
    NoSuchTeam,
    NoSuchTeamMember,
    TooManyTeamMembers,
    TooManyTeams,
)
from collab_user.teams.rules import MAX_MEMBERS, MAX_TEAMS, MemberCursor, TeamCursor
from collab_user.teams.schemas import MemberRole

__all__ = ["MemberRow", "TeamNews", "TeamRow", "Teams"]


class Queries(Struct, frozen=True, kw_only=True):
    insert_team: str
    count_teams: str
    find_creation: str
    keep_creation: str
    purge_creations: str
    lock_team: str
    find_team: str
    list_teams: str
    rename_team: str
    touch_team: str
    delete_team: str
    find_addable: str
    find_role: str
    count_managers: str
    count_members: str
    put_member: str
    delete_member: str
    find_member: str
    list_members: str
    teams_of: str
    promote_longest: str
    forget_creations: str
    find_news: str


class TeamRow(Struct, frozen=True, kw_only=True):
    """A team as one of its members sees it."""

    id: UUID
    name: str
    version: int
    created_at: datetime
    role: MemberRole
    member_count: int


class MemberRow(Struct, frozen=True, kw_only=True):
    id: UUID
    name: str
    color: str
    avatar_hash: str | None
    role: MemberRole
    added_at: datetime
    email: str | None


class TeamNews(Struct, frozen=True):
    """What the document service is told."""

    name: str
    version: int
    members: list[UUID]


class Number(Struct, frozen=True):
    number: int


class Creation(Struct, frozen=True):
    team: UUID
    name: str
    created_at: datetime


class Addable(Struct, frozen=True):
    id: UUID
    email_known: bool


class Standing(Struct, frozen=True):
    role: MemberRole
    email_open: bool


class TeamId(Struct, frozen=True):
    id: UUID


SQL: Final = load_queries(Queries, "collab_user.teams")


class Teams:
    def __init__(self, database: Database, policy: PeopleSearch) -> None:
        self._database = database
        self._policy = policy

    async def create(self, caller: UUID, name: str, *, key: str | None) -> TeamRow:
        """With `key`, what that key made within the last day. Raises `IdempotencyKeyReused`, `TooManyTeams`."""
        async with self._database.transaction() as connection:
            await execute(connection, queries.SQL.lock_person, caller)
            if key is not None and (made := await fetch_one(connection, Creation, SQL.find_creation, caller, key)):
                if made.name != name:
                    raise IdempotencyKeyReused("Expected the same body as the first time; use a new key for another.")
                return TeamRow(
                    id=made.team, name=name, version=1, created_at=made.created_at, role="manager", member_count=1
                )
            await self._require_room(connection, caller)
            team = await fetch_one(connection, TeamRow, SQL.insert_team, caller, name)
            if team is None:
                raise ProfilePending("Try again in a moment.", retry_after_s=2)
            if key is not None:
                await execute(connection, SQL.keep_creation, caller, key, name, team.id)
            await enqueue(connection, "team", str(team.id), version=team.version)
        return team

    async def page(self, caller: UUID, *, after: TeamCursor, limit: int) -> list[TeamRow]:
        return await self._database.fetch_all(TeamRow, SQL.list_teams, caller, after.id, limit)

    async def get(self, caller: UUID, team: UUID) -> TeamRow:
        """Raises `NoSuchTeam`, also for who is not in it."""
        async with self._database.connection() as connection:
            return await self._find(connection, caller, team)

    async def rename(self, caller: UUID, team: UUID, name: str | None, *, versions: list[int] | None) -> TeamRow:
        """Raises `NoSuchTeam`, `ManagersOnly`, `PreconditionFailed`."""
        async with self._database.transaction() as connection:
            found = await self._lock_as_manager(connection, caller, team)
            if versions is not None and found.version not in versions:
                raise PreconditionFailed("Read the team again before you change it.")
            if name is None or name == found.name:
                return found
            renamed = await fetch_row(connection, Number, SQL.rename_team, team, name)
            await enqueue(connection, "team", str(team), version=renamed.number)
            return await self._find(connection, caller, team)

    async def delete(self, caller: UUID, team: UUID) -> None:
        """Raises `NoSuchTeam`, `ManagersOnly`."""
        async with self._database.transaction() as connection:
            found = await self._lock_as_manager(connection, caller, team)
            await execute(connection, SQL.delete_team, team)
            await enqueue(connection, "team", str(team), version=found.version + 1)

    async def members(self, caller: UUID, team: UUID, *, after: MemberCursor, limit: int) -> list[MemberRow]:
        """Raises `NoSuchTeam`."""
        async with self._database.connection() as connection:
            await self._find(connection, caller, team)
            return await fetch_all(
                connection, MemberRow, SQL.list_members, team, caller, after.added_at, after.person, limit
            )

    async def put_member(self, caller: UUID, team: UUID, who: UUID | str, role: MemberRole) -> MemberRow:
        """Raises `NoSuchTeam`, `ManagersOnly`, `NoSuchPerson`, `LastManager`, `TooManyTeamMembers`, `TooManyTeams`."""
        by_id, by_email = (who, None) if isinstance(who, UUID) else (None, who)
        # Once before the locks: a person is locked before a team, and only members may learn who is there.
        await self.get(caller, team)
        person = await self._database.fetch_one(Addable, SQL.find_addable, caller, by_id, by_email, self._policy)
        async with self._database.transaction() as connection:
            if person is not None:
                await execute(connection, queries.SQL.lock_person, person.id)
            await self._lock_as_manager(connection, caller, team)
            person = await fetch_one(connection, Addable, SQL.find_addable, caller, by_id, by_email, self._policy)
            if person is None:
                raise NoSuchPerson("Ask them to register first.")
            standing = await fetch_one(connection, Standing, SQL.find_role, team, person.id)
            if standing is None:
                members = await fetch_row(connection, Number, SQL.count_members, team)
                if members.number >= MAX_MEMBERS:
                    raise TooManyTeamMembers(f"At most {MAX_MEMBERS}.")
                await self._require_room(connection, person.id)
            elif standing.role == "manager" and role == "member":
                await self._require_another_manager(connection, team)
            await execute(connection, SQL.put_member, team, person.id, role, person.email_known)
            if standing is None or standing.role != role:
                await self._touch(connection, team)
            return await fetch_row(connection, MemberRow, SQL.find_member, team, caller, person.id)

    async def remove_member(self, caller: UUID, team: UUID, person: UUID) -> None:
        """By a manager, or leaving. Raises `NoSuchTeam`, `ManagersOnly`, `NoSuchTeamMember`, `LastManager`."""
        async with self._database.transaction() as connection:
            found = await self._lock(connection, caller, team)
            if person != caller and found.role != "manager":
                raise ManagersOnly
            standing = await fetch_one(connection, Standing, SQL.find_role, team, person)
            if standing is None:
                raise NoSuchTeamMember
            if standing.role == "manager":
                await self._require_another_manager(connection, team)
            await execute(connection, SQL.delete_member, team, person)
            await self._touch(connection, team)

    async def news(self, team: UUID) -> TeamNews | None:
        """`None` for a team that is gone."""
        return await self._database.fetch_one(TeamNews, SQL.find_news, team)

    async def leave_all(self, connection: Connection, person: UUID) -> None:
        """For a person who is erased, and locked by the caller: teams go on without them.

        Without its last manager a team is managed by who has been in it longest; without its last member it is no more.
        """
        for team in await fetch_all(connection, TeamId, SQL.teams_of, person):
            locked = await fetch_one(connection, Number, SQL.lock_team, team.id)
            if locked is None or not await execute(connection, SQL.delete_member, team.id, person):
                continue
            if not (await fetch_row(connection, Number, SQL.count_members, team.id)).number:
                await execute(connection, SQL.delete_team, team.id)
                await enqueue(connection, "team", str(team.id), version=locked.number + 1)
                continue
            if not (await fetch_row(connection, Number, SQL.count_managers, team.id)).number:
                await execute(connection, SQL.promote_longest, team.id)
            await self._touch(connection, team.id)
        await execute(connection, SQL.forget_creations, person)

    async def purge(self) -> None:
        """Forget the keys of creations of more than a day ago, a bounded number at once."""
        await self._database.execute(SQL.purge_creations)

    async def _find(self, connection: Connection, caller: UUID, team: UUID) -> TeamRow:
        found = await fetch_one(connection, TeamRow, SQL.find_team, team, caller)
        if found is None:
            raise NoSuchTeam
        return found

    async def _lock(self, connection: Connection, caller: UUID, team: UUID) -> TeamRow:
        # Two statements: the second one sees what was committed while the first waited for the lock.
        await execute(connection, SQL.lock_team, team)
        return await self._find(connection, caller, team)

    async def _lock_as_manager(self, connection: Connection, caller: UUID, team: UUID) -> TeamRow:
        found = await self._lock(connection, caller, team)
        if found.role != "manager":
            raise ManagersOnly
        return found

    async def _touch(self, connection: Connection, team: UUID) -> None:
        touched = await fetch_row(connection, Number, SQL.touch_team, team)
        await enqueue(connection, "team", str(team), version=touched.number)

    async def _require_room(self, connection: Connection, person: UUID) -> None:
        """For one more team; the person is locked, so that two at once do not find room for one each."""
        teams = await fetch_row(connection, Number, SQL.count_teams, person)
        if teams.number >= MAX_TEAMS:
            raise TooManyTeams(f"At most {MAX_TEAMS}.")

    async def _require_another_manager(self, connection: Connection, team: UUID) -> None:
        managers = await fetch_row(connection, Number, SQL.count_managers, team)
        if managers.number < 2:
            raise LastManager("Make somebody else a manager first, or delete the team.")
