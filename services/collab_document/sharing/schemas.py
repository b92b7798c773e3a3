"""What is read and answered about roles."""

from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from collab_document.schemas import Person, SharingRole
from collab_kit.tokens import Role

__all__ = [
    "AskedRoles",
    "Member",
    "MemberList",
    "NewOwner",
    "Roles",
    "Sharing",
    "Team",
    "TeamShare",
    "TeamState",
]


class Member(Struct, frozen=True, kw_only=True):
    user: Person
    role: Role


class Team(Struct, frozen=True, kw_only=True):
    id: UUID
    name: str
    member_count: int


class TeamShare(Struct, frozen=True, kw_only=True):
    team: Team
    role: SharingRole


class MemberList(Struct, frozen=True):
    """At most 500 people and 50 teams."""

    items: list[Member]
    teams: list[TeamShare]


class Sharing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """With exactly one of `email`, `user_id` and `team_id`."""

    role: SharingRole
    email: Annotated[str, Meta(max_length=320)] | UnsetType = UNSET
    user_id: UUID | UnsetType = UNSET
    team_id: Annotated[UUID, Meta(description="A team that the caller is in.")] | UnsetType = UNSET


class NewOwner(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    user_id: Annotated[UUID, Meta(description="Somebody who is a member, not only through a team.")]


class TeamState(Struct, frozen=True, kw_only=True):
    """A team as the user service knows it."""

    name: Annotated[str, Meta(max_length=1000)]
    version: Annotated[int, Meta(ge=0, le=2**63 - 1)]
    members: Annotated[list[UUID], Meta(max_length=20_000)]


class AskedRoles(Struct, frozen=True, kw_only=True):
    people: Annotated[list[UUID], Meta(max_length=10_000)] = []
    links: Annotated[list[UUID], Meta(max_length=10_000)] = []


class Roles(Struct, frozen=True, kw_only=True):
    """`null` where there is no role, or none any more; `gone`: nobody may open the document now."""

    gone: bool
    people: dict[UUID, Role | None]
    links: dict[UUID, Role | None]
