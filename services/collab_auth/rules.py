"""The rules of accounts and sessions, as functions of their input alone."""

import re
import unicodedata
from enum import Enum

from msgspec import Struct

from collab_kit.errors import FieldError, InvalidRequest

__all__ = [
    "REFRESH_GRACE_S",
    "RefreshDecision",
    "TokenUse",
    "decide_refresh",
    "is_email",
    "normalise_email",
    "parse_email",
    "parse_password",
    "parse_registration",
]

MIN_PASSWORD_CHARS = 8
MAX_PASSWORD_CHARS = 256
MAX_NAME_CHARS = 80
MAX_EMAIL_CHARS = 254

REFRESH_GRACE_S = 10.0
"""How long after a rotation the token before it still earns a new one."""
MAX_SIBLINGS = 50
"""More tabs than any browser restores at once."""

_EMAIL = re.compile(r"[^\s@\x00-\x1f\x7f]{1,64}@[^\s@.\x00-\x1f\x7f]+(\.[^\s@.\x00-\x1f\x7f]+)*")


class ParsedRegistration(Struct, frozen=True):
    email: str
    password: str
    name: str


def normalise_email(email: str) -> str:
    """The form in which e-mail addresses are compared and stored."""
    return unicodedata.normalize("NFC", email).strip().lower()


def parse_registration(*, email: str, password: str, name: str) -> ParsedRegistration:
    """Raises `InvalidRequest` that names every field that is wrong, not only the first."""
    email = normalise_email(email)
    name = " ".join(name.split())
    errors = [*_email_errors(email), *_password_errors(password, "password")]
    if not 1 <= len(name) <= MAX_NAME_CHARS or not name.isprintable():
        errors.append(FieldError("name", f"Expected 1 to {MAX_NAME_CHARS} printable characters."))
    _require_none(errors)
    return ParsedRegistration(email, password, name)


def parse_email(email: str) -> str:
    """The normalised form. Raises `InvalidRequest`."""
    email = normalise_email(email)
    _require_none(_email_errors(email))
    return email


def parse_password(password: str, *, field: str = "password") -> str:
    """Raises `InvalidRequest` naming `field`."""
    _require_none(_password_errors(password, field))
    return password


def is_email(email: str) -> bool:
    """Whether a normalised `email` is one."""
    return len(email) <= MAX_EMAIL_CHARS and _EMAIL.fullmatch(email) is not None


def _email_errors(email: str) -> list[FieldError]:
    # What is not printable is not seen: such an address would look like another's in every list.
    if is_email(email) and email.isprintable():
        return []
    return [FieldError("email", "Expected an e-mail address, for example ada@example.org.")]


def _password_errors(password: str, field: str) -> list[FieldError]:
    if len(password) < MIN_PASSWORD_CHARS:
        return [FieldError(field, f"Expected at least {MIN_PASSWORD_CHARS} characters.")]
    if len(password) > MAX_PASSWORD_CHARS:
        return [FieldError(field, f"Expected at most {MAX_PASSWORD_CHARS} characters.")]
    return []


def _require_none(errors: list[FieldError]) -> None:
    if errors:
        raise InvalidRequest("Some fields are missing or wrong.", errors=errors)


class RefreshDecision(Enum):
    ROTATE = "rotate"
    SIBLING = "sibling"
    """The token was rotated a moment ago: issue another of the generation that replaced it."""
    REUSED = "reused"
    """A token came back that its owner has long replaced: someone else has it, or has had it. End the session."""
    OVER = "over"


class TokenUse(Struct, frozen=True, kw_only=True):
    """A refresh token that came in, and the session it belongs to."""

    token_generation: int
    generation: int
    siblings: int
    rotated_s_ago: float
    ended: bool
    expired: bool


def decide_refresh(use: TokenUse) -> RefreshDecision:
    """What to do with a refresh token.

    Tokens count generations: all of generation n are replaced when the first of them is used. Two tabs of one browser
    share a cookie and may send the same token at nearly the same time; the later one must not look like a thief. So
    for `REFRESH_GRACE_S` the generation just replaced earns a sibling of the current one. That gives a thief nothing
    lasting: siblings live in one generation, so whichever side refreshes first makes the other's token an old one,
    and its next use ends the session for both.
    """
    if use.ended or use.expired:
        return RefreshDecision.OVER
    if use.token_generation == use.generation:
        return RefreshDecision.ROTATE
    is_predecessor = use.token_generation == use.generation - 1
    if is_predecessor and use.rotated_s_ago <= REFRESH_GRACE_S and use.siblings < MAX_SIBLINGS:
        return RefreshDecision.SIBLING
    return RefreshDecision.REUSED
