"""A small disk, and how to fill it."""

import os
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

__all__ = ["fill", "mounted"]


@contextmanager
def mounted(place: Path, *, megabytes: int) -> Generator[Path]:
    """A file system of its own at a directory that exists; skips where this machine lets nobody mount one."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "collab-test", str(place)]
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("mounting a small file system takes root")
    done = subprocess.run(mount, capture_output=True, text=True, check=False, timeout=10)
    if done.returncode:
        pytest.skip(f"this machine mounts no tmpfs: {done.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True, timeout=10)


def fill(path: Path) -> None:
    """Take every byte there is."""
    with path.open("wb", buffering=0) as file:
        for size in (1 << 24, 1 << 16, 1 << 12):
            block = b"\0" * size
            try:
                while True:
                    file.write(block)
            except OSError:
                continue
