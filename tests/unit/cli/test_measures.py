from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from collab_cli.measures import duration, moment, size
from collab_platform.errors import UsageError

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0.0 s"),
        (0.44, "0.4 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (185, "3 min 05 s"),
        (7800, "2 h 10 min"),
        (273_600, "3 d 4 h"),
    ],
)
def test_duration(seconds: float, shown: str):
    assert duration(seconds) == shown


@pytest.mark.parametrize(
    ("count", "shown"), [(0, "0 KiB"), (524_288, "512 KiB"), (64 << 20, "64 MiB"), (3 << 29, "1.5 GiB")]
)
def test_size(count: int, shown: str):
    assert size(count) == shown


@pytest.mark.parametrize(
    ("text", "back"),
    [
        ("30s", timedelta(seconds=30)),
        ("10m", timedelta(minutes=10)),
        ("2h", timedelta(hours=2)),
        ("1d", timedelta(days=1)),
    ],
)
def test_since_as_a_duration(text: str, back: timedelta):
    assert moment(text, now=NOW) == NOW - back


def test_since_as_a_time():
    assert moment("2026-01-31T08:00:00Z", now=NOW) == datetime(2026, 1, 31, 8, tzinfo=UTC)
    local = moment("2026-01-31T08:00", now=NOW)
    assert local.tzinfo is not None
    assert local.replace(tzinfo=None) == datetime(2026, 1, 31, 8)  # noqa: DTZ001 - as the operator wrote it


@pytest.mark.parametrize("text", ["", "10", "m10", "-5m", "yesterday", "10 m"])
def test_since_that_makes_no_sense(text: str):
    with pytest.raises(UsageError, match="--since expects"):
        moment(text, now=NOW)
