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
    color: Annotated[str, Meta(description="#rrggbb; grey where the name is `null`.")]


def present_author(person: UUID, profiles: Mapping[UUID, Profile]) -> Author:
    profile = profiles.get(person)
    return Author(
        id=person,
        name=profile.name if profile else None,
        color=profile.color if profile else UNKNOWN_COLOR,
    )
