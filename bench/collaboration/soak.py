"""Twenty minutes of people coming and going: whether the collaboration service's memory stays flat.

    .venv/bin/python -m bench.collaboration.soak                 # or `make soak`
    .venv/bin/python -m bench.collaboration.soak --minutes 60

Two replicas on datastores of their own, fsync on. People join a document by either protocol, type, show where they
are and leave without a word; documents are opened, compacted, left and evicted from memory, and new ones take their
place. One replica is stopped gracefully again and again; the other, which takes its people over each time, is measured.

Flat means that the least-squares line through the last three quarters of the samples rises by no more over that time
than `MAX_RISE_MB`, beyond what the scatter of the samples explains, and the same of descriptors and tasks; and that
nothing is left of people who have gone: no document, connection or session, no more tasks and hardly more descriptors.
"""

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import msgspec
import psutil
import uvloop

from tests.faults.collaboration.editors import present, typing
from tests.faults.collaboration.ground import PROTOCOLS, Ground, Team, kept, opened
from tests.integration.collaboration.harness import Replica, TicketOffice, eventually

__all__ = ["Report", "Sample", "Trend", "soak", "trend_of"]

RESULT = Path(__file__).parents[1] / "results" / "soak.json"
MAX_RISE_MB = 2.0
MAX_MORE = 12
"""Descriptors: connections to the stores are opened as they are needed. Tasks: somebody is always just joining."""
_PEOPLE = 30
_DOCUMENTS = 20
_EVERY_S = 0.5
_STAY_S = (1.0, 15.0)
_RETIRE_EVERY_S = 0.5
_RETIRE_ENTRIES = 150
_RESTART_EVERY_S = 30.0
_WARM_UP_S = 20.0
_SETTINGS = {"COLLAB_COMPACT_AFTER": "100", "COLLAB_IDLE_DOCUMENT_S": "4"}


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """The measured replica at one moment."""

    at_s: float
    rss_mb: float
    descriptors: int
    tasks: int
    documents: int
    connections: int
    sessions: int
    operations: int
    """Committed since its start."""


class Trend(msgspec.Struct, frozen=True):
    """How much the least-squares line through samples rises over their time, and the standard error of that."""

    rise: float
    error: float
    seconds: float

    def is_flat(self, max_rise: float) -> bool:
        """Whether the rise could be `max_rise` or less, going by two standard errors."""
        return self.rise - 2 * self.error <= max_rise

    def __str__(self) -> str:
        return f"{self.rise:+.2f} ± {self.error:.2f} in {self.seconds:.0f} s"


class Report(msgspec.Struct, frozen=True, kw_only=True):
    seconds: float
    people: int
    joins: int
    documents: int
    restarts: int
    memory: Trend
    """MB of resident memory, over the last three quarters of the time."""
    descriptors: Trend
    """Other than the connections of people."""
    tasks: Trend
    before: Sample
    """Nobody there yet, but somebody was."""
    after: Sample
    """Nobody there any more."""
    samples: list[Sample]
    broken: list[str]
    """What people were promised and is not stored."""

    def faults(self) -> list[str]:
        """What is not as it should be, in words."""
        before, after = self.before, self.after
        checks = {
            f"memory: {self.memory} MB": not self.memory.is_flat(MAX_RISE_MB),
            f"descriptors: {self.descriptors}": not self.descriptors.is_flat(MAX_MORE),
            f"tasks: {self.tasks}": not self.tasks.is_flat(MAX_MORE),
            f"{after.documents} documents stay open": after.documents > 0,
            f"{after.connections} connections stay open": after.connections > 0,
            f"{after.sessions} sessions stay open": after.sessions > 0,
            f"{after.tasks} tasks are left, there were {before.tasks}": after.tasks > before.tasks,
            f"{after.descriptors} descriptors are left, there were {before.descriptors}": after.descriptors
            > before.descriptors + MAX_MORE,
            f"{len(self.broken)} promises are broken, such as: {self.broken[:1]}": bool(self.broken),
        }
        return [text for text, is_fault in checks.items() if is_fault]


def trend_of(points: Sequence[tuple[float, float]]) -> Trend:
    """Of at least three points: seconds and value."""
    times, values = zip(*points, strict=True)
    slope, intercept = statistics.linear_regression(times, values)
    residual = sum((value - intercept - slope * at) ** 2 for at, value in points)
    error = (residual / (len(points) - 2) / statistics.pvariance(times) / len(points)) ** 0.5
    seconds = times[-1] - times[0]
    return Trend(slope * seconds, error * seconds, seconds)


class _Churn:
    """People who come and go, documents that come and go, a replica that comes and goes."""

    def __init__(self, ground: Ground, chance: random.Random) -> None:
        self._ground = ground
        self._chance = chance
        self._teams = [self._new_team() for _ in range(_DOCUMENTS)]
        self.joins = 0
        self.documents = _DOCUMENTS
        self.restarts = 0
        self.retired: list[Team] = []
        """The last few documents that were left for good."""

    def _new_team(self) -> Team:
        return self._ground.team([])

    @asynccontextmanager
    async def going(self) -> AsyncGenerator[None]:
        work = [*(self._visit() for _ in range(_PEOPLE)), self._retire(), self._restart()]
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(each) for each in work]
            yield
            for task in tasks:
                task.cancel()

    async def kept(self) -> list[str]:
        async with self._ground.archive() as archive:
            teams = self._teams + self.retired
            found = [await kept(archive, team.document, team.account.promise()) for team in teams]
        return [fault for each in found for fault in each]

    async def _visit(self) -> None:
        while True:
            team = self._chance.choice(self._teams)
            editor = self._ground.editor(team, self._chance.choice(PROTOCOLS), self._ground.door())
            self.joins += 1
            async with present([editor]):
                await eventually(lambda editor=editor: editor.is_synced, "joining", 30)
                async with typing([editor], every_s=_EVERY_S):
                    await asyncio.sleep(self._chance.uniform(*_STAY_S))

    async def _retire(self) -> None:
        while True:
            await asyncio.sleep(_RETIRE_EVERY_S)
            for at, team in enumerate(self._teams):
                if sum(len(editor.entries) for editor in team.account.editors) > _RETIRE_ENTRIES:
                    self.retired = [*self.retired[-4:], team]
                    self._teams[at] = self._new_team()
                    self.documents += 1

    async def _restart(self) -> None:
        _, other = self._ground.replicas
        while True:
            await asyncio.sleep(_RESTART_EVERY_S)
            code = await asyncio.to_thread(other.process.stop)
            if code:
                raise RuntimeError(f"the replica that was stopped ended with {code}")
            await asyncio.to_thread(self._ground.revive, other)
            self.restarts += 1


def _sample(replica: Replica, began: float) -> Sample:
    process = psutil.Process(replica.process.process.pid)
    return Sample(
        at_s=round(time.monotonic() - began, 1),
        rss_mb=round(process.memory_info().rss / 1e6, 2),
        descriptors=process.num_fds(),
        tasks=int(replica.metric("collab_tasks")),
        documents=int(replica.metric("collab_documents_open")),
        connections=int(replica.metric("collab_connections_open")),
        sessions=int(replica.metric("collab_sessions_open")),
        operations=int(replica.metric("collab_operations_committed_total")),
    )


async def _quiet(replica: Replica, began: float) -> Sample:
    """Once every document has left memory and connections have been given up."""

    async def is_quiet() -> bool:
        await asyncio.sleep(0.5)
        sample = await asyncio.to_thread(_sample, replica, began)
        return not (sample.documents or sample.connections or sample.sessions)

    await eventually(is_quiet, "everything being left", 60)
    samples: list[Sample] = []
    for _ in range(5):
        await asyncio.sleep(0.5)
        samples.append(await asyncio.to_thread(_sample, replica, began))
    # At any one moment something short may be going on.
    return min(samples, key=lambda sample: sample.tasks)


async def soak(ground: Ground, *, seconds: float, every_s: float, seed: int = 1) -> Report:
    """`ground` has no replica yet; a line is printed for every sample."""
    chance = random.Random(seed)
    ground.chance = random.Random(seed + 1)
    measured, _ = ground.start(2)
    began = time.monotonic()
    async with _Churn(ground, chance).going():
        await asyncio.sleep(_WARM_UP_S)
        # The object store's library is loaded by the first compaction.
        await eventually(lambda: measured.metric("collab_snapshots_total", outcome="made") > 0, "a compaction", 60)
    before = await _quiet(measured, began)
    churn = _Churn(ground, chance)
    samples: list[Sample] = []
    print(_HEAD, flush=True)
    async with churn.going():
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            await asyncio.sleep(every_s)
            samples.append(await asyncio.to_thread(_sample, measured, began))
            print(_row(samples[-1]), flush=True)
    after = await _quiet(measured, began)
    late = samples[len(samples) // 4 :]
    return Report(
        seconds=seconds,
        people=_PEOPLE,
        joins=churn.joins,
        documents=churn.documents,
        restarts=churn.restarts,
        memory=trend_of([(sample.at_s, sample.rss_mb) for sample in late]),
        descriptors=trend_of([(sample.at_s, sample.descriptors - sample.connections) for sample in late]),
        tasks=trend_of([(sample.at_s, sample.tasks) for sample in late]),
        before=before,
        after=after,
        samples=samples,
        broken=[*await churn.kept(), *ground.complaints()],
    )


_COLUMNS = ("at_s", "rss_mb", "descriptors", "tasks", "documents", "connections", "sessions", "operations")
_HEAD = " ".join(f"{name:>11}" for name in _COLUMNS)


def _row(sample: Sample) -> str:
    return " ".join(f"{getattr(sample, name):>11}" for name in _COLUMNS)


async def _run(seconds: float, every_s: float, directory: Path) -> Report:
    async with AsyncExitStack() as stack:
        office = stack.enter_context(TicketOffice().open())
        ground = stack.enter_context(opened(directory, office, **_SETTINGS))
        return await soak(ground, seconds=seconds, every_s=every_s)


def main() -> int:
    """Returns 1 when something is not flat."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--every", type=float, default=30.0, metavar="SECONDS", help="between two samples")
    parser.add_argument("--json", type=Path, default=RESULT, metavar="FILE")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="collab-soak-") as directory,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        report = runner.run(_run(options.minutes * 60, options.every, Path(directory)))
    options.json.parent.mkdir(exist_ok=True)
    options.json.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    print(
        f"{report.joins} joins of {report.documents} documents, {report.restarts} restarts; memory {report.memory} MB,"
        f" descriptors {report.descriptors}, tasks {report.tasks}"
    )
    for fault in report.faults():
        print(f"NOT FLAT: {fault}")
    return 1 if report.faults() else 0


if __name__ == "__main__":
    sys.exit(main())
