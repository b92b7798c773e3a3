"""One command at a time may change an environment.

The operating system holds the lock, so a killed command frees it. Who holds it is written beside it, and believed
only while the lock is held.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import socket
import time
from collections.abc import Generator
from pathlib import Path

import msgspec
from filelock import FileLock, Timeout

from collab_platform.errors import LockedError
from collab_platform.files import clear_disk_errors, make_directory


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """Who holds a lock; ``since`` in seconds of the epoch."""

    command: str
    user: str
    host: str
    pid: int
    since: float

    def describe(self, now: float) -> str:
        """``\\`collab up\\` by root (pid 123) for 12 s``."""
        where = "" if self.host == socket.gethostname() else f" on {self.host}"
        return f"`{self.command}` by {self.user}{where} (pid {self.pid}) for {elapsed(now - self.since)}"


@contextlib.contextmanager
def environment_lock(state: Path, command: str, *, wait_s: float = 0.0) -> Generator[None]:
    """Hold the environment whose folder is ``state``.

    Raises :class:`LockedError`, after ``wait_s``, naming who holds it.
    """
    owner_file = state / "lock-owner"
    with clear_disk_errors(state):
        make_directory(state, 0o711)
        lock = FileLock(state / "lock", mode=0o600, thread_local=False)
        try:
            lock.acquire(timeout=wait_s, poll_interval=0.05)
        except Timeout:
            raise LockedError(
                f"the environment is held by {_holder(owner_file)}",
                remedy="Wait until it is done, or stop it.",
            ) from None
    try:
        with contextlib.suppress(OSError):  # on a full disk nobody can be told who holds it, but it is held
            owner_file.write_bytes(msgspec.json.encode(_me(command)))
        yield
    finally:
        owner_file.unlink(missing_ok=True)
        lock.release()


def _holder(owner_file: Path) -> str:
    try:
        owner = msgspec.json.decode(owner_file.read_bytes(), type=Owner)
    except (OSError, msgspec.MsgspecError):
        return "another command"
    return owner.describe(time.time())


def _me(command: str) -> Owner:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a user id without an account
        user = f"user {os.getuid()}"
    return Owner(command=command, user=user, host=socket.gethostname(), pid=os.getpid(), since=time.time())


def elapsed(seconds: float) -> str:
    """A duration in the unit that suits it: ``12 s``, ``3 min``, ``5 h``."""
    whole = max(int(seconds), 0)
    if whole < 120:
        return f"{whole} s"
    return f"{whole // 60} min" if whole < 7200 else f"{whole // 3600} h"
