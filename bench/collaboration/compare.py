"""Our collaboration service beside its peers: same load client, same shapes, one processor for each server in turn.

    .venv/bin/python -m bench.collaboration.compare                      # everything: about 20 minutes
    .venv/bin/python -m bench.collaboration.compare --shape 1x100x50@2000 --server collab --server hocuspocus

Ours has its PostgreSQL (fsync on) on the same processor and acknowledges after the commit; the peers keep documents in
memory. A server that ends connections or delivers nothing in time is shown with what it did deliver.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

import msgspec
import uvloop

from bench.collaboration.edit_latency import RESULTS, parse_shape
from bench.collaboration.load import Percentiles, Protocol, Shape, measure
from bench.collaboration.peers import PEERS, RunningPeer, install, running_peer
from bench.collaboration.standalone import Standalone, standalone

OURS: Final = "collab"
SERVERS: Final = (OURS, *PEERS)

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


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One server under one shape, the run with the median p99 of its repeats."""

    server: str
    shape: str
    goal_ms: float | None
    visible: Percentiles | None
    """`None`: it ended connections."""
    undelivered: int
    unacknowledged: int
    messages_per_s: int
    client_late_p99_ms: float | None
    server_mb: float
    cpu_percent: int
    """Of its processor, with its database."""
    runs: int
    p99_ms: list[float]
    remark: str = ""


async def run(server: str, name: str, shape: Shape, process: Standalone | RunningPeer, *, repeats: int) -> Row:
    """Measure one shape several times."""
    protocol: Protocol = "hocuspocus" if server == OURS else PEERS[server].protocol
    results: list[tuple[float, Row]] = []
    remark = ""
    for seed in range(1, repeats + 1):
        before = sum(process.cpu_seconds())
        try:
            result = await asyncio.wait_for(measure(shape, door=process.door, protocol=protocol, seed=seed), 120)
        except (ConnectionError, TimeoutError, OSError) as error:
            remark = str(error) or "took longer than 120 s"
            continue
        cpu = sum(process.cpu_seconds()) - before
        row = Row(
            server=server,
            shape=name,
            goal_ms=GOALS_MS.get(name) if server == OURS else None,
            visible=result.visible,
            undelivered=result.undelivered,
            unacknowledged=result.unacknowledged,
            messages_per_s=result.messages_per_s,
            client_late_p99_ms=result.late.p99_ms,
            server_mb=process.resident_mb(),
            cpu_percent=round(100 * cpu / shape.seconds),
            runs=repeats,
            p99_ms=[],
        )
        results.append((result.visible.p99_ms or float("inf"), row))
    if not results:
        return Row(
            server=server,
            shape=name,
            goal_ms=GOALS_MS.get(name) if server == OURS else None,
            visible=None,
            undelivered=0,
            unacknowledged=0,
            messages_per_s=0,
            client_late_p99_ms=None,
            server_mb=process.resident_mb(),
            cpu_percent=0,
            runs=repeats,
            p99_ms=[],
            remark=remark,
        )
    results.sort(key=lambda pair: pair[0])
    median = results[len(results) // 2][1]
    return msgspec.structs.replace(median, p99_ms=[p99 for p99, _ in results], remark=remark)


def open_server(name: str, processor: int | None) -> AbstractContextManager[Standalone | RunningPeer]:
    if name == OURS:
        return standalone(processor=processor)
    return running_peer(PEERS[name], processor=processor)


def head() -> str:
    return (
        f"{'shape':18} {'server':12} {'p50':>8} {'p95':>8} {'p99':>8} {'p99 of runs':>22} {'goal':>6} {'lost':>7}"
        f" {'unacked':>8} {'msg/s':>8} {'late p99':>9} {'CPU %':>6} {'MB':>7}"
    )


def line(row: Row) -> str:
    if row.visible is None:
        return f"{row.shape:18} {row.server:12} {row.remark}"
    figures = " ".join(f"{value if value is not None else float('nan'):8.1f}" for value in _figures(row.visible))
    runs = "/".join(f"{p99:.1f}" for p99 in row.p99_ms)
    goal = "" if row.goal_ms is None else f"{row.goal_ms:g}"
    met = "" if row.goal_ms is None or (row.visible.p99_ms or 1e9) <= row.goal_ms else "  MISSED"
    return (
        f"{row.shape:18} {row.server:12} {figures} {runs:>22} {goal:>6} {row.undelivered:7d} {row.unacknowledged:8d}"
        f" {row.messages_per_s:8d} {row.client_late_p99_ms or 0:9.2f} {row.cpu_percent:6d} {row.server_mb:7.1f}{met}"
    )


def _figures(values: Percentiles) -> tuple[float | None, ...]:
    return values.p50_ms, values.p95_ms, values.p99_ms


def compare(servers: Sequence[str], shapes: Sequence[str], seconds: float, repeats: int) -> list[Row]:
    """Every server under every shape, each shape on a fresh server."""
    processors = sorted(os.sched_getaffinity(0))
    processor = None
    if len(processors) > 1:
        processor = processors[0]
        os.sched_setaffinity(0, set(processors[1:]))
    if set(servers) & set(PEERS):
        install()
    rows: list[Row] = []
    print(head())
    for name in shapes:
        for server in servers:
            shape = parse_shape(name, seconds)
            with (
                open_server(server, processor) as process,
                asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
            ):
                row = runner.run(run(server, name, shape, process, repeats=repeats))
            rows.append(row)
            print(line(row), flush=True)
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", action="append", metavar="SHAPE", help=f"default: {' '.join(GOALS_MS)}")
    parser.add_argument("--server", action="append", choices=SERVERS, help="default: all")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", type=Path, default=RESULTS / "collaboration.json", metavar="FILE")
    options = parser.parse_args()
    shapes: Sequence[str] = options.shape or tuple(GOALS_MS)
    try:
        for name in shapes:
            parse_shape(name, options.seconds)
    except ValueError as error:
        parser.error(str(error))
    rows = compare(options.server or SERVERS, shapes, options.seconds, options.repeats)
    options.json.write_bytes(msgspec.json.format(msgspec.json.encode(rows), indent=2) + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
