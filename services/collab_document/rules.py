"""The rules of documents, as functions of their input alone."""

import re
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Final, Literal, TypeVar
from uuid import UUID

from msgspec import Struct

from collab_document.problems import PreconditionFailed
from collab_kit import cursors
from collab_kit.errors import FieldError, InvalidRequest

__all__ = [
    "FIRST_PAGE",
    "PAGE_LIMIT_MAX",
    "Cursor",
    "Listing",
    "ListingCursor",
    "decode",
    "decode_cursor",
    "encode_cursor",
    "etag_of",
    "expected_versions",
    "parse_key",
    "parse_name",
    "parse_title",
    "require_version",
]

MAX_TITLE_CHARS: Final = 200
MAX_KEY_CHARS: Final = 255
PAGE_LIMIT_MAX: Final = 100
_MAX_CURSOR_CHARS: Final = 500
_MAX_ETAGS: Final = 20

Listing = Literal["all", "mine", "shared", "favourites", "recent", "trash", "folder"]
"""Which documents a list shows; all but `favourites`, `recent` and `trash` are ordered by the last edit."""


class Cursor(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Where a page ended. `version` first, so that an old cursor is refused and not misread."""

    version: int


class ListingCursor(Cursor, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The last document of a page, and of which list: its place in another one would be nonsense."""

    listing: Listing
    at: datetime
    id: UUID


FIRST_PAGE: Final = ListingCursor(2, "all", datetime.max.replace(tzinfo=UTC), UUID(int=2**128 - 1))
"""Before every document there can be, in any list."""

CursorT = TypeVar("CursorT", bound=Cursor)


def decode(text: str, kind: type[CursorT], *, version: int) -> CursorT:
    """Raises `InvalidRequest` for what is no cursor of that kind and version."""
    if len(text) > _MAX_CURSOR_CHARS:
        raise cursors.wrong_cursor()
    cursor = cursors.decode_cursor(text, kind)
    if cursor.version != version:
        raise cursors.wrong_cursor()
    return cursor


def encode_cursor(listing: Listing, at: datetime, document: UUID) -> str:
    return cursors.encode_cursor(ListingCursor(2, listing, at, document))


def decode_cursor(text: str | None, listing: Listing) -> ListingCursor:
    """Raises `InvalidRequest` for what is no cursor of that list."""
    if text is None:
        return FIRST_PAGE
    cursor = decode(text, ListingCursor, version=2)
    if cursor.listing != listing or cursor.at.tzinfo is None:
        raise cursors.wrong_cursor()
    return cursor


def parse_title(title: str) -> str:
    """White space folded into single blanks. Raises `InvalidRequest`."""
    title = " ".join(title.split())
    if len(title) > MAX_TITLE_CHARS or not title.isprintable():
        error = FieldError("title", f"Expected at most {MAX_TITLE_CHARS} printable characters.")
        raise InvalidRequest("The title is not valid.", errors=[error])
    return title


def parse_name(name: str) -> str:
    """Of a folder: as a title, but not empty. Raises `InvalidRequest`."""
    name = " ".join(name.split())
    if not 0 < len(name) <= MAX_TITLE_CHARS or not name.isprintable():
        error = FieldError("name", f"Expected 1 to {MAX_TITLE_CHARS} printable characters.")
        raise InvalidRequest("The name is not valid.", errors=[error])
    return name


def parse_key(key: str | None) -> str | None:
    """Of the header `Idempotency-Key`. Raises `InvalidRequest`."""
    if key is not None and not (0 < len(key) <= MAX_KEY_CHARS and key.isascii() and key.isprintable()):
        error = FieldError("Idempotency-Key", f"Expected 1 to {MAX_KEY_CHARS} printable ASCII characters.")
        raise InvalidRequest("The Idempotency-Key is not valid.", errors=[error])
    return key


def etag_of(version: int) -> str:
    """Of what a person may change: it does not move with what happens beside that, such as another edit or member."""
    return f'"{version}"'


_ETAG: Final = re.compile(r'(?P<weak>W/)?"(?P<tag>[\x21\x23-\x7e\x80-\xff]*)"')


def expected_versions(if_match: str | None) -> frozenset[int] | None:
    """The versions that the header `If-Match` names; `None` is any. Raises `InvalidRequest` for what is no such header.

    Tags that are weak, or not ours, name none: the comparison is the strong one of RFC 9110.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    versions: set[int] = set()
    for part in if_match.split(",", _MAX_ETAGS):
        found = _ETAG.fullmatch(part.strip())
        if found is None:
            error = FieldError("If-Match", 'Expected the ETag of an earlier answer, for example "3".')
            raise InvalidRequest("The header If-Match is not valid.", errors=[error])
        # Of at most 18 digits: a version is a bigint.
        if found["weak"] is None and re.fullmatch(r"[0-9]{1,18}", found["tag"]):
            versions.add(int(found["tag"]))
    return frozenset(versions)


def require_version(expected: Collection[int] | None, version: int) -> None:
    """Raises `PreconditionFailed`."""
    if expected is not None and version not in expected:
        raise PreconditionFailed("Read it again, and repeat your change if it still makes sense.")
