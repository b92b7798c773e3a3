"""The rules of documents, as functions of their input alone."""

import base64
import binascii
from datetime import UTC, datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from collab_kit.errors import FieldError, InvalidRequest

__all__ = ["FIRST_PAGE", "PAGE_LIMIT_MAX", "Cursor", "decode_cursor", "encode_cursor", "parse_title"]

MAX_TITLE_CHARS = 200
PAGE_LIMIT_MAX = 100


class Cursor(Struct, frozen=True, array_like=True):
    """The last document of a page. `version` first, so that an old cursor is refused and not misread."""

    version: int
    edited_at: datetime
    id: UUID


FIRST_PAGE = Cursor(1, datetime.max.replace(tzinfo=UTC), UUID(int=2**128 - 1))
"""Before every document there can be."""


def encode_cursor(edited_at: datetime, document: UUID) -> str:
    """Opaque to the client, who only hands it back."""
    return base64.urlsafe_b64encode(msgspec.json.encode(Cursor(1, edited_at, document))).rstrip(b"=").decode()


def decode_cursor(text: str | None) -> Cursor:
    """Raises `InvalidRequest` for what `encode_cursor` did not make."""
    if text is None:
        return FIRST_PAGE
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        cursor = msgspec.json.decode(raw, type=Cursor)
    except (binascii.Error, ValueError, msgspec.DecodeError):
        cursor = None
    if cursor is None or cursor.version != 1 or cursor.edited_at.tzinfo is None:
        error = FieldError("cursor", "Expected the next_cursor of an earlier page.")
        raise InvalidRequest("The cursor is not valid.", errors=[error])
    return cursor


def parse_title(title: str) -> str:
    """White space folded into single blanks. Raises `InvalidRequest`."""
    title = " ".join(title.split())
    if len(title) > MAX_TITLE_CHARS or not title.isprintable():
        error = FieldError("title", f"Expected at most {MAX_TITLE_CHARS} printable characters.")
        raise InvalidRequest("The title is not valid.", errors=[error])
    return title
