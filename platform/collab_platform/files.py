"""Writing files so that a reader, a crash or a full disk never meets half of one."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from collections.abc import Generator
from pathlib import Path

from collab_platform.errors import CollabError


def write_atomically(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Replace ``path`` as a whole, durably: after a power cut it holds the old text or the new one.

    Raises :class:`CollabError` when the disk is full; the old text then stands.
    """
    with clear_disk_errors(path.parent):
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                os.fchmod(file.fileno(), mode)
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        _sync_directory(path.parent)


@contextlib.contextmanager
def clear_disk_errors(where: Path) -> Generator[None]:
    """Turn what a full, read-only or forbidden disk raises into a :class:`CollabError` that says what to do."""
    try:
        yield
    except OSError as error:
        match error.errno:
            case errno.ENOSPC | errno.EDQUOT:
                raise CollabError(
                    f"no space left on the disk that holds {where}",
                    remedy="Free some space and run the command again; what was written before stands.",
                ) from error
            case errno.EROFS | errno.EACCES | errno.EPERM:
                raise CollabError(
                    f"cannot write to {error.filename or where}: {error.strerror}",
                    remedy="Make it writable for this user, or set COLLAB_STATE_DIR to a folder that is.",
                ) from error
            case _:
                raise


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_directory(path: Path, mode: int) -> None:
    """Make a folder of exactly this mode, whatever the operator's umask; parents that are missing get it too."""
    if not path.parent.exists():
        make_directory(path.parent, mode)
    path.mkdir(exist_ok=True)
    if path.stat().st_mode & 0o777 != mode:
        path.chmod(mode)
