"""Keeps a service's process small: four of them share a small machine with the datastores."""

import ctypes
import sys

__all__ = ["keep_lean"]

# Litestar, httpx and structlog load these whenever they can be imported, as they can beside the operator's command
# line and the development tools, although no service uses them: together about 25 MB resident in each process.
_UNUSED = ("attr", "attrs", "better_exceptions", "pydantic", "pygments", "rich")

# From glibc's malloc.h.
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8


def keep_lean() -> None:
    """Call it before anything large is imported."""
    for name in _UNUSED:
        sys.modules.setdefault(name, None)  # pyright: ignore[reportArgumentType]  # None: Python's mark for "do not import"
    _return_freed_memory()


def _return_freed_memory() -> None:
    """Have glibc give large blocks back when they are freed.

    Left alone it learns from the first 19 MiB block that Argon2 frees to keep such blocks: 40 MB for ever.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:  # musl has none, and no such habit
        mallopt(_M_MMAP_THRESHOLD, 512 * 1024)
        mallopt(_M_TRIM_THRESHOLD, 512 * 1024)
        mallopt(_M_ARENA_MAX, 2)
