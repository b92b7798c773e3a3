"""When a server counts as saturated, and what is then asked of ours."""

import pytest

from bench.collaboration.parts.scale import times_served
from bench.collaboration.parts.shapes import GOALS_MS
from bench.collaboration.results import ScaleRow
from bench.collaboration.shape import parse_shape
from bench.collaboration.verdicts import compare, holds, is_harder, overload, saturation


@pytest.mark.parametrize(
    ("p99_ms", "undelivered", "cpu_percent", "found"),
    [
        (12.0, 0, 70, None),
        (250.0, 0, 94, None),
        (12.0, 0, 95, "processor at 95 %"),
        (250.1, 0, 40, "p99 above 250 ms"),
        (12.0, 1, 40, "1 undelivered"),
        (None, 0, 0, "delivers nothing"),
    ],
)
def test_saturation(p99_ms: float | None, undelivered: int, cpu_percent: int, found: str | None) -> None:
    assert saturation(p99_ms=p99_ms, undelivered=undelivered, cpu_percent=cpu_percent) == found


@pytest.mark.parametrize(
    ("p99_ms", "undelivered", "found"),
    [
        (250.0, 0, None),
        (250.1, 0, "p99 above 250 ms"),
        (12.0, 1, "1 undelivered"),
        (None, 0, "delivers nothing"),
    ],
)
def test_overload_is_what_one_sees(p99_ms: float | None, undelivered: int, found: str | None) -> None:
    assert overload(p99_ms=p99_ms, undelivered=undelivered) == found


@pytest.mark.parametrize(
    ("ours", "undelivered", "theirs", "met"),
    [
        (25.0, 0, 100.0, True),
        (25.1, 0, 100.0, False),
        (5.0, 1, 100.0, False),
        (None, 0, 100.0, False),
        (900.0, 0, None, True),
        (None, 0, None, False),
    ],
)
def test_under_overload_nothing_may_be_lost(
    ours: float | None, undelivered: int, theirs: float | None, met: bool
) -> None:
    assert holds(ours, undelivered, theirs) is met


@pytest.mark.parametrize(
    ("ours", "theirs", "saturated", "ratio", "met"),
    [
        (25.0, 100.0, "processor at 101 %", 0.25, True),
        (26.0, 100.0, "processor at 101 %", 0.26, False),
        (90.0, 100.0, None, 0.9, None),
        (20.0, None, "did not last", None, True),
        (None, 100.0, "processor at 101 %", None, False),
    ],
)
def test_a_quarter_is_asked_for_only_where_hocuspocus_is_saturated(
    ours: float | None, theirs: float | None, saturated: str | None, ratio: float | None, met: bool | None
) -> None:
    found = compare("1x100x50@1000", ours_p99_ms=ours, p99_ms=theirs, saturated=saturated)
    assert (found.ratio, found.met) == (ratio, met)


@pytest.mark.parametrize(
    ("shape", "than", "harder"),
    [
        ("1x300x100@4000", "1x100x50@1000", True),
        ("1x100x50@1000", "1x100x50@1000", True),
        ("1x1000x1@20", "1x100x50@2000", False),
        ("50x10x10@5000", "1x100x50@2000", False),
        ("100x10x10@12000", "50x10x10@5000", True),
    ],
)
def test_what_asks_more_in_every_respect_is_harder(shape: str, than: str, harder: bool) -> None:
    assert is_harder(parse_shape(shape, 1), parse_shape(than, 1)) is harder


def test_every_goal_is_of_a_shape() -> None:
    assert len({str(parse_shape(name, 1)) for name in GOALS_MS}) == len(GOALS_MS)


def row(processes: int, documents: int, cpu_us: float) -> ScaleRow:
    return ScaleRow(server="collab", processes=processes, documents=documents, cpu_us_per_edit=cpu_us)


def test_two_processes_are_held_against_one_with_as_much_to_do_each() -> None:
    assert times_served([row(1, 15, 200.0), row(1, 30, 150.0), row(2, 30, 250.0)]) == 1.6


def test_nothing_is_said_without_both_figures() -> None:
    assert times_served([row(1, 15, 200.0), row(2, 30, 0)]) is None
