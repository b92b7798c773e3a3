"""What is read and answered about one's account."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from collab_auth.schemas import Email, NewPassword

__all__ = [
    "AccountInfo",
    "EmailChange",
    "Forgotten",
    "MailQueued",
    "PasswordChange",
    "PasswordReset",
    "Proven",
    "Unverified",
]

Token = Annotated[str, Meta(min_length=1, max_length=200, description="What the mail's link has behind #token=.")]


class AccountInfo(Struct, frozen=True, kw_only=True):
    """One's account; `has_password` is false for who signs in elsewhere, `passkeys` is how many."""

    id: UUID
    email: str
    verified: bool
    is_admin: bool
    created_at: datetime
    has_password: bool
    totp: bool
    passkeys: int


class MailQueued(Struct, frozen=True, kw_only=True):
    """A mail is on its way, if there is anybody to send it to."""

    mail: Literal["queued"] = "queued"


class PasswordChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    current: str
    new: NewPassword


class EmailChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    email: Email
    password: str


class Forgotten(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    email: Email


class Unverified(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    email: Email


class Proven(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    token: Token


class PasswordReset(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    token: Token
    password: NewPassword
