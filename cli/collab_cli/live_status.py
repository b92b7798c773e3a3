"""Watching an environment on a terminal: the table of ``collab status``, refreshed."""

from __future__ import annotations

import select
import sys
import termios
import time
import tty
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime

from rich.console import Group
from rich.live import Live
from rich.text import Text

from collab_cli.output import Output
from collab_cli.views import status_table
from collab_platform.targets.base import Status

_REFRESH_S = 1.0


def watch_on_terminal(ask: Callable[[], Status], output: Output) -> None:
    """Redraw the table until q or Ctrl-C, and leave the last one behind."""
    current = ask()
    try:
        with _keys() as key, Live(console=output.console(sys.stdout), screen=True, auto_refresh=False) as live:
            while True:
                table = status_table(current, now=datetime.now(UTC), replicas=output.verbose)
                live.update(Group(table, Text("\nq leaves", style="dim")), refresh=True)
                if key(_REFRESH_S) in {"q", "Q"}:
                    break
                current = ask()
    finally:
        output.show(status_table(current, now=datetime.now(UTC), replicas=output.verbose))


@contextmanager
def _keys() -> Generator[Callable[[float], str]]:
    """A function that waits so many seconds for a key; ``""`` where none came or none can be pressed."""
    if not sys.stdin.isatty():
        yield lambda wait_s: time.sleep(wait_s) or ""
        return
    held = termios.tcgetattr(sys.stdin)
    try:
        tty.setcbreak(sys.stdin)
        yield lambda wait_s: sys.stdin.read(1) if select.select([sys.stdin], [], [], wait_s)[0] else ""
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, held)
