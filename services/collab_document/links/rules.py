"""The rules of links, as functions of their input alone."""

import hashlib
import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

from collab_document.problems import NoSuchLink
from collab_kit.errors import FieldError, InvalidRequest
from collab_kit.tokens import Role

__all__ = [
    "MAX_LINKS",
    "guest_id",
    "hash_of",
    "new_token",
    "parse_expiry",
    "parse_guest_name",
    "parse_password",
    "seconds_left",
    "stronger",
]

MAX_LINKS: Final = 50
MIN_PASSWORD_CHARS: Final = 6
MAX_PASSWORD_CHARS: Final = 128
MAX_GUEST_NAME_CHARS: Final = 60
GUEST_NAME: Final = "Guest"
_MAX_LIFE: Final = timedelta(days=3650)
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_STRENGTH: Final[tuple[Role, ...]] = ("owner", "editor", "commenter", "viewer")


def new_token() -> str:
    """32 random bytes, as 43 characters that need no escaping in an address."""
    return secrets.token_urlsafe(32)


def hash_of(token: str) -> bytes:
    """What a token is looked up by. Raises `NoSuchLink` for what `new_token` did not make."""
    if _TOKEN.fullmatch(token) is None:
        raise NoSuchLink
    return hashlib.sha256(token.encode()).digest()


def parse_password(password: str) -> str:
    """Raises `InvalidRequest`."""
    if not MIN_PASSWORD_CHARS <= len(password) <= MAX_PASSWORD_CHARS or not is_text(password):
        error = FieldError("password", f"Expected {MIN_PASSWORD_CHARS} to {MAX_PASSWORD_CHARS} characters.")
        raise InvalidRequest("The password is not valid.", errors=[error])
    return password


def guest_id(link: UUID, key: str) -> UUID:
    """The same for the same key, which cannot be told from it. Raises `InvalidRequest`."""
    if _TOKEN.fullmatch(key) is None:
        raise InvalidRequest("The guest is not valid.", errors=[FieldError("guest.key", "Expected 43 characters.")])
    return uuid5(link, key)


def parse_guest_name(name: str) -> str:
    """White space folded; nothing is "Guest". Raises `InvalidRequest`."""
    name = " ".join(name.split())
    if len(name) > MAX_GUEST_NAME_CHARS or not name.isprintable() or not is_text(name):
        expected = f"Expected at most {MAX_GUEST_NAME_CHARS} printable characters."
        raise InvalidRequest("The guest is not valid.", errors=[FieldError("guest.name", expected)])
    return name or GUEST_NAME


def is_text(value: str) -> bool:
    """Whether it can be encoded: JSON can hold halves of characters."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def parse_expiry(expires_at: datetime, now: datetime) -> datetime:
    """Raises `InvalidRequest`."""
    if expires_at.tzinfo is None or not now < expires_at <= now + _MAX_LIFE:
        error = FieldError("expires_at", "Expected a time with its zone, in the future and within ten years.")
        raise InvalidRequest("The expiry is not valid.", errors=[error])
    return expires_at.astimezone(UTC)


def stronger(one: Role, other: Role | None) -> Role:
    return one if other is None or _STRENGTH.index(one) < _STRENGTH.index(other) else other


def seconds_left(expires_at: datetime | None, now: datetime) -> int | None:
    """Whole seconds, at least one; `None` when there is no end."""
    return None if expires_at is None else max(1, int((expires_at - now).total_seconds()))
