"""What the HTTP interface for versions and history reads and answers."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

__all__ = ["Client", "ClientPage", "EditSession", "HistoryPage", "Version", "VersionName", "VersionPage"]

Name = Annotated[str, Meta(description="1 to 200 printable characters.", examples=["Sent to the printer"])]
NextCursor = Annotated[str | None, Meta(description="What to ask for the next page with; `null` on the last.")]


class VersionName(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Name


class Version(Struct, frozen=True, kw_only=True):
    """A named snapshot. `authors` wrote since the version before; `sequence` is the last operation in it."""

    id: UUID
    name: Name
    sequence: int
    created_by: UUID
    created_at: datetime
    authors: list[UUID]
    size_bytes: int


class VersionPage(Struct, frozen=True):
    items: list[Version]
    next_cursor: NextCursor


class EditSession(Struct, frozen=True, kw_only=True):
    """What one person wrote with no pause of more than fifteen minutes; `operations` counts stored edits."""

    author: UUID
    began_at: datetime
    ended_at: datetime
    operations: int
    size_bytes: int


class HistoryPage(Struct, frozen=True):
    items: list[EditSession]
    next_cursor: NextCursor


class Client(Struct, frozen=True):
    """A Yjs client id, and the person who wrote as it."""

    client: int
    author: UUID


class ClientPage(Struct, frozen=True):
    items: list[Client]
    next_cursor: NextCursor
