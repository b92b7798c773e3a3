"""Checks run side by side, each within its deadline."""

import threading
from collections.abc import Callable
from typing import Any

from collab_platform.checks import Check, CheckFailed, CheckResult, CheckSkipped, run_checks


def check(run: Callable[[float], str], **options: Any) -> Check:
    return Check(name="c", category="machine", title="a check", run=run, **options)


def fail(_: float) -> str:
    raise CheckFailed("seen: nothing")


def test_outcomes():
    def skip(_: float) -> str:
        raise CheckSkipped("no TLS here")

    def broken(_: float) -> str:
        raise ZeroDivisionError("by zero")

    results = run_checks(
        [
            check(lambda _: "fine"),
            check(fail, hint="do this"),
            check(fail, severity="warning"),
            check(skip),
            check(broken),
        ]
    )
    assert [(result.outcome, result.message) for result in results] == [
        ("passed", "fine"),
        ("failed", "seen: nothing"),
        ("warned", "seen: nothing"),
        ("skipped", "no TLS here"),
        ("failed", "ZeroDivisionError: by zero"),
    ]
    assert results[1].hint == "do this"


def test_a_hint_from_the_failure_itself_wins():
    def run(_: float) -> str:
        raise CheckFailed("port 1 is taken by x", hint="stop x")

    assert run_checks([check(run, hint="look")])[0].hint == "stop x"


def test_a_check_that_hangs_is_given_up():
    hang = threading.Event()
    told: list[CheckResult] = []
    results = run_checks([check(lambda _: str(hang.wait()), deadline_s=2), check(lambda _: "fine")], told.append)
    hang.set()
    assert [result.outcome for result in results] == ["failed", "passed"]
    assert "no answer within" in results[0].message
    assert [result.outcome for result in told] == ["passed", "failed"]


def test_a_check_that_fails_at_first_is_tried_again():
    tries: list[int] = []

    def second_time(_: float) -> str:
        tries.append(1)
        if len(tries) < 2:
            raise CheckFailed("not yet")
        return "ready"

    (result,) = run_checks([check(second_time, retry_for_s=5)])
    assert (result.outcome, result.tries) == ("passed", 2)


def test_checks_run_side_by_side():
    both = threading.Barrier(2, timeout=30)
    results = run_checks([check(lambda _: f"{both.wait() >= 0}", deadline_s=60) for _ in range(2)])
    assert [result.outcome for result in results] == ["passed", "passed"]
