"""The rules of comments, as functions of their input alone."""

import base64
import binascii
from typing import Final
from uuid import UUID

from collab_kit.errors import FieldError, InvalidRequest

__all__ = [
    "MAX_COMMENTS",
    "MAX_THREADS",
    "PAGE_LIMIT_MAX",
    "SHOWN_COMMENTS",
    "parse_body",
    "parse_mentions",
    "parse_position",
    "parse_quote",
]

MAX_BODY_CHARS: Final = 4000
MAX_QUOTE_CHARS: Final = 500
MAX_MENTIONS: Final = 20
MAX_POSITION_BYTES: Final = 512
MAX_THREADS: Final = 2000
"""Of one document."""
MAX_COMMENTS: Final = 500
"""Of one thread."""
PAGE_LIMIT_MAX: Final = 100
SHOWN_COMMENTS: Final = 20
"""So many come with a thread in a list; the rest is asked for."""


def parse_body(body: str) -> str:
    """Without white space around it. Raises `InvalidRequest`."""
    body = body.replace("\r\n", "\n").strip()
    if not 0 < len(body) <= MAX_BODY_CHARS or any(_is_control(each) for each in body):
        raise _wrong(
            "body", f"Expected 1 to {MAX_BODY_CHARS} characters, of control characters only tab and line feed."
        )
    return body


def parse_quote(quote: str) -> str:
    """White space folded, what cannot be printed left out. Raises `InvalidRequest`."""
    quote = "".join(each for each in " ".join(quote.split()) if each.isprintable())
    if len(quote) > MAX_QUOTE_CHARS:
        raise _wrong("anchor.quote", f"Expected at most {MAX_QUOTE_CHARS} characters.")
    return quote


def parse_position(field: str, position: str) -> str:
    """An encoded relative position of Yjs: opaque, so only its form is looked at. Raises `InvalidRequest`."""
    try:
        size = len(base64.b64decode(position, validate=True))
    except (binascii.Error, ValueError):
        size = 0
    if not 0 < size <= MAX_POSITION_BYTES:
        raise _wrong(field, f"Expected 1 to {MAX_POSITION_BYTES} bytes in base64.")
    return position


def parse_mentions(mentions: list[UUID]) -> list[UUID]:
    """Each once. Raises `InvalidRequest`."""
    found = list(dict.fromkeys(mentions))
    if len(found) > MAX_MENTIONS:
        raise _wrong("mentions", f"Expected at most {MAX_MENTIONS} people.")
    return found


def _is_control(character: str) -> bool:
    return character not in "\n\t" and (character < " " or "\x7f" <= character <= "\x9f")


def _wrong(field: str, message: str) -> InvalidRequest:
    return InvalidRequest("The comment is not valid.", errors=[FieldError(field, message)])
