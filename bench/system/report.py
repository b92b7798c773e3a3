"""What a benchmark found: a table for people, JSON for machines, with the machine it was found on."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import psutil

RESULTS = Path(__file__).resolve().parents[1] / "results"
SCHEMA = "collab/bench/v1"


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """Where it was measured. ``load_1m`` above the number of processors means: others were measured too."""

    processor: str
    processors: int
    memory_mb: int
    system: str
    python: str
    load_1m: float

    @classmethod
    def here(cls) -> Machine:
        return cls(
            processor=_processor(),
            processors=os.cpu_count() or 0,
            memory_mb=psutil.virtual_memory().total >> 20,
            system=f"{platform.system()} {platform.release()}",
            python=platform.python_version(),
            load_1m=round(os.getloadavg()[0], 2),
        )


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """One thing measured several times. ``goal`` is the largest median that is good enough, where there is one."""

    name: str
    unit: str
    values: tuple[float, ...]
    goal: float | None = None

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def met(self) -> bool | None:
        return None if self.goal is None else self.median <= self.goal


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """A series as it is stored."""

    name: str
    unit: str
    runs: int
    median: float
    min: float
    max: float
    goal: float | None
    met: bool | None
    values: tuple[float, ...]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A benchmark's result file."""

    schema: str = SCHEMA
    benchmark: str
    what: str
    taken_at: datetime
    machine: Machine
    series: tuple[Summary, ...]


def publish(benchmark: str, what: str, series: Sequence[Series], *, machine: Machine) -> None:
    """Print the table and write ``bench/results/<benchmark>.json``; ``machine`` is as it was before the measuring."""
    report = Report(
        benchmark=benchmark,
        what=what,
        taken_at=datetime.now(UTC).replace(microsecond=0),
        machine=machine,
        series=tuple(_summary(each) for each in series),
    )
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{benchmark}.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    print(f"\n{what}")
    print("\n".join(table(report.series)))
    print(
        f"  {machine.processors} x {machine.processor}, load {machine.load_1m}; {path.relative_to(RESULTS.parents[1])}"
    )


def table(series: Sequence[Summary]) -> list[str]:
    """One line for each series: median, spread, goal."""
    width = max(len(each.name) for each in series)
    lines = [f"  {'':{width}}  {'median':>10} {'min':>10} {'max':>10}  {'unit':<5} {'goal':>8}"]
    for each in series:
        goal = "" if each.goal is None else f"< {each.goal:g}"
        verdict = {None: "", True: "met", False: "MISSED"}[each.met]
        lines.append(
            f"  {each.name:{width}}  {each.median:>10.2f} {each.min:>10.2f} {each.max:>10.2f}"
            f"  {each.unit:<5} {goal:>8} {verdict}".rstrip()
        )
    return lines


def _summary(series: Series) -> Summary:
    return Summary(
        name=series.name,
        unit=series.unit,
        runs=len(series.values),
        median=round(series.median, 3),
        min=round(min(series.values), 3),
        max=round(max(series.values), 3),
        goal=series.goal,
        met=series.met,
        values=tuple(round(value, 3) for value in series.values),
    )


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
