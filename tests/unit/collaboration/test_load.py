"""The load client's arithmetic: its numbers are only as good as that."""

import pytest

from bench.collaboration.load import Ladder, Shape
from bench.collaboration.shape import parse_shape


def test_percentiles_of_known_latencies() -> None:
    ladder = Ladder()
    for number in range(1, 101):
        ladder.add(number / 1000 - 0.00005)
    assert [ladder.percentile_ms(percent) for percent in (1, 50, 95, 99, 100)] == [1, 50, 95, 99, 100]


def test_nothing_has_no_percentiles() -> None:
    assert Ladder().percentile_ms(50) is None


def test_shapes() -> None:
    shape = parse_shape("50x10x5@2000", 3)
    assert shape == Shape(documents=50, clients=10, writers=5, edits_per_s=2000, seconds=3)


@pytest.mark.parametrize("text", ["", "1x2@3", "1x2x3@4", "1x2x0@4", "axbxc@d"])
def test_shapes_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match=text or "expected"):
        parse_shape(text, 1)
