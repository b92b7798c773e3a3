"""What the document service reads and answers about documents."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from collab_kit.tokens import Role

__all__ = [
    "Document",
    "DocumentChange",
    "DocumentPage",
    "Filter",
    "NewDocument",
    "Owner",
    "Person",
    "SharingRole",
    "Ticket",
]

Title = Annotated[str, Meta(description="At most 200 characters; may be empty.", examples=["Minutes of Monday"])]
OrNull = "`null` while the user service does not answer."
KnownName = Annotated[str | None, Meta(description=OrNull)]
KnownEmail = Annotated[str | None, Meta(description=OrNull)]
Color = Annotated[str, Meta(description="#rrggbb; grey while the user service does not answer.")]
AvatarUrl = Annotated[str | None, Meta(description="Path of the picture; `null` where there is none, or nobody knows.")]
SharingRole = Literal["editor", "commenter", "viewer"]
Filter = Literal["all", "mine", "shared", "favourites", "recent", "trash"]


class NewDocument(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    title: Title = ""
    folder: Annotated[UUID | None, Meta(description="One of the caller's own folders.")] = None


class DocumentChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays as it is."""

    title: Title | UnsetType = UNSET


class Owner(Struct, frozen=True, kw_only=True):
    id: UUID
    name: KnownName
    color: Color
    avatar_url: AvatarUrl


class Person(Struct, frozen=True, kw_only=True):
    id: UUID
    name: KnownName
    email: KnownEmail
    color: Color
    avatar_url: AvatarUrl


class Document(Struct, frozen=True, kw_only=True):
    """A document as one person sees it: `role`, `favourite`, `folder` and `opened_at` are that person's."""

    id: UUID
    title: str
    role: Annotated[Role, Meta(description="The strongest of what was given to the person and to their teams.")]
    owner: Owner
    created_at: datetime
    edited_at: datetime
    member_count: int
    team_count: int
    favourite: bool
    folder: UUID | None
    opened_at: datetime | None
    trashed_at: datetime | None
    expires_at: Annotated[datetime | None, Meta(description="When it is deleted for good, if it is in the trash.")]


class DocumentPage(Struct, frozen=True):
    """`next_cursor` is what to ask for the next page with, and `null` on the last."""

    items: list[Document]
    next_cursor: str | None


class Ticket(Struct, frozen=True, kw_only=True):
    """What a WebSocket client shows to edit the document at `path`; ask for a new one before `expires_in_s` is over."""

    ticket: str
    role: Role
    expires_in_s: int
    path: str
