"""Who wrote or did something, as everybody who sees it may know them."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from collab_document.people import UNKNOWN_COLOR, Profile

__all__ = ["Author", "present_author"]


class Author(Struct, frozen=True, kw_only=True):
    id: UUID
    name: Annotated[str | None, Meta(description="`null` while the user service does not answer, or for nobody.")]
    is_guest: Annotated[bool, Meta(description="Came by a share link, without an account; the name is their own.")] = (
        False
    )
    color: Annotated[str, Meta(description="#rrggbb; grey where the name is `null`.")]
    avatar_url: Annotated[str | None, Meta(description="Path of the picture; `null` where there is none.")]


def present_author(person: UUID, profiles: Mapping[UUID, Profile], *, guest_name: str | None = None) -> Author:
    if guest_name is not None:
        return Author(id=person, name=guest_name, color=UNKNOWN_COLOR, avatar_url=None, is_guest=True)
    profile = profiles.get(person)
    return Author(
        id=person,
        name=profile.name if profile else None,
        color=profile.color if profile else UNKNOWN_COLOR,
        avatar_url=profile.avatar_url if profile else None,
    )
