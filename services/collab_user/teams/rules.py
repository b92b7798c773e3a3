"""The rules of teams, as functions of their input alone."""

import re
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from msgspec import UnsetType

from collab_kit.errors import FieldError, InvalidRequest
from collab_user.cursors import Cursor, decode_cursor
from collab_user.teams.schemas import Membership

__all__ = [
    "MAX_MEMBERS",
    "MAX_TEAMS",
    "PAGE_LIMIT_MAX",
    "MemberCursor",
    "TeamCursor",
    "parse_idempotency_key",
    "parse_who",
    "start_of_members",
    "start_of_teams",
]

MAX_TEAMS: Final = 200
"""Of one person."""
MAX_MEMBERS: Final = 1000
PAGE_LIMIT_MAX: Final = 100
MAX_EMAIL_CHARS: Final = 254

_KEY = re.compile(r"[\x21-\x7e]{1,255}")


class TeamCursor(Cursor, frozen=True, array_like=True, forbid_unknown_fields=True, tag="teams-1"):
    """The last team of a page."""

    id: UUID


class MemberCursor(Cursor, frozen=True, array_like=True, forbid_unknown_fields=True, tag="team-members-1"):
    added_at: datetime
    person: UUID


def start_of_teams(cursor: str | None) -> TeamCursor:
    """Newest first. Raises `InvalidRequest`."""
    return decode_cursor(cursor, TeamCursor) or TeamCursor(UUID(int=2**128 - 1))


def start_of_members(cursor: str | None) -> MemberCursor:
    """Who has been there longest first. Raises `InvalidRequest`."""
    after = decode_cursor(cursor, MemberCursor) or MemberCursor(datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0))
    # A made-up one at the ends of the calendar would have no time in UTC.
    if after.added_at.tzinfo is None or not 1900 < after.added_at.year < 9000:
        error = FieldError("cursor", "Expected the next_cursor of an earlier page.")
        raise InvalidRequest("The cursor is not valid.", errors=[error])
    return after


def parse_who(membership: Membership) -> UUID | str:
    """An id or an e-mail address. Raises `InvalidRequest`."""
    by_id, by_email = membership.user_id, membership.email
    if isinstance(by_id, UnsetType) == isinstance(by_email, UnsetType):
        error = FieldError("user_id", "Expected either user_id or email.")
        raise InvalidRequest("Say who it is, in one way.", errors=[error])
    if not isinstance(by_id, UnsetType):
        return by_id
    email = str(by_email).strip().lower()
    if not 3 <= len(email) <= MAX_EMAIL_CHARS or "@" not in email or not email.isprintable():
        raise InvalidRequest("Say who it is.", errors=[FieldError("email", "Expected an e-mail address.")])
    return email


def parse_idempotency_key(key: str | None) -> str | None:
    """Raises `InvalidRequest`."""
    if key is not None and not _KEY.fullmatch(key):
        error = FieldError("Idempotency-Key", "Expected 1 to 255 visible ASCII characters, for example a UUID.")
        raise InvalidRequest("The Idempotency-Key is not valid.", errors=[error])
    return key
