"""How soon others see an edit, under every shape of the goals."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from bench.collaboration.load import Shape, measure
from bench.collaboration.parts import FAILURES, Run, in_loop, reason
from bench.collaboration.peers import PeerFailed
from bench.collaboration.results import ShapeRow
from bench.collaboration.servers import OURS, Server, dialect, open_server
from bench.collaboration.shape import parse_shape
from bench.collaboration.verdicts import is_harder, saturation

__all__ = ["GOALS_MS", "QUICK", "head", "line", "measure_one", "run"]

GOALS_MS: Final = {
    "1x100x50@1000": None,
    "1x100x50@2000": 8.0,
    "1x300x100@4000": None,
    "1x300x100@8000": 25.0,
    "1x1000x1@20": None,
    "1x1000x100@2000": None,
    "1x1000x100@4000": 50.0,
    "1x1500x1@20": 40.0,
    "50x10x10@5000": 8.0,
    "100x10x10@12000": 15.0,
}
"""Shapes, each with what our p99 is to stay under."""

QUICK: Final = ("1x20x10@200", "5x5x5@200")
_COMPARED: Final = (OURS, "hocuspocus")
"""Measured as often as asked; of the others one run says enough."""
_RUN_LIMIT_S: Final = 120.0


def run(run: Run, shapes: Sequence[str]) -> None:
    """Every server under every shape, each shape on a fresh server."""
    beyond: dict[str, list[str]] = {}
    print(head(), flush=True)
    for name in shapes:
        shape = parse_shape(name, run.seconds)
        for server in run.servers:
            gave_up = [each for each in beyond.get(server, []) if is_harder(shape, parse_shape(each, run.seconds))]
            if gave_up and server not in _COMPARED:
                row = ShapeRow(server=server, shape=name, remark=f"not run: saturated by {gave_up[0]} already")
            else:
                repeats = run.repeats if server in _COMPARED else 1
                row = measure_one(run, server, name, repeats=repeats)
                if row.saturated is not None:
                    beyond.setdefault(server, []).append(name)
            run.results.add(row)
            print(line(row), flush=True)


def measure_one(
    run: Run, server: str, name: str, *, repeats: int, settings: Mapping[str, str] | None = None
) -> ShapeRow:
    """The median of that many runs on one fresh server; `settings` are for ours, as environment variables."""
    shape = parse_shape(name, run.seconds)
    try:
        with open_server(server, run.processor, settings) as process:
            return in_loop(_repeat(server, name, shape, process, repeats))
    except PeerFailed as error:
        return ShapeRow(server=server, shape=name, remark=reason(error))
    except FAILURES as error:
        return ShapeRow(server=server, shape=name, remark=reason(error), saturated="did not last")


async def _repeat(server: str, name: str, shape: Shape, process: Server, repeats: int) -> ShapeRow:
    rows: list[ShapeRow] = []
    remark = ""
    for seed in range(1, repeats + 1):
        try:
            work = measure(
                shape,
                door=process.door,
                protocol=dialect(server),
                seed=seed,
                meter=lambda: sum(process.cpu_seconds()),
            )
            result = await asyncio.wait_for(work, _RUN_LIMIT_S)
        except FAILURES as error:
            remark = f"run {seed}: {reason(error)}"
            continue
        p99_ms = result.visible.p99_ms
        cpu_percent = round(100 * (result.cpu_s or 0) / shape.seconds)
        rows.append(
            ShapeRow(
                server=server,
                shape=name,
                visible=result.visible,
                undelivered=result.undelivered,
                unacknowledged=result.unacknowledged,
                messages_per_s=result.messages_per_s,
                client_late_p99_ms=result.late.p99_ms,
                server_mb=process.resident_mb(),
                cpu_percent=cpu_percent,
                saturated=saturation(p99_ms=p99_ms, undelivered=result.undelivered, cpu_percent=cpu_percent),
            )
        )
    if not rows:
        return ShapeRow(server=server, shape=name, remark=remark, saturated="did not last")
    rows.sort(key=_p99)
    median = rows[len(rows) // 2]
    return msgspec.structs.replace(median, p99_ms=[_p99(row) for row in rows if row.visible], remark=remark)


def _p99(row: ShapeRow) -> float:
    return (row.visible and row.visible.p99_ms) or 1e9


def head() -> str:
    return (
        f"{'shape':16} {'server':16} {'p50':>8} {'p95':>8} {'p99':>8} {'p99 of runs':>22} {'goal':>5} {'lost':>9}"
        f" {'unacked':>8} {'msg/s':>7} {'late p99':>8} {'CPU %':>5} {'MB':>6}"
    )


def line(row: ShapeRow) -> str:
    if row.visible is None:
        return f"{row.shape:16} {row.server:16} {row.remark}"
    found = (row.visible.p50_ms, row.visible.p95_ms, row.visible.p99_ms)
    figures = " ".join(f"{value if value is not None else float('nan'):8.1f}" for value in found)
    runs = "/".join(f"{p99:.1f}" for p99 in row.p99_ms)
    wanted = GOALS_MS.get(row.shape) if row.server == OURS else None
    goal = "" if wanted is None else f"{wanted:g}"
    missed = "  MISSED" if wanted is not None and _p99(row) > wanted else ""
    return (
        f"{row.shape:16} {row.server:16} {figures} {runs:>22} {goal:>5} {row.undelivered:9d} {row.unacknowledged:8d}"
        f" {row.messages_per_s:7d} {row.client_late_p99_ms or 0:8.2f} {row.cpu_percent:5d} {row.server_mb:6.0f}"
        f"{missed}  {row.saturated or ''}".rstrip()
    )
