"""The keeper: counts restarts, lets a person kill what he likes, and slows down what crashes by itself."""

import json

from collab_platform.targets.local.keeper import AGAIN_S, FREE_EXITS, LONGEST_PAUSE_S, WINDOW_S, Book, pause_s


def test_ten_kills_in_a_row_cost_nothing():
    book = Book()
    assert [book.exited("auth-1", float(second)) for second in range(10)] == [0.0] * 10


def test_a_crash_loop_is_paused_longer_and_longer_but_never_for_ever():
    assert pause_s(FREE_EXITS) == 0
    pauses = [pause_s(count) for count in range(FREE_EXITS + 1, FREE_EXITS + 100)]
    assert pauses[0] > 0
    assert pauses == sorted(pauses)
    assert max(pauses) == LONGEST_PAUSE_S


def test_old_exits_are_forgotten():
    book = Book()
    for second in range(FREE_EXITS):
        book.exited("auth-1", float(second))
    assert book.exited("auth-1", WINDOW_S + FREE_EXITS + 1) == 0


def test_restarts_count_what_was_not_asked_for():
    book = Book()
    book.started("auth-1", was="STOPPED")
    book.started("auth-1", was="EXITED")
    book.started("auth-1", was="BACKOFF")
    assert json.loads(book.text()) == {"restarts": {"auth-1": 2}, "paused": []}
    book.started("auth-1", was="STOPPED")
    assert json.loads(book.text())["restarts"] == {"auth-1": 0}


def test_a_paused_program_is_started_again_and_that_counts():
    book = Book()
    book.started("auth-1", was="STOPPED")
    for _ in range(FREE_EXITS):
        book.exited("auth-1", 100.0)
    pause = book.exited("auth-1", 100.0)
    # supervisord had started it once more before it heard of the pause.
    book.started("auth-1", was="EXITED")
    assert json.loads(book.text())["paused"] == ["auth-1"]
    assert book.resume(100.0 + pause - 0.1) == []
    assert book.resume(100.0 + pause) == ["auth-1"]
    # It was still stopping: nothing came of it, so it is tried again.
    assert book.resume(100.0 + pause + AGAIN_S) == ["auth-1"]
    book.started("auth-1", was="STOPPED")
    assert json.loads(book.text()) == {"restarts": {"auth-1": 2}, "paused": []}
    assert book.resume(10_000.0) == []


def test_a_program_that_is_removed_while_paused_is_forgotten():
    book = Book()
    book.failed("auth-2", 100.0)
    book.forget("auth-2")
    assert book.resume(10_000.0) == []


def test_an_operators_start_ends_a_pause():
    book = Book()
    book.failed("auth-1", 100.0)
    book.started("auth-1", was="STOPPED")
    assert book.resume(1000.0) == []
