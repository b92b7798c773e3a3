"""Cursors of lists that are read from the newest id to the oldest; opaque to the client, who only hands them back."""

import base64
import binascii
from typing import Annotated, Final
from uuid import UUID

import msgspec
from litestar.params import QueryParameter
from msgspec import Struct

from collab_kit.errors import FieldError, InvalidRequest

__all__ = ["PAGE_LIMIT_MAX", "Limit", "after_of", "cursor_of"]

PAGE_LIMIT_MAX: Final = 100
Limit = Annotated[int, QueryParameter(ge=1, le=PAGE_LIMIT_MAX, description="Items on a page.")]

_NO_ID_AFTER: Final = UUID(int=2**128 - 1)


class _Cursor(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What list it is of comes first: a cursor of another list is refused, not misread."""

    kind: str
    id: UUID


def cursor_of(kind: str, last: UUID) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(_Cursor(kind, last))).rstrip(b"=").decode()


def after_of(kind: str, cursor: str | None) -> UUID:
    """The id that the page starts below. Raises `InvalidRequest` for what `cursor_of` did not make of the same list."""
    if cursor is None:
        return _NO_ID_AFTER
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        found = msgspec.json.decode(raw, type=_Cursor)
    except (binascii.Error, ValueError, msgspec.DecodeError):
        found = None
    if found is None or found.kind != kind:
        error = FieldError("cursor", "Expected the next_cursor of an earlier page.")
        raise InvalidRequest("The cursor is not valid.", errors=[error])
    return found.id
