"""The result file of `make bench-services`: its shape, and how it is read."""

from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from bench.system.report import RESULTS, Machine

__all__ = ["PATH", "TIMES_ALLOWED", "Report", "Row", "read", "write"]

SCHEMA: Final = "collab/bench-services/v1"
PATH: Final = RESULTS / "services.json"
TIMES_ALLOWED: Final = 10.0
"""How many times the p95 of the least that the service can do a p95 may be, with as many callers at once."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One thing asked by one kind of person, by so many at once."""

    what: str
    caller: str
    callers: int
    requests: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    least_p95_ms: float
    """Of the least that the same service can do for somebody signed in, by as many at once, measured just before."""
    times: float
    """The p95 beside that."""
    sql_ms: float | None = None
    """The median of the statement that does most of the work, alone."""
    load_1m: float
    """Of the machine, when it had been measured."""
    remark: str = ""
    """Why there are no figures."""

    @property
    def met(self) -> bool:
        return not self.remark and self.times <= TIMES_ALLOWED


class Report(msgspec.Struct, frozen=True, kw_only=True):
    schema: str = SCHEMA
    taken_at: datetime
    machine: Machine
    quick: bool
    people: int
    documents: int
    database_mb: int
    rows: list[Row]

    @property
    def loads(self) -> str:
        """How much the machine had to do meanwhile, this benchmark's own work included."""
        loads = [row.load_1m for row in self.rows]
        return f"{min(loads)} to {max(loads)}" if loads else "unknown"


def read(path: Path) -> Report | None:
    """`None` where there is none, or one of another schema."""
    try:
        report = msgspec.json.decode(path.read_bytes(), type=Report)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
    return report if report.schema == SCHEMA else None


def write(path: Path, report: Report) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n")
