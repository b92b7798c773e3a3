"""Runs checks side by side, each within its deadline, and tells an observer of every result."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue

from collab_platform.checks.model import Check, CheckFailed, CheckResult, CheckSkipped, Outcome

_RETRY_PAUSE_S = 0.2


def run_checks(checks: Sequence[Check], observe: Callable[[CheckResult], None] = lambda _: None) -> list[CheckResult]:
    """Run all checks at once; results in the order of ``checks``.

    A check that overruns its deadline is reported as failed and left behind (its thread is a daemon).
    """
    done: SimpleQueue[tuple[int, CheckResult]] = SimpleQueue()
    started = time.monotonic()
    for index, check in enumerate(checks):
        threading.Thread(target=_deliver, args=(index, check, done), name=check.name, daemon=True).start()
    results: dict[int, CheckResult] = {}
    while len(results) < len(checks):
        waiting = [index for index in range(len(checks)) if index not in results]
        overdue_s = min(_budget_s(checks[index]) for index in waiting) - (time.monotonic() - started)
        try:
            index, result = done.get(timeout=max(overdue_s, 0.01))
        except Empty:
            index = min(waiting, key=lambda each: _budget_s(checks[each]))
            check = checks[index]
            result = _result(check, "failed", f"no answer within {_budget_s(check):g} s", check.hint, started, tries=1)
        if index not in results:
            results[index] = result
            observe(result)
    return [results[index] for index in range(len(checks))]


def _deliver(index: int, check: Check, done: SimpleQueue[tuple[int, CheckResult]]) -> None:
    done.put((index, _attempt(check)))


def _budget_s(check: Check) -> float:
    """Seconds after which a check is given up: its retries, one last try, and a little to tell of it."""
    return check.retry_for_s + check.deadline_s + 0.5


def _attempt(check: Check) -> CheckResult:
    started = time.monotonic()
    tries = 0
    while True:
        tries += 1
        try:
            return _result(check, "passed", check.run(check.deadline_s), "", started, tries=tries)
        except CheckSkipped as skipped:
            return _result(check, "skipped", str(skipped), "", started, tries=tries)
        except CheckFailed as failed:
            message, hint = str(failed), failed.hint or check.hint
        except Exception as error:  # noqa: BLE001 - a fault of the check itself must show as a failed check
            message, hint = f"{type(error).__name__}: {error}", check.hint
        if time.monotonic() - started + _RETRY_PAUSE_S > check.retry_for_s:
            outcome: Outcome = "failed" if check.severity == "error" else "warned"
            return _result(check, outcome, message, hint, started, tries=tries)
        time.sleep(_RETRY_PAUSE_S)


def _result(check: Check, outcome: Outcome, message: str, hint: str, started: float, *, tries: int) -> CheckResult:
    return CheckResult(
        name=check.name,
        category=check.category,
        title=check.title,
        outcome=outcome,
        message=message,
        hint=hint,
        elapsed_s=round(time.monotonic() - started, 3),
        tries=tries,
    )
