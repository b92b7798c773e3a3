"""Ports for servers of tests that run at the same time, on a machine that is busy otherwise."""

from __future__ import annotations

import fcntl
import os
import random
import socket
import tempfile
from collections import deque
from functools import cache
from pathlib import Path
from typing import Final

_RANGE: Final = range(10_000, 20_000)
"""Below what systems give to outgoing connections, and what environments choose by themselves."""
_KEPT: Final = 2_000
_tries = random.SystemRandom()  # the seeded one is the same in every worker
_mine: deque[int] = deque()


def free_port() -> int:
    """A port of 127.0.0.1 that no other test gets while this process lives, or hands out so many more.

    One that was merely free a moment ago is soon another's: between asking and listening lie seconds.
    """
    for port in _tries.sample(_RANGE, len(_RANGE)):
        if port in _mine or not _lock(port):
            continue
        if _is_free(port):
            _mine.append(port)
            if len(_mine) > _KEPT:
                _unlock(_mine.popleft())
            return port
        _unlock(port)
    raise RuntimeError(f"no free port from {_RANGE.start} to {_RANGE.stop}")


def _is_free(port: int) -> bool:
    try:
        with socket.create_server(("127.0.0.1", port)):
            return True
    except OSError:
        return False


@cache
def _locks() -> int:
    """A file with a byte for each port. The locks on them go with the process, however it ends."""
    path = Path(tempfile.gettempdir()) / f"collab-test-ports-{os.getuid()}"
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _lock(port: int) -> bool:
    try:
        fcntl.lockf(_locks(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError:
        return False
    return True


def _unlock(port: int) -> None:
    fcntl.lockf(_locks(), fcntl.LOCK_UN, 1, port)
