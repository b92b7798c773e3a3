"""What the HTTP interface for versions and history reads and answers."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct

__all__ = [
    "BlockStatus",
    "ChangedBlock",
    "ChangedRun",
    "Client",
    "ClientPage",
    "Difference",
    "EditSession",
    "HistoryPage",
    "Mark",
    "Restored",
    "RunStatus",
    "Version",
    "VersionName",
    "VersionPage",
]

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


class Mark(Struct, frozen=True, omit_defaults=True):
    """As in the editor's JSON: `bold`, `link` with its address and the like."""

    type: str
    attrs: dict[str, Any] = {}

    def __hash__(self) -> int:
        return hash(self.type)


RunStatus = Literal["kept", "inserted", "deleted", "changed"]
BlockStatus = Literal["unchanged", "inserted", "deleted", "changed", "folded"]


class ChangedRun(Struct, omit_defaults=True):
    """A piece of a block's text; a line break is `\\n`. `changed`: the text is the same, its marks were others."""

    status: RunStatus
    text: str
    marks: list[Mark] = []
    marks_before: list[Mark] | None = None


class ChangedBlock(Struct, kw_only=True, omit_defaults=True):
    """A node of the editor's JSON: with `runs` where it holds text, with `blocks` where it holds blocks.

    `changed` blocks have what they were in `type_before` and `attrs_before`, where that is another. `folded` is no
    block, but stands for `count` unchanged ones.
    """

    status: BlockStatus
    type: str
    attrs: dict[str, Any] = {}
    type_before: str | None = None
    attrs_before: dict[str, Any] | None = None
    runs: list[ChangedRun] | None = None
    blocks: "list[ChangedBlock] | None" = None
    count: int = 0


class Difference(Struct, frozen=True, kw_only=True):
    """What makes the text of the version `before` into that of `after`: a version, or `null` for the present."""

    before: UUID
    after: UUID | None
    sequence: int
    """The last operation that is in `after`."""
    same: bool
    inserted_chars: int
    deleted_chars: int
    blocks: list[ChangedBlock]


class Restored(Struct, frozen=True):
    """`before`: a version of the text as it was until then; `null` where it was the version's already."""

    before: Version | None
