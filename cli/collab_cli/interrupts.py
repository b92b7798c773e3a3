"""Ctrl-C while something is being changed: the first asks, the second insists."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType

from collab_platform.errors import ExitCode

NOTICE = "Interrupted: finishing the current step; press Ctrl-C again to force"
_SHOW_CURSOR = b"\r\x1b[?25h\x1b[0m\n"


@contextmanager
def graceful(notice: Callable[[str], None]) -> Generator[None]:
    """Within it the first SIGINT or SIGTERM calls ``notice`` and raises ``KeyboardInterrupt`` in the main thread.

    The target then ends what it has under way. A second signal leaves at once, with the terminal put right. ``notice``
    runs in the signal handler: it must take no lock.
    """
    asked = False

    def handle(_signal: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            if sys.stderr.isatty():
                os.write(sys.stderr.fileno(), _SHOW_CURSOR)
            os._exit(ExitCode.INTERRUPTED)
        asked = True
        notice(NOTICE)
        raise KeyboardInterrupt

    held = {each: signal.signal(each, handle) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in held.items():
            signal.signal(each, handler)


@contextmanager
def terminable() -> Generator[None]:
    """Within it SIGTERM is as Ctrl-C: it raises ``KeyboardInterrupt``, so that a terminal is always put right."""
    held = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, held)
