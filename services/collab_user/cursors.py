"""Where a page of a list ends: opaque to the client, who only hands it back."""

import base64
import binascii
from typing import TypeVar

import msgspec
from msgspec import Struct

from collab_kit.errors import FieldError, InvalidRequest

__all__ = ["Cursor", "decode_cursor", "encode_cursor"]


class Cursor(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A list's own cursor is a subclass with a tag: a cursor of something else is refused, not misread."""


CursorT = TypeVar("CursorT", bound=Cursor)


def encode_cursor(cursor: Cursor) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).rstrip(b"=").decode()


def decode_cursor(text: str | None, kind: type[CursorT]) -> CursorT | None:
    """`None` for the first page. Raises `InvalidRequest` for what `encode_cursor` did not make of the same kind."""
    if text is None:
        return None
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(raw, type=kind)
    except (binascii.Error, ValueError, msgspec.DecodeError):
        error = FieldError("cursor", "Expected the next_cursor of an earlier page.")
        raise InvalidRequest("The cursor is not valid.", errors=[error]) from None
