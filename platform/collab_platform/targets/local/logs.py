"""Log files of the replicas: one stream in the order of time, past and, if asked, to come."""

from __future__ import annotations

import os
import re
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from pathlib import Path

from collab_platform.targets.base import LogLine

_POLL_S = 0.25
_BLOCK_BYTES = 1 << 16
_MAX_LINE_BYTES = 1 << 20
_EARLIEST = datetime.min.replace(tzinfo=UTC)

_JSON_TIME = re.compile(r'"time": ?"([^"]{10,40})"')
_CLOCK = r"(?P<time>\d\d:\d\d:\d\d)"
_PLAIN_TIMES = (
    # PostgreSQL, supervisord, the keeper; nginx; Valkey
    (re.compile(rf"(?P<date>\d{{4}}-\d\d-\d\d)[ T]{_CLOCK}(?:[.,](?P<fraction>\d{{1,6}}))?"), "%Y-%m-%d %H:%M:%S"),
    (re.compile(rf"(?P<date>\d{{4}}/\d\d/\d\d) {_CLOCK}"), "%Y/%m/%d %H:%M:%S"),
    (re.compile(rf"\d+:[A-Z] (?P<date>\d\d \w{{3}} \d{{4}}) {_CLOCK}\.(?P<fraction>\d{{3}})"), "%d %b %Y %H:%M:%S"),
)
_GLOG_TIME = re.compile(r"[IWEF](\d{4}) (\d\d:\d\d:\d\d)\.(\d{6})")  # SeaweedFS


def line_time(text: str, *, now: datetime) -> datetime | None:
    """When a line was written, from whichever of our components' formats it has; all of them log in UTC."""
    try:
        if text.startswith("{"):
            match = _JSON_TIME.search(text, 0, 4096)
            found = datetime.fromisoformat(match[1]) if match else None
            return found.replace(tzinfo=found.tzinfo or UTC) if found else None
        for pattern, form in _PLAIN_TIMES:
            if match := pattern.match(text):
                return _utc(" ".join(match.group("date", "time")), form, match.groupdict().get("fraction"))
        if match := _GLOG_TIME.match(text):  # it does not say the year
            found = _utc(f"{now.year}{match[1]} {match[2]}", "%Y%m%d %H:%M:%S", match[3])
            return found if found <= now + timedelta(days=1) else found.replace(year=now.year - 1)
    except ValueError:
        pass
    return None


def _utc(text: str, form: str, fraction: str | None) -> datetime:
    micros = int((fraction or "0").ljust(6, "0"))
    return datetime.strptime(text, form).replace(tzinfo=UTC, microsecond=micros)


@dataclass(frozen=True, slots=True)
class Source:
    """A replica and its log file; rotated ones beside it end in ``.1``, ``.2``, … from new to old."""

    replica: str
    path: Path


def past_lines(sources: Sequence[Source], *, since: datetime | None, tail: int | None) -> list[LogLine]:
    """What is in the files, merged by time; of each replica at most the last ``tail`` lines."""
    return _merge([_recent(source, since=since, tail=tail) for source in sources])


def _merge(streams: Iterable[list[LogLine]]) -> list[LogLine]:
    # Not heapq.merge: even one replica's lines are not quite in order, where several of its threads write.
    return sorted(chain.from_iterable(streams), key=_sort_key)


def follow_lines(sources: Sequence[Source], *, since: datetime | None, tail: int | None) -> Iterator[LogLine]:
    """The past ones, then new ones as they come, without end. Survives rotation, and files that do not exist yet."""
    followers = [Follower(source) for source in sources]
    yield from _merge([_recent(each.source, since=since, tail=tail, end=each.start) for each in followers])
    while True:
        fresh = [line for follower in followers for line in follower.read()]
        yield from sorted(fresh, key=_sort_key)
        if not fresh:
            time.sleep(_POLL_S)


def last_lines(path: Path, count: int) -> list[str]:
    """The last lines of a file, empty ones left out; none if there is no file."""
    return [line.strip() for line in islice((each for each in _backwards(path) if each.strip()), count)][::-1]


class Follower:
    """Reads what is added to a file from now on."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._file = _open(source.path)
        self._rest = b""
        self._last: datetime | None = None
        self.start = 0 if self._file is None else os.lseek(self._file, 0, os.SEEK_END)

    def read(self) -> list[LogLine]:
        """What has come since the last call."""
        lines = self._drain()
        if self._was_replaced():
            lines += self._drain()
            if self._file is not None:
                os.close(self._file)
            self._file = _open(self.source.path)
            lines += self._drain()
        return lines

    def _drain(self) -> list[LogLine]:
        if self._file is None:
            return []
        data = self._rest
        while block := os.read(self._file, _BLOCK_BYTES):
            data += block
        *whole, self._rest = data.split(b"\n")
        if len(self._rest) > _MAX_LINE_BYTES:
            whole, self._rest = [*whole, self._rest], b""
        return [self._line(each.decode(errors="replace")) for each in whole]

    def _line(self, text: str) -> LogLine:
        self._last = line_time(text, now=datetime.now(UTC)) or self._last
        return LogLine(replica=self.source.replica, time=self._last, text=text)

    def _was_replaced(self) -> bool:
        try:
            current = self.source.path.stat()
        except OSError:
            return False
        if self._file is None:
            return True
        mine = os.fstat(self._file)
        shrunk = current.st_ino == mine.st_ino and current.st_size < os.lseek(self._file, 0, os.SEEK_CUR)
        return shrunk or current.st_ino != mine.st_ino


def _recent(source: Source, *, since: datetime | None, tail: int | None, end: int | None = None) -> list[LogLine]:
    now = datetime.now(UTC)
    found: deque[tuple[datetime | None, str]] = deque()
    for text in _chain(source.path, end):
        at = line_time(text, now=now)
        if since and at and at < since:
            break
        found.appendleft((at, text))
        if tail is not None and len(found) >= tail:
            break
    lines: list[LogLine] = []
    last: datetime | None = None
    for at, text in found:
        # A line without a time (a traceback's) belongs to the one above it.
        last = at or last
        lines.append(LogLine(replica=source.replica, time=last, text=text))
    return lines if tail is None or tail > 0 else []


def _chain(path: Path, end: int | None) -> Iterator[str]:
    """All lines of a log, the newest first, from byte ``end`` of its file and through its rotated ones."""
    rotated = sorted(
        (each for each in path.parent.glob(f"{path.name}.*") if each.suffix[1:].isdigit()),
        key=lambda each: int(each.suffix[1:]),
    )
    yield from _backwards(path, end)
    for each in rotated:
        yield from _backwards(each)


def _backwards(path: Path, end: int | None = None) -> Iterator[str]:
    """A file's lines from its end, or from byte ``end``, read block by block."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            position = size if end is None else min(size, end)
            rest = b""
            while position > 0:
                size = min(_BLOCK_BYTES, position)
                position -= size
                file.seek(position)
                first, *whole = (file.read(size) + rest).split(b"\n")
                rest = first
                for line in reversed(whole):
                    if line:
                        yield line.decode(errors="replace")
            if rest:
                yield rest.decode(errors="replace")
    except FileNotFoundError:
        return


def _open(path: Path) -> int | None:
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None


def _sort_key(line: LogLine) -> datetime:
    return line.time or _EARLIEST
