"""What the notifications' interface reads and answers."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from collab_document.authors import Author

__all__ = ["Kind", "MarkRead", "Notification", "NotificationCount", "NotificationPage", "Subject"]

Kind = Literal["mention", "reply", "shared", "ownership", "webhook-disabled"]


class Subject(Struct, frozen=True, kw_only=True):
    """The document that it is about."""

    id: UUID
    title: str


class Notification(Struct, frozen=True, kw_only=True):
    """`actor` did it; `excerpt` is the beginning of the comment that `thread` and `comment` name."""

    id: UUID
    kind: Kind
    actor: Author | None
    document: Subject | None
    thread: UUID | None
    comment: UUID | None
    webhook: UUID | None
    excerpt: str | None
    read: bool
    created_at: datetime


class NotificationPage(Struct, frozen=True):
    """`next_cursor` is what to ask for the next page with, and `null` on the last."""

    items: list[Notification]
    next_cursor: str | None


class NotificationCount(Struct, frozen=True):
    unread: Annotated[int, Meta(description="Counted up to 1000.")]


class MarkRead(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Either some or all."""

    ids: Annotated[list[UUID], Meta(max_length=100)] = []
    all: bool = False
