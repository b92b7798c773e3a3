"""What the HTTP interface for teams reads and answers."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from collab_user.schemas import AvatarUrl

__all__ = [
    "MemberRole",
    "Membership",
    "NewTeam",
    "Team",
    "TeamChange",
    "TeamMember",
    "TeamMemberPage",
    "TeamName",
    "TeamPage",
    "TeamPerson",
]

TeamName = Annotated[str, Meta(description="1 to 80 characters.", examples=["Translators"])]
MemberRole = Literal["manager", "member"]
OpenEmail = Annotated[
    str | None,
    Meta(description="`null` where whoever added them did not know it."),
]


class NewTeam(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: TeamName


class TeamChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays as it is."""

    name: TeamName | UnsetType = UNSET


class Team(Struct, frozen=True, kw_only=True):
    """A team as one of its members sees it: `role` is that person's."""

    id: UUID
    name: str
    role: MemberRole
    member_count: int
    created_at: datetime


class TeamPage(Struct, frozen=True):
    """`next_cursor` is what to ask for the next page with, and `null` on the last."""

    items: list[Team]
    next_cursor: str | None


class TeamPerson(Struct, frozen=True, kw_only=True):
    id: UUID
    name: str
    email: OpenEmail
    color: str
    avatar_url: AvatarUrl


class TeamMember(Struct, frozen=True, kw_only=True):
    user: TeamPerson
    role: MemberRole
    added_at: datetime


class TeamMemberPage(Struct, frozen=True):
    """`next_cursor` is what to ask for the next page with, and `null` on the last."""

    items: list[TeamMember]
    next_cursor: str | None


class Membership(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Either `user_id` or `email` says who."""

    user_id: UUID | UnsetType = UNSET
    email: str | UnsetType = UNSET
    role: MemberRole
