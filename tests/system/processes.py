"""Which processes belong to a project, whoever started them and whatever they call themselves now."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path

import psutil


def processes_of(folder: Path) -> set[psutil.Process]:
    """Every living process that runs in ``folder``, was started with a path in it, or descends from such a one.

    Servers overwrite their command line and even their environment (nginx, PostgreSQL), so all three are looked at.
    """
    mine = psutil.Process(os.getpid())
    spared = {mine, *mine.parents()}
    found: set[psutil.Process] = set()
    for process in psutil.process_iter():
        if process not in spared and _belongs(process, str(folder)):
            found.add(process)
            found.update(_descendants(process))
    return {process for process in found if alive(process)}


def alive(process: psutil.Process) -> bool:
    """Whether a process still runs (a zombie does not)."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.NoSuchProcess, OSError):
        return False


def kill_now(pid: int) -> psutil.Process:
    """SIGKILL one process and wait until it is gone. Returns what it was."""
    process = psutil.Process(pid)
    process.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 30
    while alive(process):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{pid} survived SIGKILL")
        time.sleep(0.01)
    return process


def command_line(process: psutil.Process) -> str:
    """How a process was started, or what it calls itself now; empty for one that is gone."""
    try:
        return " ".join(process.cmdline())
    except (psutil.Error, OSError):  # OSError while it is on its way out
        return ""


def describe(processes: Iterable[psutil.Process]) -> list[str]:
    """One line for each process, for a failure's message."""
    return [f"{process.pid} {command_line(process)[:160]}" for process in processes]


def remaining(processes: Iterable[psutil.Process], *, within_s: float) -> list[psutil.Process]:
    """Those that are still there after the time that the kernel may need to bury the dying."""
    deadline = time.monotonic() + within_s
    while left := [process for process in processes if alive(process)]:
        if time.monotonic() > deadline:
            break
        time.sleep(0.05)
    return left


def proportional_memory_bytes(process: psutil.Process) -> int:
    """PSS: its private memory and its share of what it shares, so that a sum over processes counts nothing twice."""
    return int(process.memory_full_info().pss)


def _belongs(process: psutil.Process, folder: str) -> bool:
    try:
        if process.cwd().startswith(folder) or any(folder in argument for argument in process.cmdline()):
            return True
        return any(folder in value for value in process.environ().values())
    except (psutil.Error, OSError):
        return False


def _descendants(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except (psutil.Error, OSError):
        return []
