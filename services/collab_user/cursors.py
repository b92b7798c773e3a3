"""Where a page of a list ends: opaque to the client, who only hands it back."""

from typing import TypeVar

from msgspec import Struct

from collab_kit import cursors
from collab_kit.cursors import encode_cursor

__all__ = ["Cursor", "decode_cursor", "encode_cursor"]


class Cursor(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A list's own cursor is a subclass with a tag: a cursor of something else is refused, not misread."""


CursorT = TypeVar("CursorT", bound=Cursor)


def decode_cursor(text: str | None, kind: type[CursorT]) -> CursorT | None:
    """`None` for the first page. Raises `InvalidRequest` for what `encode_cursor` did not make of the same kind."""
    return None if text is None else cursors.decode_cursor(text, kind)
