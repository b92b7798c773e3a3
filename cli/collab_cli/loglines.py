"""A log line as people read it: whose, when, how bad, what."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

import msgspec

from collab_platform.targets.base import LogLine

_END, _DIM = "\x1b[0m", "\x1b[2m"
_REPLICA_COLORS = tuple(f"\x1b[{code}m" for code in (36, 32, 35, 34, 33, 96))
_LEVEL_COLORS = {"warning": "\x1b[33m", "error": "\x1b[31m", "critical": "\x1b[1;31m"}
_REQUEST = ("method", "uri", "status")  # what a line of an access log, which names no event, is about
# Said already by the prefix, or shown in their own place.
_SHOWN_APART = {"time", "level", "service", "instance", "event", "exception"}


@dataclass
class Painter:
    """Turns log lines into text: the replica's name, then the line, whose JSON is unfolded unless ``raw``."""

    colored: bool
    raw: bool = False
    width: int = 0
    """Of the widest replica's name; grows where a wider one comes."""
    _colors: dict[str, str] = field(default_factory=dict[str, str])

    def paint(self, line: LogLine) -> str:
        self.width = max(self.width, len(line.replica))
        color = self._colors.setdefault(line.replica, _REPLICA_COLORS[len(self._colors) % len(_REPLICA_COLORS)])
        prefix = self._style(f"{line.replica:<{self.width}} |", color)
        text = line.text if self.raw else self._unfolded(line)
        return "\n".join(f"{prefix} {each}" for each in text.splitlines() or [""])

    def _unfolded(self, line: LogLine) -> str:
        event = structured(line.text)
        if event is None:
            return line.text
        level = str(event.get("level", "info"))
        at = line.time.astimezone().strftime("%H:%M:%S.%f")[:-3] if line.time else str(event.get("time", ""))
        rest = {key: value for key, value in event.items() if key not in _SHOWN_APART and value not in {"", None}}
        what = str(event.get("event", "")) or " ".join(str(rest.pop(key)) for key in _REQUEST if key in rest)
        fields = " ".join(f"{key}={_value(value)}" for key, value in rest.items())
        parts = (
            self._style(at, _DIM),
            self._style(f"{level:<7}", _LEVEL_COLORS.get(level, "")),
            what,
            self._style(fields, _DIM),
        )
        shown = " ".join(part for part in parts if part)
        return f"{shown}\n{event['exception']}" if event.get("exception") else shown

    def _style(self, text: str, code: str) -> str:
        return f"{code}{text}{_END}" if self.colored and code and text else text


def structured(text: str) -> dict[str, object] | None:
    """The fields of a structured line (a JSON object), or None."""
    if not text.startswith("{"):
        return None
    try:
        decoded = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return None
    return cast("dict[str, object]", decoded) if isinstance(decoded, dict) else None


def _value(value: object) -> str:
    if isinstance(value, str):
        return value if value and " " not in value else msgspec.json.encode(value).decode()
    return msgspec.json.encode(value).decode()
