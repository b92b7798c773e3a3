"""Running a helper program as part of a step: with a deadline, and ended when the operator interrupts."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from collab_platform.errors import CollabError

_GRACE_S = 5.0
_TOLD_LINES = 12
_DISK_IS_FULL = ("No space left on device", "Check free disk space", "ENOSPC")


class Cancelled(Exception):  # noqa: N818 - nothing went wrong: the operator, or another step's failure, stopped us
    """The step was told to stop."""


class Cancellation:
    """Tells every step at once to stop."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        self._event.set()

    @property
    def cancelled(self) -> bool:
        return self._event.is_set()

    def check(self) -> None:
        """Raises :class:`Cancelled` if it is time to stop."""
        if self._event.is_set():
            raise Cancelled

    def pause(self, seconds: float) -> None:
        """Sleep, unless it is time to stop: then raise :class:`Cancelled`."""
        if self._event.wait(seconds):
            raise Cancelled


def run_command(
    what: str,
    command: Sequence[str],
    *,
    cancellation: Cancellation,
    timeout_s: float,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
    stdin: str = "",
    user: str | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> str:
    """Run a program to its end; its output. It has a session of its own, so that a terminal's Ctrl-C reaches only us.

    ``progress`` hears each line. Raises :class:`CollabError` with its last lines when it fails or overruns its time,
    :class:`Cancelled` after having stopped it.
    """
    with tempfile.TemporaryFile("w+") as given:
        given.write(stdin)
        given.seek(0)
        try:
            process = subprocess.Popen(
                command,
                stdin=given,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=directory,
                text=True,
                errors="replace",
                start_new_session=True,
                user=user,
                group=_group_of(user) if user else None,
                extra_groups=[] if user else None,
            )
        except OSError as error:
            raise CollabError(f"{what} cannot be run: {error.strerror}: {command[0]}") from None
    lines: deque[str] = deque(maxlen=2000)
    reader = threading.Thread(target=_collect, args=(process, lines, progress), daemon=True)
    reader.start()
    deadline = time.monotonic() + timeout_s
    try:
        while reader.is_alive():
            cancellation.check()
            if time.monotonic() > deadline:
                raise CollabError(f"{what} did not finish within {timeout_s:g} s", details=tuple(lines)[-_TOLD_LINES:])
            reader.join(0.05)
        code = process.wait(_GRACE_S)
    finally:
        stop_group(process)
        reader.join(_GRACE_S)
    if code:
        said = tuple(line for line in lines if line.strip())
        if any(sign in line for line in said for sign in _DISK_IS_FULL):
            raise CollabError(
                f"{what} failed: no space left on the disk",
                remedy="Free some space and run the command again; what was written before stands.",
                details=said[-_TOLD_LINES:],
            )
        raise CollabError(
            f"{what} failed (exit code {code})" + (f": {said[-1].strip()}" if said else ""),
            details=said[-_TOLD_LINES:],
        )
    return "\n".join(lines)


def stop_group(process: subprocess.Popen[str]) -> None:
    """End a process that leads a session, and whatever it started; does nothing to one that has ended."""
    if process.poll() is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(_GRACE_S)


def _collect(process: subprocess.Popen[str], lines: deque[str], progress: Callable[[str], None]) -> None:
    if process.stdout is None:
        return
    with process.stdout:
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            if line.strip():
                progress(line.strip()[:200])


def _group_of(user: str) -> int:
    import pwd  # noqa: PLC0415 - not everywhere, and needed only as root

    return pwd.getpwnam(user).pw_gid
