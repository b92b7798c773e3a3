"""The rules of versions and history, as functions of their input alone."""

from datetime import UTC, datetime
from typing import Final, TypeVar
from uuid import UUID

from msgspec import Struct

from collab_collaboration.history.problems import RoleTooLow
from collab_kit import cursors
from collab_kit.errors import FieldError, InvalidRequest
from collab_kit.tokens import Role

__all__ = [
    "FIRST_CLIENTS",
    "FIRST_SESSIONS",
    "FIRST_VERSIONS",
    "MAX_VERSIONS",
    "PAGE_LIMIT_MAX",
    "ClientCursor",
    "SessionCursor",
    "VersionCursor",
    "decode_cursor",
    "encode_cursor",
    "name_before_restoring",
    "parse_name",
    "require_role",
]

MAX_NAME_CHARS: Final = 200
MAX_VERSIONS: Final = 1000
PAGE_LIMIT_MAX: Final = 100

_VERSION: Final = 1
_NO_ID_AFTER: Final = UUID(int=2**128 - 1)


class VersionCursor(Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="versions"):
    """The last version of a page. The tag and the number first: a cursor of something else is refused, not misread."""

    version: int
    id: UUID


class SessionCursor(Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="sessions"):
    version: int
    began_at: datetime
    author: UUID


class ClientCursor(Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="clients"):
    version: int
    client: int


FIRST_VERSIONS: Final = VersionCursor(_VERSION, _NO_ID_AFTER)
FIRST_SESSIONS: Final = SessionCursor(_VERSION, datetime.max.replace(tzinfo=UTC), _NO_ID_AFTER)
FIRST_CLIENTS: Final = ClientCursor(_VERSION, -1)

CursorT = TypeVar("CursorT", VersionCursor, SessionCursor, ClientCursor)


def encode_cursor(cursor: VersionCursor | SessionCursor | ClientCursor) -> str:
    """Opaque to the client, who only hands it back."""
    return cursors.encode_cursor(cursor)


def decode_cursor(text: str | None, first: CursorT) -> CursorT:
    """`first` when there is none. Raises `InvalidRequest` for what `encode_cursor` did not make of the same kind."""
    if text is None:
        return first
    cursor = cursors.decode_cursor(text, type(first))
    if (
        cursor.version != _VERSION
        or (isinstance(cursor, SessionCursor) and cursor.began_at.tzinfo is None)
        or (isinstance(cursor, ClientCursor) and not -1 <= cursor.client < 2**63)
    ):
        raise cursors.wrong_cursor()
    return cursor


def parse_name(name: str) -> str:
    """White space folded into single blanks. Raises `InvalidRequest`."""
    name = " ".join(name.split())
    if not 0 < len(name) <= MAX_NAME_CHARS or not name.isprintable():
        error = FieldError("name", f"Expected 1 to {MAX_NAME_CHARS} printable characters.")
        raise InvalidRequest("The name is not valid.", errors=[error])
    return name


def name_before_restoring(version: str) -> str:
    """What the version is called that is kept when `version` is restored."""
    head, tail = "Before restoring “", "”"
    if version.startswith(head):
        head = "Before undoing: "
        tail = ""
    space = MAX_NAME_CHARS - len(head) - len(tail)
    return head + (version if len(version) <= space else version[: space - 1] + "…") + tail


def require_role(role: Role, *allowed: Role) -> None:
    """Raises `RoleTooLow`."""
    if role not in allowed:
        raise RoleTooLow(f"Expected the role {' or '.join(allowed)}; yours is {role}.")
