"""What a person at a terminal sees, through a real pseudo-terminal."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
from collections.abc import Generator
from contextlib import contextmanager
from fcntl import ioctl
from pathlib import Path
from struct import pack

import pytest

from collab_platform.errors import ExitCode

ROOT = Path(__file__).parents[3]
SHOW_CURSOR, HIDE_CURSOR = "\x1b[?25h", "\x1b[?25l"
COLOR = re.compile(r"\x1b\[[0-9;]*m")
# Ctrl-C reaches the processes of the session whose controlling terminal it is typed on.
TAKE_THE_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


class Terminal:
    """A child on a terminal of 80 by 24; ``seen`` is everything it has written."""

    def __init__(self, process: subprocess.Popen[bytes], descriptor: int) -> None:
        self.process, self.descriptor, self.seen = process, descriptor, ""

    def type(self, keys: str) -> None:
        os.write(self.descriptor, keys.encode())

    def until(self, text: str, *, timeout_s: float = 20) -> None:
        """Read until ``text`` was seen."""
        deadline = time.monotonic() + timeout_s
        while text not in self.seen:
            assert time.monotonic() < deadline, f"{text!r} not in {self.seen!r}"
            assert self._read(), f"ended without {text!r}: {self.seen!r}"

    def end(self) -> int:
        """Read to the end and return the exit code."""
        while self._read():
            pass
        return self.process.wait(timeout=20)

    def _read(self) -> bool:
        ready, _, _ = select.select([self.descriptor], [], [], 20)
        assert ready, f"silent: {self.seen!r}"
        try:
            data = os.read(self.descriptor, 65_536)
        except OSError:  # Linux says so when the child's side is closed
            return False
        self.seen += data.decode()
        return bool(data)


@contextmanager
def terminal(*arguments: str, **variables: str) -> Generator[Terminal]:
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, pack("HHHH", 24, 80, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", **variables}
    command = [sys.executable, "-c", TAKE_THE_TERMINAL, str(Path(__file__).with_name("scripted.py")), *arguments]
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
    )
    os.close(theirs)
    try:
        yield Terminal(process, ours)
    finally:
        os.close(ours)
        process.kill()
        process.wait()


def test_progress_is_drawn_and_taken_away():
    with terminal("slow", "up") as screen:
        assert screen.end() == ExitCode.OK
    assert "waiting for it" in screen.seen
    assert "✓" in screen.seen
    assert screen.seen.count(HIDE_CURSOR) == screen.seen.count(SHOW_CURSOR) == 1
    assert "Environment local is up (" in screen.seen
    assert COLOR.search(screen.seen)


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [(("--no-color", "slow", "up"), {}), (("slow", "up"), {"NO_COLOR": "1"})],
    ids=["flag", "variable"],
)
def test_no_colors_where_none_are_wanted(arguments: tuple[str, ...], variables: dict[str, str]):
    scenario = next(each for each in arguments if not each.startswith("--"))
    rest = [each for each in arguments if each != scenario]
    with terminal(scenario, *rest, **variables) as screen:
        assert screen.end() == ExitCode.OK
    assert "✓" in screen.seen
    assert not COLOR.search(screen.seen)


def test_a_dumb_terminal_gets_lines():
    with terminal("fresh", "up", TERM="dumb") as screen:
        assert screen.end() == ExitCode.OK
    assert "\x1b" not in screen.seen
    assert "done       Start PostgreSQL" in screen.seen


def test_first_ctrl_c_ends_in_order():
    with terminal("hanging", "up") as screen:
        screen.until("waiting for it")
        screen.until("Migrate the schemas")
        screen.type("\x03")
        assert screen.end() == ExitCode.INTERRUPTED
    assert "cut short: Migrate the schemas" in screen.seen
    assert screen.seen.rindex(SHOW_CURSOR) > screen.seen.rindex(HIDE_CURSOR)


def test_second_ctrl_c_leaves_at_once_with_the_cursor_shown():
    with terminal("stubborn", "up") as screen:
        screen.until("Migrate the schemas")
        screen.type("\x03")
        screen.until("press Ctrl-C again to force")
        screen.type("\x03")
        assert screen.end() == ExitCode.INTERRUPTED
    assert screen.seen.rindex(SHOW_CURSOR) > screen.seen.rindex(HIDE_CURSOR)


@pytest.mark.parametrize("key", ["q", "\x03"], ids=["q", "ctrl-c"])
def test_watching_is_left_with_a_key(key: str):
    with terminal("changing", "status", "--watch") as screen:
        screen.until("q leaves")
        screen.until("healthy")
        screen.type(key)
        assert screen.end() == ExitCode.OK
    assert screen.seen.rindex("\x1b[?1049l") > screen.seen.rindex("\x1b[?1049h")
    assert "Environment" in screen.seen[screen.seen.rindex("\x1b[?1049l") :]


def test_the_password_is_asked_for_twice_and_never_shown():
    words = ("user", "create", "ada@example.org", "--name", "Ada")
    with terminal("fresh", *words) as screen:
        screen.until("Password: ")
        screen.type("correct horse\n")
        screen.until("Once more: ")
        screen.type("correct horse\n")
        assert screen.end() == ExitCode.OK
    assert "ada@example.org may sign in now." in screen.seen
    assert "horse" not in screen.seen
    with terminal("fresh", *words) as screen:
        screen.until("Password: ")
        screen.type("correct horse\n")
        screen.until("Once more: ")
        screen.type("wrong horse\n")
        assert screen.end() == ExitCode.USAGE
    assert "the two passwords differ" in screen.seen


def test_a_purge_asks_for_the_name():
    with terminal("standing", "down", "--purge") as screen:
        screen.until("Type its name (local) to go on: ")
        screen.type("locl\n")
        assert screen.end() == ExitCode.USAGE
    assert "nothing was removed" in screen.seen


def test_nothing_is_wider_than_the_terminal():
    for arguments in (
        ("unhealthy", "status"),
        ("unhealthy", "check"),
        ("fresh", "env", "explain"),
        ("fresh", "preview"),
    ):
        with terminal(*arguments, COLUMNS="") as screen:
            screen.end()
        assert max(len(COLOR.sub("", line)) for line in screen.seen.splitlines()) <= 80, arguments
