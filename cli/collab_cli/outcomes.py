"""Check results in words, for where no table is drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from collab_platform.checks import CheckResult


def outcome_counts(results: Sequence[CheckResult]) -> str:
    """``12 passed, 1 warned, 1 failed``; what did not occur is left out, except passed."""
    counts = Counter(result.outcome for result in results)
    shown = [f"{counts[each]} {each}" for each in ("passed", "warned", "failed", "skipped") if counts[each]]
    return ", ".join(shown) if counts["passed"] else ", ".join(["0 passed", *shown])


def failed(results: Sequence[CheckResult]) -> list[CheckResult]:
    """Those that failed."""
    return [result for result in results if result.outcome == "failed"]


def lines(results: Sequence[CheckResult]) -> tuple[str, ...]:
    """Each as a line: title and message."""
    return tuple(f"{result.title}: {result.message}" for result in results)
