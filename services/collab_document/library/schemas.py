"""What is read and answered about one person's own order."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

__all__ = ["Folder", "FolderChange", "FolderPage", "NewFolder", "Placing"]

Name = Annotated[str, Meta(description="1 to 200 characters.", examples=["Meetings"])]
Parent = Annotated[UUID | None, Meta(description="`null`: not inside another folder.")]


class NewFolder(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Name
    parent: Parent = None


class FolderChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays as it is."""

    name: Name | UnsetType = UNSET
    parent: UUID | UnsetType | None = UNSET


class Folder(Struct, frozen=True, kw_only=True):
    id: UUID
    name: str
    parent: Parent
    created_at: datetime


class FolderPage(Struct, frozen=True):
    """A parent may come after what is in it."""

    items: list[Folder]
    next_cursor: str | None


class Placing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    folder: Annotated[UUID | None, Meta(description="`null`: in none.")]
