"""What a machine has: questions that both the preflight and the checks of a running environment ask."""

from __future__ import annotations

import shutil
from pathlib import Path

from collab_platform.checks import CheckFailed

DISK_WARNING_BYTES = 2 << 30
DISK_ERROR_BYTES = 300 << 20


def nearest_existing(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.exists())


def check_disk(path: Path, *, at_least_bytes: int) -> str:
    """How much is free where ``path`` is or will be. Raises :class:`CheckFailed` if it is less."""
    free = shutil.disk_usage(nearest_existing(path)).free
    if free < at_least_bytes:
        raise CheckFailed(f"{size(free)} free at {path}, less than {size(at_least_bytes)}")
    return f"{size(free)} free"


def size(count: int) -> str:
    """``1.5 GiB``."""
    value = float(count)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if value < 1024:
            return f"{value:.0f} {unit}" if unit == "bytes" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} TiB"
