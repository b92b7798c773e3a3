"""What the auth service reads and answers."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

__all__ = [
    "Credentials",
    "Email",
    "Issued",
    "Name",
    "NewPassword",
    "Registration",
    "RegistrationPending",
    "Session",
    "SessionUser",
]

Email = Annotated[
    str, Meta(description="An e-mail address; upper and lower case are the same.", examples=["ada@example.org"])
]
NewPassword = Annotated[str, Meta(description="8 to 256 characters, any of them.", examples=["correct horse battery"])]
Name = Annotated[str, Meta(description="What other people see, 1 to 80 characters.", examples=["Ada Lovelace"])]


class Registration(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    email: Email
    password: NewPassword
    name: Name


class Credentials(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    email: Email
    password: str


class SessionUser(Struct, frozen=True):
    id: UUID
    email: str


class Session(Struct, frozen=True, kw_only=True):
    """A signed-in person; send `access_token` as `Authorization: Bearer`, and refresh before it expires."""

    access_token: str
    expires_in_s: int
    user: SessionUser


class RegistrationPending(Struct, frozen=True, kw_only=True):
    """The same for everybody: what comes next is said in a mail to `email`."""

    email: str


class Issued(Struct, frozen=True):
    """A session's two tokens: one for the body, one for the cookie."""

    session: Session
    refresh_token: str
