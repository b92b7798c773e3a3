"""What a check is and how one ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Category = Literal["machine", "environment", "datastores", "services", "gateway", "journey"]
Severity = Literal["error", "warning"]
Outcome = Literal["passed", "warned", "failed", "skipped"]


class CheckFailed(Exception):  # noqa: N818 - an outcome that a check raises, named for what it says
    """What was expected does not hold; the message says what was seen. ``hint`` overrides the check's own."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class CheckSkipped(Exception):  # noqa: N818
    """The check has nothing to look at; the message says why. A skip is shown, never counted as passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One question about an environment or a machine.

    ``run`` gets the seconds it has (for one try) and returns what it saw, in a few words; it raises
    :class:`CheckFailed` or :class:`CheckSkipped`. With ``retry_for_s`` a failed check is tried again until it
    passes or that time is over. A failed check of severity ``warning`` is shown but fails nothing.
    """

    name: str
    category: Category
    title: str
    run: Callable[[float], str]
    severity: Severity = "error"
    hint: str = ""
    deadline_s: float = 5.0
    retry_for_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """How a check ended, after ``elapsed_s`` and ``tries``."""

    name: str
    category: Category
    title: str
    outcome: Outcome
    message: str
    hint: str
    elapsed_s: float
    tries: int
