"""Logs: one stream in the order of time, through rotation, with every component's idea of a time."""

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest

from collab_platform.targets.base import LogLine
from collab_platform.targets.local.logs import Follower, Source, follow_lines, last_lines, line_time, past_lines

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"event":"x","time":"2026-03-04T11:22:33.5Z"}', datetime(2026, 3, 4, 11, 22, 33, 500_000, UTC)),
        ('{"time":"2026-03-04T11:22:33+00:00","status":200}', datetime(2026, 3, 4, 11, 22, 33, 0, UTC)),
        ("2026-03-04 11:22:33.123 UTC [12] LOG:  ready", datetime(2026, 3, 4, 11, 22, 33, 123_000, UTC)),
        ("2026-03-04 11:22:33,123 INFO spawned", datetime(2026, 3, 4, 11, 22, 33, 123_000, UTC)),
        ("2026/03/04 11:22:33 [error] 7#7: x", datetime(2026, 3, 4, 11, 22, 33, 0, UTC)),
        ("7:M 04 Mar 2026 11:22:33.456 * Ready", datetime(2026, 3, 4, 11, 22, 33, 456_000, UTC)),
        ("I0304 11:22:33.000123 server.go:1] x", datetime(2026, 3, 4, 11, 22, 33, 123, UTC)),
        ("W1231 23:59:59.000000 server.go:1] last year", datetime(2025, 12, 31, 23, 59, 59, 0, UTC)),
        ("Traceback (most recent call last):", None),
        ('{"time":"yesterday, I think"}', None),
        ("2026-99-99 11:22:33 x", None),
    ],
)
def test_every_format_of_time(text: str, expected: datetime | None):
    assert line_time(text, now=NOW) == expected


def write(path: Path, *lines: tuple[int, str]) -> None:
    with path.open("a") as file:
        file.writelines(f"2026-03-04 11:00:{second:02} {text}\n" for second, text in lines)


def texts(lines: Iterable[LogLine]) -> list[str]:
    return [line.text.split(maxsplit=2)[2] for line in lines]


def test_replicas_are_merged_by_time_through_rotated_files(tmp_path: Path):
    write(tmp_path / "auth-1.log.2", (1, "a1"))
    write(tmp_path / "auth-1.log.1", (3, "a3"), (5, "a5"))
    write(tmp_path / "auth-1.log", (7, "a7"))
    write(tmp_path / "user-1.log", (2, "u2"), (6, "u6"))
    sources = [Source(name, tmp_path / f"{name}.log") for name in ("auth-1", "user-1", "never-started-1")]
    everything = past_lines(sources, since=None, tail=None)
    assert texts(everything) == ["a1", "u2", "a3", "a5", "u6", "a7"]
    assert texts(past_lines(sources, since=None, tail=2)) == ["u2", "a5", "u6", "a7"]
    since = datetime(2026, 3, 4, 11, 0, 5, tzinfo=UTC)
    assert texts(past_lines(sources, since=since, tail=None)) == ["a5", "u6", "a7"]


def test_a_traceback_stays_with_its_line(tmp_path: Path):
    path = tmp_path / "auth-1.log"
    write(path, (1, "first"))
    with path.open("a") as file:
        file.write("Traceback:\n  somewhere\n")
    write(path, (9, "last"))
    write(tmp_path / "user-1.log", (5, "between"))
    sources = [Source(name, tmp_path / f"{name}.log") for name in ("user-1", "auth-1")]
    lines = [line.text for line in past_lines(sources, since=None, tail=None)]
    assert lines[1:3] == ["Traceback:", "  somewhere"]


def test_a_long_log_is_read_from_its_end(tmp_path: Path):
    path = tmp_path / "auth-1.log"
    with path.open("w") as file:
        file.writelines(f"line {number} {'x' * 200}\n" for number in range(5000))
    lines = [line.text.split()[1] for line in past_lines([Source("auth-1", path)], since=None, tail=1000)]
    assert lines == [str(number) for number in range(4000, 5000)]
    assert last_lines(path, 2) == [f"line {number} {'x' * 200}" for number in (4998, 4999)]
    assert last_lines(tmp_path / "none.log", 5) == []


def test_following_survives_rotation_and_a_file_that_comes_later(tmp_path: Path):
    path = tmp_path / "auth-1.log"
    follower = Follower(Source("auth-1", path))
    assert follower.read() == []
    write(path, (1, "one"))
    assert texts(follower.read()) == ["one"]
    write(path, (2, "two"))
    path.rename(tmp_path / "auth-1.log.1")
    write(path, (3, "three"))
    assert texts(follower.read()) == ["two", "three"]
    with path.open("a") as file:
        file.write("2026-03-04 11:00:04 half a ")
    assert follower.read() == []
    with path.open("a") as file:
        file.write("line\n")
    assert texts(follower.read()) == ["half a line"]


def test_following_begins_with_the_past_and_repeats_nothing(tmp_path: Path):
    path = tmp_path / "auth-1.log"
    write(path, (1, "one"), (2, "two"))
    stream = follow_lines([Source("auth-1", path)], since=None, tail=10)
    assert texts([next(stream)]) == ["one"]
    write(path, (3, "three"))
    assert texts(islice(stream, 2)) == ["two", "three"]
