"""Which key signs and which are published, as functions of their input alone."""

from collections.abc import Sequence

from msgspec import Struct

__all__ = ["Choice", "KeyState", "choose"]


class KeyState(Struct, frozen=True, kw_only=True):
    """A key as it is now; `can_sign` when this replica has its private half."""

    kid: str
    signs_in_s: float
    """Seconds until it may sign; below zero it has been able to for that long."""
    revoked: bool
    can_sign: bool


class Choice(Struct, frozen=True):
    signs: str | None
    """The key to sign with; `None` leaves it to the key of the settings' file."""
    published: frozenset[str]


def choose(keys: Sequence[KeyState], *, token_life_s: float) -> Choice:
    """Choose among `keys`.

    A key is published from the moment it is made, long before it signs, so that verifiers know it in time. It signs
    until the next one does, and is published until the last token it signed has expired: `token_life_s` later.
    """
    order = sorted((key for key in keys if not key.revoked), key=lambda key: key.signs_in_s, reverse=True)
    published: set[str] = set()
    successor_signs_in_s: float | None = None
    for key in order:
        if successor_signs_in_s is None or successor_signs_in_s > -token_life_s:
            published.add(key.kid)
        if key.can_sign:
            # A key nobody can sign with succeeds nobody.
            successor_signs_in_s = key.signs_in_s
    signs = next((key.kid for key in order if key.can_sign and key.signs_in_s <= 0), None)
    return Choice(signs, frozenset(published))
