"""A folder that is never written to a disk, for what must not be found on one."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from pathlib import Path

from collab_platform.errors import CollabError

_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - who may write there is the question that this module answers
_NAME_CHARS = 16
_FIRST_REGULAR_USER = 1000
"""systemd's default, whose logind removes from shared memory what such a user has there when they have logged out."""


def memory_directory(directory: Path, *, memory: Path = _SHARED_MEMORY) -> Path | None:
    """The folder in memory for what runs in ``directory``, made or not; None where there is no such lasting place."""
    if not os.access(memory, os.W_OK | os.X_OK) or os.geteuid() >= _FIRST_REGULAR_USER:
        return None
    name = hashlib.sha256(os.fsencode(directory.resolve())).hexdigest()[:_NAME_CHARS]
    return memory / f"collab-{os.geteuid()}-{name}"


def make_memory_directory(folder: Path) -> None:
    """Make it, or make sure of it: everybody may write beside it, so one that is there has to be ours alone.

    Others may pass through (workers of root's nginx are somebody else); nginx keeps what it makes inside to itself.
    Raises :class:`CollabError`.
    """
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o711)
    about = folder.lstat()
    if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.geteuid() or about.st_mode & 0o022:
        raise CollabError(f"{folder} was prepared by somebody else", remedy="Remove it.")
