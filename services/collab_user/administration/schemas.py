"""What the HTTP interface for administrators reads and answers."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from collab_user.schemas import AvatarUrl, Color

__all__ = ["Account", "AccountChange", "AccountPage", "State"]

State = Literal["active", "disabled", "admin", "unverified", "erasing"]


class Account(Struct, frozen=True, kw_only=True):
    """A person as administrators see them."""

    id: UUID
    email: str
    name: str
    is_admin: bool
    disabled: bool
    verified: bool
    created_at: datetime
    last_seen_at: Annotated[datetime | None, Meta(description="To the hour.")]
    erasing: Annotated[bool, Meta(description="They are to be erased, which is not finished yet.")]
    color: Color
    avatar_url: AvatarUrl


class AccountPage(Struct, frozen=True):
    """`next_cursor` is what to ask for the next page with, and `null` on the last."""

    items: list[Account]
    next_cursor: str | None


class AccountChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays as it is."""

    is_admin: bool | UnsetType = UNSET
    disabled: bool | UnsetType = UNSET
    name: str | UnsetType = UNSET
