"""Whether two processes serve twice the documents.

A machine of two processors, one of which drives the load, cannot show two servers at full speed. What it can show is
what the second process costs: some documents on one process, then twice as many on two, each process with as much to do
as the one before, all on the one processor, with PostgreSQL and Valkey counted. Replicas tell each other of every
commit, so an edit could well cost more with two of them. Where it takes no more processor time, two processors carry
twice the documents; where it takes more, so much less. Twice the documents on one process is there for comparison.
Waiting for one another in PostgreSQL would show in the latencies.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from bench.collaboration.load import Result, Shape, measure
from bench.collaboration.parts import FAILURES, Run, in_loop, reason
from bench.collaboration.results import ScaleRow
from bench.collaboration.servers import OURS
from bench.collaboration.standalone import Standalone, standalone

__all__ = ["run", "times_served"]

_CLIENTS: Final = 10
_DOCUMENTS: Final = 15
_RATE_PER_DOCUMENT: Final = 100.0
_QUICK_DOCUMENTS: Final = 4
_RUN_LIMIT_S: Final = 120.0


def run(run: Run) -> None:
    """Ours only: the peers keep a document in one process."""
    if OURS not in run.servers:
        return
    documents = _QUICK_DOCUMENTS if run.quick else _DOCUMENTS
    print(f"{'processes':>9} {'documents':>9} {'edits/s':>8} {'us CPU/edit':>11} {'CPU %':>6} {'p99':>7} {'lost':>6}")
    for processes, each in ((1, documents), (1, 2 * documents), (2, documents)):
        row = _measure(run, processes, each)
        run.results.add(row)
        print(line(row), flush=True)
    times = times_served(run.results.report.scale)
    print("two processes serve", "-" if times is None else f"{times:.2f} times what one does, on a processor each")


def times_served(rows: Sequence[ScaleRow]) -> float | None:
    """How many times the documents of one process two serve with a processor each; `None` without the figures."""
    cost = {(row.processes, row.documents): row.cpu_us_per_edit for row in rows if row.cpu_us_per_edit}
    for (processes, documents), of_one in cost.items():
        if processes == 1 and (of_two := cost.get((2, 2 * documents))) is not None:
            return round(2 * of_one / of_two, 2)
    return None


def _measure(run: Run, processes: int, documents: int) -> ScaleRow:
    total = processes * documents
    rate = total * _RATE_PER_DOCUMENT
    try:
        with standalone(processor=run.processor, replicas=processes) as server:
            runs = [in_loop(_load(server, documents, run.seconds)) for _ in range(run.repeats)]
    except FAILURES as error:
        return ScaleRow(server=OURS, processes=processes, documents=total, edits_per_s=rate, remark=reason(error))
    runs.sort(key=_cpu)
    median = runs[len(runs) // 2]
    worst = max(median, key=lambda result: result.visible.p99_ms or 1e9)
    return ScaleRow(
        server=OURS,
        processes=processes,
        documents=total,
        edits_per_s=rate,
        cpu_us_per_edit=round(1e6 * _cpu(median) / sum(result.edits for result in median), 1),
        cpu_percent=round(100 * _cpu(median) / run.seconds),
        visible=worst.visible,
        undelivered=sum(result.undelivered for result in median),
    )


def _cpu(results: list[Result]) -> float:
    """Each has measured all processes, at nearly the same time."""
    return sum(result.cpu_s or 0 for result in results) / len(results)


async def _load(server: Standalone, documents: int, seconds: float) -> list[Result]:
    """The same load on every replica at once, each with documents of its own."""
    shape = Shape(
        documents=documents,
        clients=_CLIENTS,
        writers=_CLIENTS,
        edits_per_s=documents * _RATE_PER_DOCUMENT,
        seconds=seconds,
    )
    work = [
        measure(shape, door=door, protocol="hocuspocus", seed=seed, meter=lambda: sum(server.cpu_seconds()))
        for seed, door in enumerate(server.doors, 1)
    ]
    return await asyncio.wait_for(asyncio.gather(*work), _RUN_LIMIT_S)


def line(row: ScaleRow) -> str:
    if row.visible is None:
        return f"{row.processes:9d} {row.documents:9d} {row.remark}"
    return (
        f"{row.processes:9d} {row.documents:9d} {row.edits_per_s:8.0f} {row.cpu_us_per_edit:11.1f}"
        f" {row.cpu_percent:6d} {row.visible.p99_ms or 0:7.1f} {row.undelivered:6d}"
    )
