"""Up to what load Hocuspocus follows, and how ours does where it does not, and at twice that."""

from collections.abc import Sequence
from typing import Final

import msgspec

from bench.collaboration.parts import Run
from bench.collaboration.parts.shapes import head, line, measure_one
from bench.collaboration.results import OverloadRow, ShapeRow
from bench.collaboration.servers import OURS
from bench.collaboration.verdicts import overload

__all__ = ["FORMS", "QUICK", "run", "too_much"]

PEER: Final = "hocuspocus"
FORMS: Final = ("1x100x50", "1x300x100", "1x1000x100", "50x10x10", "100x10x10")
"""Those of the goals with more than one writer, without their edits per second."""
QUICK: Final = ("1x20x10",)
_EDITS_PER_S: Final = (4000, 6000, 8000, 12_000, 16_000, 24_000, 32_000, 48_000)
_QUICK_EDITS_PER_S: Final = (2000, 32_000)
_LIMITS_LIFTED: Final = {
    "COLLAB_MAX_MESSAGES_PER_S": "100000",
    "COLLAB_MAX_DOCUMENT_MESSAGES_PER_S": "1000000",
}
"""They would hold writers back, as they are there to do: the peer has none."""


def run(run: Run, forms: Sequence[str]) -> None:
    """Ours is measured at what overloads the peer: without `PEER`, at what the file says of it."""
    print(head(), flush=True)
    for form in forms:
        if PEER in run.servers:
            _climb(run, form)
        peer = too_much(run.results.report.overload).get(form)
        if OURS in run.servers and peer is not None:
            run.results.forget_overload(OURS, form)
            for edits_per_s in (peer.edits_per_s, 2 * peer.edits_per_s):
                _add(run, _measure(run, OURS, form, edits_per_s, run.repeats))


def too_much(rows: Sequence[OverloadRow]) -> dict[str, OverloadRow]:
    """By form, what the peer did not follow."""
    return {row.form: row for row in rows if row.server == PEER and row.overloaded}


def _climb(run: Run, form: str) -> None:
    """More and more, until the median of the repeats says that it is too much."""
    run.results.forget_overload(PEER, form)
    for edits_per_s in _QUICK_EDITS_PER_S if run.quick else _EDITS_PER_S:
        row = _measure(run, PEER, form, edits_per_s, 1)
        if row.overloaded and run.repeats > 1:
            row = _measure(run, PEER, form, edits_per_s, run.repeats)
        _add(run, row)
        if row.overloaded:
            return


def _measure(run: Run, server: str, form: str, edits_per_s: int, repeats: int) -> OverloadRow:
    name = f"{form}@{edits_per_s}"
    row = measure_one(run, server, name, repeats=repeats, settings=_LIMITS_LIFTED)
    found = overload(p99_ms=row.visible.p99_ms, undelivered=row.undelivered) if row.visible else row.saturated
    fields = {field: getattr(row, field) for field in ShapeRow.__struct_fields__}
    return OverloadRow(**fields, form=form, edits_per_s=edits_per_s, overloaded=found)


def _add(run: Run, row: OverloadRow) -> None:
    run.results.add(row)
    print(line(msgspec.structs.replace(row, saturated=row.overloaded)), flush=True)
