"""What the proofs of durability stand on: that a broken promise is seen, and that a rise is told from scatter."""

import random

import pytest

from bench.collaboration.soak import trend_of
from tests.faults.collaboration.editors import Promise, mint

ANN = [mint("anna", number) for number in range(3)]
PROMISE = Promise({1: 20}, frozenset(ANN[:2]), frozenset(ANN[2:]))


def test_a_promise_that_is_kept():
    assert PROMISE.broken(ANN[1] + ANN[0], {1: 30, 2: 7}) == []


@pytest.mark.parametrize(
    ("text", "clock", "told"),
    [
        (ANN[0] + ANN[1], 19, "client 1 is at 19 of 20"),
        (ANN[0], 20, f"{ANN[1]} is missing"),
        (ANN[0] + ANN[1] + ANN[2], 30, f"{ANN[2]} is back"),
        (ANN[0] + ANN[1] + ANN[0], 30, f"{ANN[0]} is there twice"),
    ],
)
def test_a_broken_promise_is_seen(text: str, clock: int, told: str):
    assert PROMISE.broken(text, {1: clock}) == [told]


def test_what_is_promised_only_grows():
    assert PROMISE._replace(clocks={1: 20, 2: 1}).reach > PROMISE.reach


def test_scatter_is_no_rise_but_a_rise_is_seen_in_it():
    chance = random.Random(1)
    level = [(float(at), 90 + chance.uniform(-2, 2)) for at in range(0, 900, 30)]
    assert trend_of(level).is_flat(0.5)
    rising = [(at, value + at / 100) for at, value in level]
    assert not trend_of(rising).is_flat(3)
    assert trend_of([(at, at / 100) for at, _ in level]).rise == pytest.approx(8.7)
