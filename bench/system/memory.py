"""Resident memory of the whole system, by component, after two people wrote together.

A process counts with its proportional set size (PSS): what processes share is split between them, so that the sum
counts no page twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import psutil

from bench.system.report import Machine, Series, publish
from tests.system.local import running
from tests.system.processes import processes_of, proportional_memory_bytes
from tests.system.project import Project
from tests.system.running import Running, writers

RUNS = 3
GOAL_MB = 800
SUPERVISION = "supervision"
ENTRIES = 500


def main() -> None:
    """Measure and publish."""
    machine = Machine.here()
    samples: list[Mapping[str, float]] = []
    for _ in range(RUNS):
        with running(prefix="bench") as environment:
            _work(environment)
            samples.append(memory_mb(environment.project))
    names = sorted(samples[0], key=lambda name: -samples[0][name])
    total = tuple(sum(sample.values()) for sample in samples)
    publish(
        "memory",
        "Memory of the whole system, after two people wrote together (PSS)",
        [
            Series(name="all of it", unit="MB", values=total, goal=GOAL_MB),
            *(Series(name=name, unit="MB", values=tuple(sample[name] for sample in samples)) for name in names),
        ],
        machine=machine,
    )


def memory_mb(project: Project) -> Mapping[str, float]:
    """PSS of each component with all its processes; what belongs to none is supervision."""
    owner: dict[int, str] = {}
    for component in project.status().components:
        for replica in component.replicas:
            if replica.pid is not None:
                root = psutil.Process(replica.pid)
                owner |= {process.pid: component.name for process in (root, *root.children(recursive=True))}
    sums: defaultdict[str, float] = defaultdict(float)
    for process in processes_of(project.root):
        sums[owner.get(process.pid, SUPERVISION)] += proportional_memory_bytes(process) / 1e6
    return dict(sums)


def _work(environment: Running) -> None:
    """Use every part once, so that lazily taken memory is counted."""
    with writers(environment) as people:
        people.start(every_ms=10)
        people.ann.wait_saved(ENTRIES, timeout_s=60)
        people.settle()


if __name__ == "__main__":
    main()
