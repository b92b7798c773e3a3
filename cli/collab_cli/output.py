"""Where output goes: results to stdout, everything else to stderr, colours and marks only where they can be shown."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from msgspec import Struct
    from rich.console import Console, RenderableType

# Wide enough that nothing piped to a file or another program is ever folded.
_UNFOLDED = 4096


class OutputClosedError(Exception):
    """Whoever read stdout has gone, as in ``collab logs | head``."""


@dataclass(frozen=True, slots=True)
class Marks:
    """One-column signs of outcomes."""

    passed: str
    failed: str
    warned: str
    skipped: str
    spinner: str


_MARKS = Marks(passed="✓", failed="✗", warned="!", skipped="-", spinner="dots")
_ASCII_MARKS = Marks(passed="+", failed="x", warned="!", skipped="-", spinner="line")


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """How this run shows things: one JSON document or text; ``quiet`` without hints, ``verbose`` with details."""

    json: bool = False
    quiet: bool = False
    verbose: bool = False
    no_color: bool = False

    def document(self, document: Struct) -> None:
        """The result as the one JSON document of this run."""
        import msgspec  # noqa: PLC0415 - `collab --help` does without

        self.text(msgspec.json.format(msgspec.json.encode(document), indent=2).decode())

    def json_line(self, document: Struct) -> None:
        """One of a stream of JSON documents, each on its own line."""
        import msgspec  # noqa: PLC0415 - `collab --help` does without

        self.text(msgspec.json.encode(document).decode())

    def text(self, text: str) -> None:
        """A line of the result, to stdout. Raises ``OutputClosedError``."""
        try:
            sys.stdout.write(text + "\n")
            sys.stdout.flush()
        except BrokenPipeError:
            raise OutputClosedError from None

    def show(self, renderable: RenderableType) -> None:
        """Something of Rich's, to stdout."""
        self.text(self.render(renderable, sys.stdout))

    def note(self, text: str) -> None:
        """A remark for whoever is watching, to stderr."""
        if not self.quiet:
            to_stderr(text)

    def render(self, renderable: RenderableType, stream: TextIO) -> str:
        """Something of Rich's as text for a stream."""
        console = self.console(stream)
        with console.capture() as capture:
            console.print(renderable)
        lines = (line.rstrip() for line in capture.get().splitlines())
        return "\n".join(lines)

    def console(self, stream: TextIO) -> Console:
        """A console that writes to ``stream`` as this run wants it: no markup, no highlighting, no emojis."""
        from rich.console import Console  # noqa: PLC0415 - `collab --help` does without

        colored = self.colored(stream)
        return Console(
            file=stream,
            color_system="standard" if colored else None,
            force_terminal=is_terminal(stream),
            no_color=not colored,
            width=shutil.get_terminal_size().columns if is_terminal(stream) else _UNFOLDED,
            markup=False,
            highlight=False,
            emoji=False,
            safe_box=True,
        )

    def colored(self, stream: TextIO) -> bool:
        """Whether colours may be sent to a stream (https://no-color.org)."""
        return is_terminal(stream) and not self.no_color and not os.environ.get("NO_COLOR")

    def marks(self, stream: TextIO) -> Marks:
        """The signs that a stream's encoding can carry."""
        try:
            _MARKS.passed.encode(stream.encoding or "ascii")
        except UnicodeEncodeError:
            return _ASCII_MARKS
        return _MARKS


def to_stderr(text: str) -> None:
    """A line to stderr. Whether anyone still reads it must not decide how the work ends."""
    with suppress(BrokenPipeError):
        sys.stderr.write(text + "\n")
        sys.stderr.flush()


def is_terminal(stream: TextIO) -> bool:
    """Whether a stream is a terminal that can be drawn upon."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"
