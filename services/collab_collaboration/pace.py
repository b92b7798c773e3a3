"""How fast something may go on the average, and how long to wait after it went faster."""

from typing import Final

__all__ = ["Pace"]

_BURST_S: Final = 1.0
_MAX_WAIT_S: Final = 1.0
"""Longer, and a client would think the connection dead; who owes more waits again."""


class Pace:
    """At most `per_s` on the average, with a second's worth at once."""

    __slots__ = ("_credit", "_per_s", "_spent_at")

    def __init__(self, per_s: float) -> None:
        self._per_s = per_s
        self._credit = per_s * _BURST_S
        self._spent_at = 0.0

    def spend(self, count: int, now: float) -> float:
        """The seconds after which `count` more are paid for, at most one; 0 while there is no need to wait."""
        earned = (now - self._spent_at) * self._per_s
        self._credit = min(self._per_s * _BURST_S, self._credit + earned) - count
        self._spent_at = now
        return 0.0 if self._credit >= 0 else min(_MAX_WAIT_S, -self._credit / self._per_s)
