"""What is good enough, what is saturated or overloaded, and how ours compares: pure arithmetic over results."""

from typing import Final

import msgspec

from bench.collaboration.load import Shape

__all__ = [
    "LATE_P99_MS",
    "QUARTER",
    "SATURATED_CPU_PERCENT",
    "Comparison",
    "compare",
    "holds",
    "is_harder",
    "overload",
    "saturation",
]

SATURATED_CPU_PERCENT: Final = 95
"""Of its one processor while edits are sent, datastores included: there is nothing left."""
LATE_P99_MS: Final = 250.0
"""A quarter of a second behind is a queue that grows, whatever the processor says."""
QUARTER: Final = 0.25
"""Of Hocuspocus' p99, wherever that is saturated."""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Ours beside Hocuspocus under one shape; without a figure of either there is no ratio."""

    shape: str
    ours_p99_ms: float | None
    hocuspocus_p99_ms: float | None
    ratio: float | None
    hocuspocus_saturated: str | None
    """By what; only then a quarter is asked for."""
    met: bool | None
    """`None`: nothing was asked for."""


def overload(*, p99_ms: float | None, undelivered: int) -> str | None:
    """By what one sees that a server does not follow; `None` when it does.

    It is overloaded when an edit did not reach everybody within the three seconds after the last one was sent, when it
    delivered nothing at all, or when its p99 is beyond a quarter of a second. A processor used up alone is none: who
    merges what came meanwhile uses all of it long before.
    """
    if p99_ms is None:
        return "delivers nothing"
    if undelivered:
        return f"{undelivered} undelivered"
    if p99_ms > LATE_P99_MS:
        return f"p99 above {LATE_P99_MS:g} ms"
    return None


def saturation(*, p99_ms: float | None, undelivered: int, cpu_percent: int) -> str | None:
    """Why a server counts as saturated: it is overloaded, or used its processor up; `None` when neither."""
    reason = overload(p99_ms=p99_ms, undelivered=undelivered)
    if reason is None and cpu_percent >= SATURATED_CPU_PERCENT:
        reason = f"processor at {cpu_percent} %"
    return reason


def compare(shape: str, *, ours_p99_ms: float | None, p99_ms: float | None, saturated: str | None) -> Comparison:
    """`p99_ms` and `saturated` are Hocuspocus'."""
    ratio = None if ours_p99_ms is None or not p99_ms else round(ours_p99_ms / p99_ms, 3)
    met = None
    if saturated is not None:
        met = holds(ours_p99_ms, 0, p99_ms)
    return Comparison(
        shape=shape,
        ours_p99_ms=ours_p99_ms,
        hocuspocus_p99_ms=p99_ms,
        ratio=ratio,
        hocuspocus_saturated=saturated,
        met=met,
    )


def holds(p99_ms: float | None, undelivered: int, peer_p99_ms: float | None) -> bool:
    """Whether ours, where the peer is overloaded, lost nothing and has at most a quarter of its p99."""
    if p99_ms is None or undelivered:
        return False
    # Where it ended connections or delivered nothing, whatever is delivered is enough.
    return not peer_p99_ms or p99_ms <= QUARTER * peer_p99_ms


def is_harder(shape: Shape, than: Shape) -> bool:
    """Whether `shape` asks at least as much in every respect: who cannot do the one cannot do the other."""
    return (
        shape.documents >= than.documents
        and shape.clients >= than.clients
        and shape.writers >= than.writers
        and shape.edits_per_s >= than.edits_per_s
    )
