"""What the document service reads and answers."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from collab_kit.tokens import Role

__all__ = [
    "Document",
    "DocumentChange",
    "DocumentPage",
    "Member",
    "MemberList",
    "NewDocument",
    "Owner",
    "Person",
    "Sharing",
    "SharingRole",
    "Ticket",
]

Title = Annotated[str, Meta(description="At most 200 characters; may be empty.", examples=["Minutes of Monday"])]
OrNull = "`null` while the user service does not answer."
KnownName = Annotated[str | None, Meta(description=OrNull)]
KnownEmail = Annotated[str | None, Meta(description=OrNull)]
Color = Annotated[str, Meta(description="#rrggbb; grey while the user service does not answer.")]
SharingRole = Literal["editor", "commenter", "viewer"]


class NewDocument(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    title: Title = ""


class DocumentChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays as it is."""

    title: Title | UnsetType = UNSET


class Owner(Struct, frozen=True, kw_only=True):
    id: UUID
    name: KnownName
    color: Color


class Person(Struct, frozen=True, kw_only=True):
    id: UUID
    name: KnownName
    email: KnownEmail
    color: Color


class Document(Struct, frozen=True, kw_only=True):
    """A document as one person sees it: `role` is that person's."""

    id: UUID
    title: str
    role: Role
    owner: Owner
    created_at: datetime
    edited_at: datetime
    member_count: int


class DocumentPage(Struct, frozen=True):
    """`next_cursor` is what to ask for the next page with, and `null` on the last."""

    items: list[Document]
    next_cursor: str | None


class Member(Struct, frozen=True):
    user: Person
    role: Role


class MemberList(Struct, frozen=True):
    items: list[Member]


class Sharing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    email: str
    role: SharingRole


class Ticket(Struct, frozen=True, kw_only=True):
    """What a WebSocket client shows to edit the document at `path`; ask for a new one before `expires_in_s` is over."""

    ticket: str
    role: Role
    expires_in_s: int
    path: str
