"""What people search answers."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from collab_user.schemas import AvatarUrl

__all__ = ["FoundPeople", "FoundPerson"]

OpenEmail = Annotated[
    str | None,
    Meta(description="To who shares a team with them, or asked for exactly this address; else `null`."),
]


class FoundPerson(Struct, frozen=True, kw_only=True):
    id: UUID
    name: str
    email: OpenEmail
    color: str
    avatar_url: AvatarUrl


class FoundPeople(Struct, frozen=True):
    """The likeliest first. There is no next page: whoever is missing is found with more letters."""

    items: list[FoundPerson]
