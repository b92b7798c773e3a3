"""What is read and answered about links."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType, field

from collab_document.schemas import SharingRole
from collab_kit.tokens import Role

__all__ = ["Guest", "Link", "LinkChange", "LinkList", "LinkedDocument", "NewLink", "OpenedLink", "Opening"]

Password = Annotated[str, Meta(description="6 to 128 characters.")]
Expiry = Annotated[datetime, Meta(description="In the future, with its zone.")]


class NewLink(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    role: SharingRole
    password: Password | None = None
    expires_at: Expiry | None = None


class LinkChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays as it is; `null` takes the password or the expiry away."""

    role: SharingRole | UnsetType = UNSET
    password: Password | UnsetType | None = UNSET
    expires_at: Expiry | UnsetType | None = UNSET


class Link(Struct, frozen=True, kw_only=True):
    id: UUID
    role: SharingRole
    has_password: bool
    expires_at: datetime | None
    created_at: datetime
    url: Annotated[str | None, Meta(description="`null` when the service has another signing key since.")]
    token: Annotated[str | None, Meta(description="What `url` has behind `#`.")]


class LinkList(Struct, frozen=True):
    """At most 50."""

    items: list[Link]


class Guest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whoever has no account: known by `name`, and recognised by `key` when they come again."""

    key: Annotated[str, Meta(description="32 random bytes in base64url, which only this guest knows.")]
    name: Annotated[str, Meta(description="At most 60 characters; empty is “Guest”.")] = ""


class Opening(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The token is in the body, and in the link's address behind `#`: neither comes into any log."""

    token: Annotated[str, Meta(min_length=1, max_length=200)]
    password: Annotated[str, Meta(max_length=128)] | None = None
    guest: Guest | None = None


class LinkedDocument(Struct, frozen=True, kw_only=True):
    id: UUID
    title: str


class OpenedLink(Struct, frozen=True, kw_only=True):
    """A ticket as `createTicket` gives it, and a pass; open the link again for others.

    `pass` is the access token of the routes below `/api/documents/linked`, for comments and attachments, and `null`
    where the caller's own role is as strong: other routes have more for them.
    """

    document: LinkedDocument
    ticket: str
    role: Annotated[Role, Meta(description="The link's, or the caller's own where that is stronger.")]
    expires_in_s: int
    path: str
    person: Annotated[UUID, Meta(description="Who the caller is, as in comments: of a guest an id of nobody's.")]
    name: str
    visitor_pass: str | None = field(name="pass")
