"""The rules of the search, as functions of their input alone."""

import math
import re
from typing import Final
from uuid import UUID

from msgspec import Struct

from collab_document.rules import Cursor, decode
from collab_kit import cursors
from collab_kit.errors import FieldError, InvalidRequest

__all__ = ["FIRST_HITS", "MAX_BODY_CHARS", "Asked", "decode_cursor", "encode_cursor", "parse_query", "storable"]

MAX_QUERY_CHARS: Final = 200
MAX_BODY_CHARS: Final = 150_000
"""As the table takes; of a longer text the beginning is searched."""

_LAST_WORD: Final = re.compile(r"(?:^|(?<=\s))[^\W_]+$")

_ENDS_IN_OR: Final = re.compile(r"(?:^|\s)or$", re.IGNORECASE)


class HitCursor(Cursor, frozen=True, array_like=True, forbid_unknown_fields=True, tag="hits"):
    rank: float
    id: UUID


FIRST_HITS: Final = HitCursor(1, 1e300, UUID(int=2**128 - 1))


class Asked(Struct, frozen=True):
    """What was typed; what stands before its last word; and that word as a prefix, unless it was meant otherwise."""

    text: str
    before: str
    prefix: str | None


def encode_cursor(rank: float, document: UUID) -> str:
    return cursors.encode_cursor(HitCursor(1, rank, document))


def decode_cursor(text: str | None) -> HitCursor:
    """Raises `InvalidRequest`."""
    if text is None:
        return FIRST_HITS
    cursor = decode(text, HitCursor, version=1)
    if not math.isfinite(cursor.rank):
        raise cursors.wrong_cursor()
    return cursor


def parse_query(text: str) -> Asked:
    """The last word may not be finished yet, unless it is in quotes, excluded, or `or`. Raises `InvalidRequest`."""
    text = " ".join(storable(text).split())
    if not 0 < len(text) <= MAX_QUERY_CHARS:
        error = FieldError("q", f"Expected 1 to {MAX_QUERY_CHARS} characters.")
        raise InvalidRequest("The search is not valid.", errors=[error])
    found = _LAST_WORD.search(text)
    if found is None or text.count('"') % 2 or found[0].lower() == "or":
        return Asked(text, text, None)
    before = text[: found.start()].strip()
    if _ENDS_IN_OR.search(before):
        # `a or b…`: as it stands, for a prefix would be of both.
        return Asked(text, text, None)
    return Asked(text, before, f"'{found[0]}':*")


def storable(text: str) -> str:
    """Without what PostgreSQL cannot store: zero characters and halves of characters."""
    return text.replace("\x00", " ").encode("utf-8", "ignore").decode()
