"""What the user service reads and answers."""

from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

__all__ = ["AccountProfile", "Profile", "ProfileChange", "ProfileList", "PublicProfile"]

Name = Annotated[str, Meta(description="What other people see, 1 to 80 characters.", examples=["Ada Lovelace"])]
Color = Annotated[str, Meta(description="Of the person's caret and avatar: #rrggbb.", examples=["#2563eb"])]


class Profile(Struct, frozen=True, kw_only=True):
    """A person as they see themselves, and as people who work with them do."""

    id: UUID
    email: str
    name: Name
    color: Color


class PublicProfile(Struct, frozen=True, kw_only=True):
    """A person as everyone who is signed in sees them."""

    id: UUID
    name: Name
    color: Color


class ProfileChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays as it is."""

    name: Name | UnsetType = UNSET
    color: Color | UnsetType = UNSET


class AccountProfile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the auth service knows of a new account."""

    email: str
    name: str


class ProfileList(Struct, frozen=True):
    items: list[Profile]
