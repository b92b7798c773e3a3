"""Durations, sizes and moments as an operator reads and writes them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from collab_platform.errors import UsageError

_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def duration(seconds: float) -> str:
    """``0.4 s``, ``12 s``, ``3 min 05 s``, ``2 h 10 min``, ``3 d 4 h``."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    if whole < 86_400:
        return f"{whole // 3600} h {whole % 3600 // 60:02} min"
    return f"{whole // 86_400} d {whole % 86_400 // 3600} h"


def size(count: int) -> str:
    """Bytes as ``512 KiB``, ``64 MiB``, ``1.5 GiB``."""
    if count < 1 << 20:
        return f"{count / (1 << 10):.0f} KiB"
    if count < 1 << 30:
        return f"{count / (1 << 20):.0f} MiB"
    return f"{count / (1 << 30):.1f} GiB"


def moment(text: str, *, now: datetime) -> datetime:
    """What ``--since`` means: so long before ``now`` (``10m``, ``2h``), or an ISO 8601 time, local if it has no zone.

    Raises ``UsageError``.
    """
    if matched := re.fullmatch(r"(\d{1,6})([smhdw])", text.strip()):
        return now - timedelta(seconds=int(matched[1]) * _UNITS_S[matched[2]])
    try:
        parsed = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(
            f"--since expects a duration or a time, got {text!r}",
            remedy="for example `--since 10m`, `--since 2h` or `--since 2026-01-31T08:00`",
        ) from None
    return parsed if parsed.tzinfo else parsed.astimezone()
