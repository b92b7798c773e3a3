"""A control group for what the tests start, in every hierarchy that this machine has (cgroups(7)), and its removal."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

REMOVE_TIMEOUT_S = 60
CONTROLLERS = frozenset({"cpu", "cpuset", "hugetlb", "io", "memory", "pids"})


def create(name: str) -> None:
    """Make the group ``/<name>``, with the controllers that a container runtime sets limits by."""
    for hierarchy, unified in _hierarchies():
        group = hierarchy / name
        if unified:
            _delegate(hierarchy)
        group.mkdir(exist_ok=True)
        if unified:
            _delegate(group)
        for setting in ("cpuset.cpus", "cpuset.mems"):
            # Version 1 starts a group with no processor and no memory to run on.
            if not unified and (group / setting).exists() and not (group / setting).read_text().strip():
                (group / setting).write_text((hierarchy / setting).read_text())


def remove(name: str) -> None:
    """Remove the group and those below it; their processes have ended.

    :raises OSError: the kernel still counts a process in one of them after a minute.
    """
    deadline = time.monotonic() + REMOVE_TIMEOUT_S
    for hierarchy, _ in _hierarchies():
        while (hierarchy / name).exists():
            try:
                _remove_tree(hierarchy / name)
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)


def _remove_tree(group: Path) -> None:
    for below in group.iterdir():
        if below.is_dir():
            _remove_tree(below)
    group.rmdir()


def _delegate(group: Path) -> None:
    have = (group / "cgroup.controllers").read_text().split()
    for controller in CONTROLLERS.intersection(have):
        # Refused where processes of their own stand in the group; the runtime then says which limit it misses.
        with suppress(OSError):
            (group / "cgroup.subtree_control").write_text(f"+{controller}")


def _hierarchies() -> list[tuple[Path, bool]]:
    """Mount points, and whether each is the unified hierarchy of version 2."""
    mounts = (line.split() for line in Path("/proc/self/mounts").read_text().splitlines())
    return [(Path(fields[1]), fields[2] == "cgroup2") for fields in mounts if fields[2] in {"cgroup", "cgroup2"}]
