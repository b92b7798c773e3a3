"""Pages of lists in the order of their UUIDv7 ids, by a cursor that names the list it belongs to."""

from typing import Final
from uuid import UUID

from msgspec import Struct

from collab_kit.cursors import decode_cursor, encode_cursor, wrong_cursor

__all__ = ["AFTER_ALL", "BEFORE_ALL", "decode_id_cursor", "encode_id_cursor"]

_VERSION: Final = 1
BEFORE_ALL: Final = UUID(int=0)
"""Where a list in ascending order begins."""
AFTER_ALL: Final = UUID(int=2**128 - 1)
"""Where a list in descending order begins."""


class _Cursor(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The last item of a page. Version and list first: a cursor of something else is refused, not misread."""

    version: int
    kind: str
    id: UUID


def encode_id_cursor(kind: str, last: UUID) -> str:
    """Opaque to the client, who only hands it back."""
    return encode_cursor(_Cursor(_VERSION, kind, last))


def decode_id_cursor(kind: str, text: str | None, *, first: UUID) -> UUID:
    """`first` when there is none. Raises `InvalidRequest` for what `encode_id_cursor` did not make of the same kind."""
    if text is None:
        return first
    cursor = decode_cursor(text, _Cursor)
    if (cursor.version, cursor.kind) != (_VERSION, kind):
        raise wrong_cursor()
    return cursor.id
