"""What pods write: the past merged by time, or as it comes, pods that appear included."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from queue import Empty, Queue

from collab_platform.errors import CollabError, UsageError
from collab_platform.targets.base import LogLine, LogQuery
from collab_platform.targets.kubernetes.kubectl import Kubectl
from collab_platform.targets.kubernetes.pods import Pod, moment, pods_of

_MOST_STREAMS = 64
_MOST_WAITING_LINES = 10_000
_LOOK_AGAIN_S = 2.0
_TIMEOUT_S = 60.0
_WORKERS = 8


@dataclass(frozen=True, slots=True)
class Source:
    """A container's log."""

    pod: str
    container: str


def choose(pods: Sequence[Pod], asked: Sequence[str]) -> list[Pod]:
    """The pods of these components, or of these names; all where none is asked for. Raises :class:`UsageError`."""
    known = {pod.component for pod in pods} | {pod.name for pod in pods}
    if unknown := [name for name in asked if name not in known]:
        raise UsageError(
            f"no component or pod {unknown[0]!r}",
            remedy="Known are: "
            + ", ".join([*dict.fromkeys(pod.component for pod in pods), *(p.name for p in pods)])
            + ".",
        )
    return [pod for pod in pods if not asked or {pod.component, pod.name} & set(asked)]


def read_logs(kubectl: Kubectl, query: LogQuery) -> Iterator[LogLine]:
    """Log lines as the query wants them. Raises :class:`CollabError`."""
    pods = choose(_pods(kubectl), query.components)
    if query.follow:
        return follow_lines(kubectl, query)
    return iter(past_lines(kubectl, sources(pods, previous=query.previous), query))


def sources(pods: Sequence[Pod], *, previous: bool) -> list[Source]:
    """Containers with a log; ``previous``: those that were started again."""
    return [
        Source(pod.name, container.name)
        for pod in pods
        for container in pod.containers
        if not previous or container.restarts
    ]


def past_lines(kubectl: Kubectl, wanted: Sequence[Source], query: LogQuery) -> list[LogLine]:
    """Everything written so far, oldest first. A container that has not begun has written nothing."""

    def read(source: Source) -> list[LogLine]:
        done = kubectl.ask(*_arguments(source, query), timeout_s=_TIMEOUT_S)
        if done.returncode and not _has_no_log(done.stderr):
            raise kubectl.failure("logs", done.stderr)
        return [parse_line(source.pod, line) for line in done.stdout.splitlines()]

    with ThreadPoolExecutor(_WORKERS) as pool:
        lines = [line for found in pool.map(read, wanted) for line in found]
    return sorted(lines, key=lambda line: line.time or datetime.min.replace(tzinfo=UTC))


def follow_lines(kubectl: Kubectl, query: LogQuery) -> Generator[LogLine]:
    """Lines as they come, without end, in the order in which the cluster hands them on."""
    lines: Queue[LogLine] = Queue(_MOST_WAITING_LINES)
    following = _Following(kubectl, query, lines.put)
    looked = 0.0
    try:
        following.look()
        while True:
            if time.monotonic() - looked > _LOOK_AGAIN_S:
                looked = time.monotonic()
                with contextlib.suppress(CollabError):  # the API server may be away for a moment
                    following.look()
            with contextlib.suppress(Empty):
                yield lines.get(timeout=0.2)
    finally:
        following.end()


class _Following:
    """The streams of all containers that are asked for, those that appear later included."""

    def __init__(self, kubectl: Kubectl, query: LogQuery, put: Callable[[LogLine], None]) -> None:
        self._kubectl, self._query, self._put = kubectl, query, put
        self._streams: dict[Source, subprocess.Popen[str]] = {}
        self._last: dict[Source, datetime] = {}
        self._first = True

    def look(self) -> None:
        """Follow what is not followed yet: from its beginning on if it is new, else from where it was lost."""
        for source, process in list(self._streams.items()):
            if process.poll() is not None:
                del self._streams[source]
        asked = set(self._query.components)
        pods = [pod for pod in _pods(self._kubectl) if not asked or {pod.component, pod.name} & asked]
        fresh = [source for source in sources(pods, previous=False) if source not in self._streams]
        for source in fresh[: _MOST_STREAMS - len(self._streams)]:
            query = self._query if self._first else replace(self._query, tail=None, since=self._last.get(source))
            process = self._kubectl.start(*_arguments(source, query), "--follow")
            self._streams[source] = process
            threading.Thread(target=self._pump, args=(source, process), daemon=True).start()
        self._first = False

    def _pump(self, source: Source, process: subprocess.Popen[str]) -> None:
        """Hand on what was not heard before: the cluster knows "since" only to the second."""
        heard = self._last.get(source)
        if process.stdout is None:
            return
        with process.stdout, contextlib.suppress(ValueError):
            for text in process.stdout:
                line = parse_line(source.pod, text.rstrip("\n"))
                if line.time is None or heard is None or line.time > heard:
                    self._last[source] = line.time or datetime.now(UTC)
                    self._put(line)

    def end(self) -> None:
        for process in self._streams.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(5)


def parse_line(replica: str, line: str) -> LogLine:
    """``kubectl logs --timestamps`` puts a time before each line."""
    stamp, _, said = line.partition(" ")
    at = moment(stamp)
    return LogLine(replica=replica, time=at, text=said if at else line)


def _pods(kubectl: Kubectl) -> tuple[Pod, ...]:
    return pods_of(kubectl.get("pods")["items"], now=datetime.now(UTC))


def _arguments(source: Source, query: LogQuery) -> list[str]:
    return [
        "logs",
        source.pod,
        f"--container={source.container}",
        "--timestamps",
        f"--tail={-1 if query.tail is None else query.tail}",
        *([f"--since-time={query.since.astimezone(UTC).isoformat(timespec='seconds')}"] if query.since else []),
        *(["--previous"] if query.previous else []),
    ]


def _has_no_log(stderr: str) -> bool:
    reasons = ("waiting to start", "PodInitializing", "ContainerCreating", "not found", "is not valid for pod")
    return any(reason in stderr for reason in reasons)
