"""What the engine said, kept in the environment's state directory; nothing in it is secret."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from collab_platform.files import clear_disk_errors, make_directory

_MAX_BYTES = 10 << 20
_SECRET_WORDS = ("TOKEN", "SECRET", "PASSWORD", "PASSPHRASE", "API_KEY", "ACCESS_KEY")
_SHORTEST_SECRET = 6


class EngineLog:
    """A file that one command after the other is appended to; at 10 MiB it becomes ``.1``."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def path(self) -> Path:
        return self._path

    @contextmanager
    def command(self, args: Sequence[str]) -> Generator[Callable[[str], None]]:
        """Begin the part of one command; what it yields writes a line of it."""
        redact = redactor(os.environ)
        with clear_disk_errors(self._path.parent):
            make_directory(self._path.parent, 0o700)
            if self._path.exists() and self._path.stat().st_size > _MAX_BYTES:
                self._path.replace(self._path.with_suffix(".log.1"))
            handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(handle, "a", encoding="utf-8", buffering=1) as file:

            def write(line: str) -> None:
                if not file.closed:
                    at = datetime.now(UTC).isoformat(timespec="milliseconds")
                    file.write(f"{at} {redact(line)}\n")

            write(f"pulumi {' '.join(_without_values(args))}")
            yield write


def redactor(variables: Mapping[str, str]) -> Callable[[str], str]:
    """Replaces what the operator's variables hold in secret; the engine itself writes ``[secret]`` for a stack's."""
    secrets = sorted(
        {
            value
            for name, value in variables.items()
            if len(value) >= _SHORTEST_SECRET and any(word in name.upper() for word in _SECRET_WORDS)
        },
        key=len,
        reverse=True,
    )

    def redact(line: str) -> str:
        for secret in secrets:
            line = line.replace(secret, "[secret]")
        return line

    return redact


def _without_values(args: Sequence[str]) -> Sequence[str]:
    """What stands after ``--`` is a value."""
    return [*args[: args.index("--")], "--", "[value]"] if "--" in args else args
