"""How long `collab up` takes: into an empty state directory, where everything stands, and after a stop.

What was installed once (the wheels, the built editor) is there, as after `make setup`; the file cache is warm.
"""

from __future__ import annotations

from bench.system.report import Machine, Series, publish
from tests.system.project import throwaway

RUNS = 3
COLD_GOAL_S = 15
AGAIN_GOAL_S = 3


def main() -> None:
    """Measure and publish."""
    machine = Machine.here()
    with throwaway(prefix="bench") as project:
        project.up()  # builds the editor where that was not done yet, and fills the file cache
    cold: list[float] = []
    again: list[float] = []
    stopping: list[float] = []
    warm: list[float] = []
    for _ in range(RUNS):
        with throwaway(prefix="bench") as project:
            cold.append(project.up().elapsed_s)
            again.extend(project.up().elapsed_s for _ in range(RUNS))
            stopping.append(project.down().elapsed_s)
            warm.append(project.up().elapsed_s)
    publish(
        "startup",
        "Standing the whole system up",
        [
            Series(name="first `collab up`, empty state", unit="s", values=tuple(cold), goal=COLD_GOAL_S),
            Series(name="`collab up` where all stands", unit="s", values=tuple(again), goal=AGAIN_GOAL_S),
            Series(name="`collab down`", unit="s", values=tuple(stopping)),
            Series(name="`collab up` after it", unit="s", values=tuple(warm)),
        ],
        machine=machine,
    )


if __name__ == "__main__":
    main()
