"""The rules of one-time tokens, as functions of their input alone."""

import hashlib
import secrets
from datetime import timedelta
from typing import Final, Literal

__all__ = ["TOKEN_LIFE", "MailKind", "Purpose", "hash_token", "new_token"]

Purpose = Literal["verify-email", "reset-password", "change-email"]
MailKind = Literal[
    "verify-email", "reset-password", "change-email", "already-registered", "password-changed", "email-changed"
]

TOKEN_LIFE: Final[dict[Purpose, timedelta]] = {
    "verify-email": timedelta(days=3),
    "reset-password": timedelta(hours=1),
    "change-email": timedelta(days=1),
}


def new_token() -> str:
    """256 bits: nobody guesses it, whatever the limits."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> bytes:
    """What is stored. Found by an index on the hash: how long that takes says nothing about the token."""
    return hashlib.sha256(token.encode()).digest()
