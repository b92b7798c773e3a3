"""Processes that a killed supervisord left behind: found by where and what they run, and stopped in order."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from collab_platform.blueprint import Kind
from collab_platform.targets.local.state import Footprint

STOP_ORDER: tuple[Kind, ...] = ("gateway", "service", "datastore")
_KILL_WAIT_S = 5.0


@dataclass(frozen=True, slots=True)
class Orphan:
    """A process of a replica. ``leads``: its parent is no process of the environment."""

    replica: str
    footprint: Footprint
    process: psutil.Process
    leads: bool


def find_orphans(programs: Mapping[str, Footprint]) -> list[Orphan]:
    """Every process that runs a program's binary in that program's own directory.

    Both must hold: an operator's shell that stands in such a directory is not ours.
    """
    by_directory = {footprint.directory: (replica, footprint) for replica, footprint in programs.items()}
    found: dict[int, tuple[str, Footprint, psutil.Process]] = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            known = by_directory.get(process.cwd())
            if known and _runs(process, known[1]) and process.status() != psutil.STATUS_ZOMBIE:
                found[process.pid] = (*known, process)
    orphans: list[Orphan] = []
    for replica, footprint, process in found.values():
        with contextlib.suppress(psutil.Error):
            orphans.append(Orphan(replica, footprint, process, leads=process.ppid() not in found))
    return orphans


def stop_orphans(orphans: Sequence[Orphan], *, grace_s: float, told: Callable[[str], None] = lambda _: None) -> None:
    """Stop gateway, then services, then datastores, each as it wishes; what is left after ``grace_s`` is killed."""
    for kind in STOP_ORDER:
        batch = [orphan for orphan in orphans if orphan.footprint.kind == kind]
        if not batch:
            continue
        told("stopping " + ", ".join(dict.fromkeys(orphan.replica for orphan in batch)))
        for orphan in batch:
            if orphan.leads:
                # nginx is not asked to wait for its long connections: they end with the services anyway.
                name = "TERM" if orphan.footprint.stop_signal == "QUIT" else orphan.footprint.stop_signal
                with contextlib.suppress(psutil.Error):
                    orphan.process.send_signal(signal.Signals[f"SIG{name}"])
        patience_s = max(orphan.footprint.stop_wait_s for orphan in batch)
        alive = wait_gone([orphan.process for orphan in batch], timeout_s=min(patience_s, grace_s))
        for process in alive:
            with contextlib.suppress(psutil.Error):
                process.kill()
        wait_gone(alive, timeout_s=_KILL_WAIT_S)


def stop_process(pid: int, *, grace_s: float) -> None:
    """End a process that is ours, politely at first."""
    try:
        process = psutil.Process(pid)
        process.send_signal(signal.SIGTERM)
        if wait_gone([process], timeout_s=grace_s):
            process.kill()
            wait_gone([process], timeout_s=_KILL_WAIT_S)
    except psutil.NoSuchProcess:
        return


def wait_process(pid: int, *, timeout_s: float) -> bool:
    """Whether a process has ended within that time."""
    try:
        return not wait_gone([psutil.Process(pid)], timeout_s=timeout_s)
    except psutil.NoSuchProcess:
        return True


def wait_gone(processes: Sequence[psutil.Process], *, timeout_s: float) -> list[psutil.Process]:
    """Wait until processes have ended, whoever their parent is and whenever that one notices; those that have not."""
    deadline = time.monotonic() + timeout_s
    alive = [process for process in processes if _is_alive(process)]
    while alive and time.monotonic() < deadline:
        time.sleep(0.02)
        alive = [process for process in alive if _is_alive(process)]
    return alive


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _runs(process: psutil.Process, footprint: Footprint) -> bool:
    if footprint.argument:  # Python, whose own path is not always the one it was started by
        return footprint.argument in process.cmdline()
    return str(Path(process.exe()).resolve()) == footprint.executable
