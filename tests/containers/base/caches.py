"""Where what is slow to make is kept between runs, by a hash of what it is made from."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock

UNUSED_AFTER_S = 7 * 86_400


def root() -> Path:
    """The cache directory: ``COLLAB_TEST_CACHE``, or one beneath the user's own."""
    if chosen := os.environ.get("COLLAB_TEST_CACHE"):
        return Path(chosen).absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "collab-tests"


def key(parts: Iterable[bytes | str]) -> str:
    """A name for what ``parts`` make."""
    digest = hashlib.sha256()
    for part in parts:
        encoded = part.encode() if isinstance(part, str) else part
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.hexdigest()[:16]


def made_once(kind: str, name: str, make: Callable[[Path], None], *, timeout_s: float) -> Path:
    """The directory ``kind/name`` of the cache, filled by ``make`` if it is not there; others wait meanwhile.

    :raises filelock.Timeout: another process has been making it for longer than ``timeout_s``.
    """
    shelf = root() / kind
    finished = shelf / name
    shelf.mkdir(parents=True, exist_ok=True)
    with FileLock(shelf / f".{name}.lock", timeout=timeout_s):
        if not finished.exists():
            with _scratch(shelf / f".{name}.part") as part:
                make(part)
                part.rename(finished)
            _forget_unused(shelf)
        os.utime(finished)
    return finished


@contextmanager
def _scratch(path: Path) -> Generator[Path]:
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _forget_unused(shelf: Path) -> None:
    for old in shelf.iterdir():
        # Another test run may be forgetting the same.
        with suppress(FileNotFoundError):
            if not old.name.startswith(".") and time.time() - old.stat().st_mtime > UNUSED_AFTER_S:
                shutil.rmtree(old)
