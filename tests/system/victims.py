"""Every process of an environment that somebody may kill, and how to find it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import psutil

from tests.system.processes import command_line
from tests.system.project import Project

Find = Callable[[Project], int]
"""The process's id. Raises ``AssertionError`` where it does not run."""

COMPONENTS = ("postgresql", "valkey", "seaweedfs", "auth", "user", "document", "collaboration", "gateway")


def replaced(find: Find, project: Project, victim: int) -> bool:
    """Whether another process has taken a victim's place."""
    try:
        return find(project) != victim
    except AssertionError:
        return False


def main_process(component: str, replica: int = 0) -> Find:
    """The process that a replica's others descend from."""
    return lambda project: project.pid(component, replica)


def _gateway_worker(project: Project) -> int:
    workers = [
        child.pid for child in psutil.Process(project.pid("gateway")).children() if "worker" in command_line(child)
    ]
    assert workers, "the gateway has no worker"
    return workers[0]


def _started_with(argument: str) -> Find:
    """The process that has this in its command line."""

    def find(project: Project) -> int:
        found = [process.pid for process in project.processes() if argument in command_line(process)]
        assert found, f"no {argument}"
        return min(found)

    return find


VICTIMS: Mapping[str, Find] = {
    **{component: main_process(component) for component in COMPONENTS},
    "gateway worker": _gateway_worker,
    "supervisord": _started_with("supervisord.conf"),
    "keeper": _started_with("keeper.py"),
}
