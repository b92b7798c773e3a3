"""What processes use, and where they run."""

import os
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psutil

__all__ = ["confined", "cpu_seconds", "family", "forget_peak", "peak_mb", "resident_mb", "take_processors"]

_KIB: Final = 1024


@contextmanager
def confined(processor: int | None) -> Generator[None]:
    """What is started meanwhile, with all threads and children that it ever has, stays on one processor."""
    if processor is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {processor})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def take_processors() -> int | None:
    """The processor for servers, this process keeping the others; `None` when there is only one for all."""
    first, *others = sorted(os.sched_getaffinity(0))
    if not others:
        return None
    os.sched_setaffinity(0, others)
    return first


def family(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def cpu_seconds(processes: Iterable[psutil.Process]) -> float:
    """User and system time used so far; by a process that has ended, what its parent has collected of it."""
    total = 0.0
    for process in processes:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


def resident_mb(processes: Iterable[psutil.Process]) -> float:
    return round(sum(process.memory_info().rss for process in processes) / 1e6, 1)


def peak_mb(processes: Iterable[psutil.Process]) -> float:
    """The most that each has ever had resident, or since `forget_peak`, added up."""
    return round(sum(_status_kib(process.pid, "VmHWM") for process in processes) * _KIB / 1e6, 1)


def forget_peak(processes: Iterable[psutil.Process]) -> None:
    for process in processes:
        Path(f"/proc/{process.pid}/clear_refs").write_text("5")  # proc(5): resets VmHWM


def _status_kib(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
