"""Becomes nginx, after ending what an nginx before it left behind.

When nginx's master is killed its workers live on, keep the ports, and serve an old configuration for good; nginx itself
neither notices nor replaces them. They are known by running the same binary in the same working directory with no
living master above them.

Run by its path, as ``python launch.py BINARY ARGUMENT...``: a restart does not wait for imports that it has no use for.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Container
from pathlib import Path

import psutil

_GRACE_S = 2.0


def end_orphans(binary: Path, directory: Path) -> int:
    """End the orphaned nginx processes of ``directory``, within 4 s; how many there were."""
    executable = binary.resolve()
    mine = {process.pid: process for process in psutil.process_iter() if _runs(process, executable, directory)}
    orphans = [process for process in mine.values() if _is_orphan(process, mine)]
    for process in orphans:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    _, alive = psutil.wait_procs(orphans, timeout=_GRACE_S)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=_GRACE_S)
    return len(orphans)


def _runs(process: psutil.Process, executable: Path, directory: Path) -> bool:
    try:
        return Path(process.exe()).resolve() == executable and Path(process.cwd()) == directory
    except (psutil.Error, OSError):  # somebody else's, or gone
        return False


def _is_orphan(process: psutil.Process, family: Container[int]) -> bool:
    try:
        return process.ppid() not in family and "master process" not in " ".join(process.cmdline())
    except psutil.Error:
        return False


if __name__ == "__main__":
    end_orphans(Path(sys.argv[1]), Path.cwd())
    os.execv(sys.argv[1], sys.argv[1:])  # noqa: S606 - this is what it is for
