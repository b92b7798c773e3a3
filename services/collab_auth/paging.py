"""Cursors of lists that are read from the newest id to the oldest; opaque to the client, who only hands them back."""

from typing import Annotated, Final
from uuid import UUID

from litestar.params import QueryParameter
from msgspec import Struct

from collab_kit.cursors import decode_cursor, encode_cursor, wrong_cursor

__all__ = ["PAGE_LIMIT_MAX", "Limit", "after_of", "cursor_of"]

PAGE_LIMIT_MAX: Final = 100
Limit = Annotated[int, QueryParameter(ge=1, le=PAGE_LIMIT_MAX, description="Items on a page.")]

_NO_ID_AFTER: Final = UUID(int=2**128 - 1)


class _Cursor(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What list it is of comes first: a cursor of another list is refused, not misread."""

    kind: str
    id: UUID


def cursor_of(kind: str, last: UUID) -> str:
    return encode_cursor(_Cursor(kind, last))


def after_of(kind: str, cursor: str | None) -> UUID:
    """The id that the page starts below. Raises `InvalidRequest` for what `cursor_of` did not make of the same list."""
    if cursor is None:
        return _NO_ID_AFTER
    found = decode_cursor(cursor, _Cursor)
    if found.kind != kind:
        raise wrong_cursor()
    return found.id
