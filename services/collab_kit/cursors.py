"""Cursors of paged lists: where a page ended, opaque to the client, who only hands it back."""

import base64
import binascii
from typing import TypeVar

import msgspec
from msgspec import Struct

from collab_kit.errors import FieldError, InvalidRequest

__all__ = ["decode_cursor", "encode_cursor", "wrong_cursor"]

CursorT = TypeVar("CursorT", bound=Struct)


def encode_cursor(cursor: Struct) -> str:
    """Of a struct that is `array_like` and begins with what tells it from the cursors of other lists."""
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).rstrip(b"=").decode()


def decode_cursor(text: str, kind: type[CursorT]) -> CursorT:
    """Raises `InvalidRequest` for what `encode_cursor` did not make of the same type."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(raw, type=kind)
    except (binascii.Error, ValueError, msgspec.DecodeError):
        raise wrong_cursor() from None


def wrong_cursor() -> InvalidRequest:
    error = FieldError("cursor", "Expected the next_cursor of an earlier page.")
    return InvalidRequest("The cursor is not valid.", errors=[error])
