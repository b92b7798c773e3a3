"""Who gives which role to whom. A change holds the document's lock, and tells collaboration when it is committed."""

from typing import Final
from uuid import UUID

from msgspec import UnsetType

from collab_document.access import Access, role_in
from collab_document.people import People, Profile
from collab_document.presenting import present_person
from collab_document.problems import (
    NoSuchDocument,
    NoSuchMember,
    NoSuchPerson,
    NoSuchTeam,
    OwnerRoleFixed,
    RoleTooLow,
    TooManyMembers,
)
from collab_document.queries import SQL, CountRow, IdRow, LockedRow
from collab_document.schemas import SharingRole
from collab_document.sharing.schemas import Member, MemberList, Roles, Sharing, Team, TeamShare
from collab_document.sharing.store import SHARING_SQL, MaybeRoleRow, MemberRow, TeamRow, TeamShareRow
from collab_document.talk import emit, notify
from collab_kit.database import Connection, Database, execute, fetch_one, fetch_row
from collab_kit.errors import FieldError, InvalidRequest
from collab_kit.events import AccessChanged, MemberChanged, Publisher
from collab_kit.guard import Principal

__all__ = ["SharingService"]

MAX_MEMBERS: Final = 500
MAX_TEAMS: Final = 50


class SharingService:
    """Every method raises `StoreUnavailable`."""

    def __init__(self, *, database: Database, access: Access, people: People, events: Publisher) -> None:
        self._database = database
        self._access = access
        self._people = people
        self._events = events

    async def members(self, caller: Principal, document: UUID) -> MemberList:
        """Raises `NoSuchDocument`."""
        await self._access.require(caller, document)
        rows = await self._database.fetch_all(MemberRow, SHARING_SQL.list_members, document, MAX_MEMBERS)
        teams = await self._database.fetch_all(TeamShareRow, SHARING_SQL.list_teams, document, MAX_TEAMS)
        people = await self._people.find(row.user_id for row in rows)
        return MemberList(
            [Member(user=present_person(row.user_id, people.get(row.user_id)), role=row.role) for row in rows],
            [TeamShare(team=_present_team(row), role=row.role) for row in teams],
        )

    async def share(self, caller: Principal, document: UUID, sharing: Sharing) -> Member | TeamShare:
        """Give someone, or a team, a role, or another one.

        Raises:
            InvalidRequest: it names nobody, or more than one.
            NoSuchDocument, RoleTooLow: as the caller's own role says.
            NoSuchPerson, NoSuchTeam: there is nobody to give it to.
            OwnerRoleFixed: it is the owner's own.
            TooManyMembers: there are as many as there can be.
            PeerUnavailable: the user service cannot say who it is.
        """
        named = [
            field for field in ("email", "user_id", "team_id") if not isinstance(getattr(sharing, field), UnsetType)
        ]
        if len(named) != 1:
            error = FieldError(named[-1] if named else "email", "Expected exactly one of email, user_id and team_id.")
            raise InvalidRequest("Say whom to share with.", errors=[error])
        # Before anybody is looked up: only who may share learns who has an account.
        await self._access.require(caller, document, "owner")
        if not isinstance(sharing.team_id, UnsetType):
            return await self._share_with_team(caller, document, sharing.team_id, sharing.role)
        if isinstance(sharing.user_id, UUID):
            person = await self._people.find_by_id(sharing.user_id)
        else:
            person = await self._people.find_by_email(str(sharing.email))
        if person is None:
            raise NoSuchPerson("Ask them to register first.")
        return await self._share_with(caller, document, person, sharing.role)

    async def _share_with(self, caller: Principal, document: UUID, person: Profile, role: SharingRole) -> Member:
        if person.id == caller.id:
            raise OwnerRoleFixed("You own this document; share it with someone else.")
        async with self._database.transaction() as connection:
            await _lock(connection, document)
            await role_in(connection, caller, document, "owner")
            count = await fetch_row(connection, CountRow, SHARING_SQL.count_other_members, document, person.id)
            if count.number >= MAX_MEMBERS:
                raise TooManyMembers(f"At most {MAX_MEMBERS}.")
            await execute(connection, SHARING_SQL.put_member, document, person.id, role)
            await notify(connection, kind="shared", people=[person.id], document=document, actor=caller.id)
            await _emit(connection, document, caller, member=person.id, role=role)
        await self._tell(document, person.id)
        return Member(user=present_person(person.id, person), role=role)

    async def _share_with_team(self, caller: Principal, document: UUID, team: UUID, role: SharingRole) -> TeamShare:
        async with self._database.transaction() as connection:
            await _lock(connection, document)
            await role_in(connection, caller, document, "owner")
            found = await fetch_one(connection, TeamRow, SHARING_SQL.find_team, team, caller.id)
            if found is None:
                raise NoSuchTeam
            count = await fetch_row(connection, CountRow, SHARING_SQL.count_other_teams, document, team)
            if count.number >= MAX_TEAMS:
                raise TooManyMembers(f"At most {MAX_TEAMS} teams.")
            await execute(connection, SHARING_SQL.put_team, document, team, role)
            await _emit(connection, document, caller, team=team, role=role)
        await self._events.publish(AccessChanged(document))
        return TeamShare(team=_present_team(found), role=role)

    async def remove_member(self, caller: Principal, document: UUID, person: UUID) -> None:
        """Raises `NoSuchDocument`, `RoleTooLow`, `NoSuchMember`, or `OwnerRoleFixed` for the owner leaving."""
        async with self._database.transaction() as connection:
            await _lock(connection, document)
            role = await role_in(connection, caller, document)
            if person == caller.id and role == "owner":
                raise OwnerRoleFixed("Hand it over first, or delete the document.")
            if person != caller.id and role != "owner":
                raise RoleTooLow("Only its owner may remove other people.")
            if not await execute(connection, SHARING_SQL.delete_member, document, person):
                raise NoSuchMember
            await _emit(connection, document, caller, member=person, role=None)
        await self._tell(document, person)

    async def remove_team(self, caller: Principal, document: UUID, team: UUID) -> None:
        """Raises `NoSuchDocument`, `RoleTooLow` or `NoSuchTeam`."""
        async with self._database.transaction() as connection:
            await _lock(connection, document)
            await role_in(connection, caller, document, "owner")
            if not await execute(connection, SHARING_SQL.delete_team, document, team):
                raise NoSuchTeam("The document is not shared with this team.")
            await _emit(connection, document, caller, team=team, role=None)
        await self._events.publish(AccessChanged(document))

    async def hand_over(self, caller: Principal, document: UUID, person: UUID) -> None:
        """Make a member the owner; who was it stays as an editor.

        Raises `NoSuchDocument`, `RoleTooLow`, `NoSuchMember`, or `OwnerRoleFixed` for who is the owner already.
        """
        async with self._database.transaction() as connection:
            await _lock(connection, document)
            await role_in(connection, caller, document, "owner")
            if person == caller.id:
                raise OwnerRoleFixed("You own this document already.")
            # One after the other: at no moment are there two owners.
            await execute(connection, SHARING_SQL.set_role, document, caller.id, "editor")
            if not await execute(connection, SHARING_SQL.set_role, document, person, "owner"):
                raise NoSuchMember("Share it with them first.")
            await notify(connection, kind="ownership", people=[person], document=document, actor=caller.id)
            await _emit(connection, document, caller, member=person, role="owner")
            await _emit(connection, document, caller, member=caller.id, role="editor")
        await self._tell(document, person)
        await self._tell(document, caller.id)

    async def roles(self, document: UUID, *, people: list[UUID], links: list[UUID]) -> Roles:
        """For collaboration: who of those it has connections of may still do what."""
        async with self._database.connection() as connection:
            live = await fetch_one(connection, IdRow, SHARING_SQL.find_live_document, document)
        of_people = await self._database.fetch_all(MaybeRoleRow, SHARING_SQL.roles_of_people, document, people)
        of_links = await self._database.fetch_all(MaybeRoleRow, SHARING_SQL.roles_of_links, document, links)
        return Roles(
            gone=live is None,
            people={row.id: row.role for row in of_people},
            links={row.id: row.role for row in of_links},
        )

    async def _tell(self, document: UUID, person: UUID) -> None:
        # What is theirs now, which may be something else than was given: a team may give more.
        await self._events.publish(MemberChanged(document, person, await self._access.role(person, document)))


async def _emit(
    connection: Connection,
    document: UUID,
    caller: Principal,
    *,
    role: str | None,
    member: UUID | None = None,
    team: UUID | None = None,
) -> None:
    who = {"team": str(team)} if member is None else {"member": str(member)}
    await emit(connection, "member.changed", document=document, by=caller.id, data={**who, "role": role})


async def _lock(connection: Connection, document: UUID) -> None:
    if await fetch_one(connection, LockedRow, SQL.lock_document, document) is None:
        raise NoSuchDocument


def _present_team(row: TeamRow | TeamShareRow) -> Team:
    return Team(id=row.id, name=row.name, member_count=row.member_count)
