"""What the user service reads and answers about profiles."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

__all__ = [
    "AccountProfile",
    "EmailNotifications",
    "InternalProfile",
    "Profile",
    "ProfileChange",
    "ProfileList",
    "ProfileRow",
    "PublicProfile",
]

Name = Annotated[str, Meta(description="What other people see, 1 to 80 characters.", examples=["Ada Lovelace"])]
Color = Annotated[str, Meta(description="Of the person's caret and avatar: #rrggbb.", examples=["#2563eb"])]
AvatarUrl = Annotated[
    str | None,
    Meta(description="Path of the picture, another one for each picture; `null` when there is none."),
]
EmailNotifications = Literal["all", "mentions", "none"]


class Profile(Struct, frozen=True, kw_only=True):
    """A person as they see themselves, and as people who work with them do."""

    id: UUID
    email: str
    name: Name
    color: Color
    avatar_url: AvatarUrl


class PublicProfile(Struct, frozen=True, kw_only=True):
    """A person as everyone who is signed in sees them."""

    id: UUID
    name: Name
    color: Color
    avatar_url: AvatarUrl


class InternalProfile(Struct, frozen=True, kw_only=True):
    """A person as the other services see them."""

    id: UUID
    email: str
    name: str
    color: str
    avatar_url: str | None
    disabled: bool
    claimed_at: datetime | None
    """Since when the account is of who has its address; what was made with it before may be another's. Mostly null."""
    email_notifications: EmailNotifications
    language: str | None


class ProfileChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays as it is."""

    name: Name | UnsetType = UNSET
    color: Color | UnsetType = UNSET


class AccountProfile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the auth service knows of an account; what it leaves out stays as it was."""

    email: str
    name: str
    is_admin: bool | None = None
    disabled: bool | None = None
    verified: bool | None = None
    version: Annotated[int, Meta(ge=0, le=2**62)] | None = None
    """Of the account: what is older than what is known is ignored."""
    claimed_at: datetime | None = None


class ProfileList(Struct, frozen=True):
    items: list[InternalProfile]


class ProfileRow(Struct, frozen=True, kw_only=True):
    """A profile as it is stored."""

    id: UUID
    email: str
    name: str
    color: str
    avatar_hash: str | None
    version: int
