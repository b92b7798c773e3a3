"""The rules of API tokens, as functions of their input alone."""

import hashlib
import re
import secrets
import zlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from msgspec import Struct

from collab_kit.errors import FieldError, InvalidRequest
from collab_kit.guard import ADMIN_SCOPE, SCOPES

__all__ = [
    "MAX_TOKENS",
    "PREFIX",
    "ParsedToken",
    "hash_token",
    "is_well_formed",
    "new_token",
    "parse_token_request",
]

PREFIX: Final = "collab_pat_"
"""What scanners for leaked secrets look for."""
MAX_TOKENS: Final = 50
MAX_NAME_CHARS: Final = 80
MAX_EXPIRY_DAYS: Final = 3660

_RANDOM_BYTES: Final = 32
_CHECK_CHARS: Final = 6
_BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_TOKEN: Final = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{43}}[A-Za-z0-9]{{{_CHECK_CHARS}}}")


class ParsedToken(Struct, frozen=True):
    name: str
    scopes: list[str]
    expires_in: timedelta | None


def new_token() -> str:
    """A prefix, 32 random bytes in base64url, and the CRC-32 of both in six digits of base 62."""
    body = PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)
    return body + _check(body)


def is_well_formed(token: str) -> bool:
    """Whether it can be one of ours: a slip of the hand is seen without asking the database."""
    return _TOKEN.fullmatch(token) is not None and token[-_CHECK_CHARS:] == _check(token[:-_CHECK_CHARS])


def hash_token(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def parse_token_request(
    *, name: str, scopes: Sequence[str], expires_in_days: int | None, is_admin: bool
) -> ParsedToken:
    """Raises `InvalidRequest` that names every field that is wrong."""
    errors: list[FieldError] = []
    name = " ".join(name.split())
    if not 1 <= len(name) <= MAX_NAME_CHARS or not name.isprintable():
        errors.append(FieldError("name", f"Expected 1 to {MAX_NAME_CHARS} printable characters."))
    if not scopes or not set(scopes) <= set(SCOPES):
        errors.append(FieldError("scopes", f"Expected one or more of {', '.join(SCOPES)}."))
    elif ADMIN_SCOPE in scopes and not is_admin:
        # It would sleep until its owner is made an administrator, who would not know of it.
        errors.append(FieldError("scopes", f"Only administrators can give the scope {ADMIN_SCOPE}."))
    if expires_in_days is not None and not 1 <= expires_in_days <= MAX_EXPIRY_DAYS:
        errors.append(FieldError("expires_in_days", f"Expected 1 to {MAX_EXPIRY_DAYS} days, or null for no end."))
    if errors:
        raise InvalidRequest("Some fields are missing or wrong.", errors=errors)
    # In the order of SCOPES and each once, so that equal sets look equal.
    chosen = [scope for scope in SCOPES if scope in scopes]
    return ParsedToken(name, chosen, None if expires_in_days is None else timedelta(days=expires_in_days))


def _check(body: str) -> str:
    number = zlib.crc32(body.encode())
    digits = ""
    for _ in range(_CHECK_CHARS):
        number, digit = divmod(number, len(_BASE62))
        digits = _BASE62[digit] + digits
    return digits
