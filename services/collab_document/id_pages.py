"""Pages of lists in the order of their UUIDv7 ids, by a cursor that names the list it belongs to."""

import base64
import binascii
from typing import Final
from uuid import UUID

import msgspec
from msgspec import Struct

from collab_kit.errors import FieldError, InvalidRequest

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
    return base64.urlsafe_b64encode(msgspec.json.encode(_Cursor(_VERSION, kind, last))).rstrip(b"=").decode()


def decode_id_cursor(kind: str, text: str | None, *, first: UUID) -> UUID:
    """`first` when there is none. Raises `InvalidRequest` for what `encode_id_cursor` did not make of the same kind."""
    if text is None:
        return first
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        cursor = msgspec.json.decode(raw, type=_Cursor)
    except (binascii.Error, ValueError, msgspec.DecodeError):
        cursor = None
    if cursor is None or (cursor.version, cursor.kind) != (_VERSION, kind):
        error = FieldError("cursor", "Expected the next_cursor of an earlier page.")
        raise InvalidRequest("The cursor is not valid.", errors=[error])
    return cursor.id
