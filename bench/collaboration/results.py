"""The result file of `make bench-collab`: its shape, and how rows get into it while the benchmark runs."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from bench.collaboration.load import Percentiles
from bench.system.report import Machine

__all__ = [
    "PATH",
    "ColdOpenRow",
    "MemoryRow",
    "OverloadRow",
    "ReplayRow",
    "Report",
    "Results",
    "ScaleRow",
    "ShapeRow",
    "StormRow",
    "read",
]

SCHEMA: Final = "collab/bench-collab/v1"
PATH: Final = Path(__file__).parents[1] / "results" / "collaboration.json"


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    server: str
    remark: str = ""
    """Why there are no figures, or what to know about them."""

    @property
    def key(self) -> tuple[str, ...]:
        """What a later row with the same key replaces."""
        return (self.server,)


class ShapeRow(_Row, frozen=True, kw_only=True):
    """One server under one shape: the run with the median p99 of its repeats."""

    shape: str
    visible: Percentiles | None = None
    """From the time an edit was due until another client had it; `None`: not measured, or not served."""
    undelivered: int = 0
    unacknowledged: int = 0
    messages_per_s: int = 0
    client_late_p99_ms: float | None = None
    server_mb: float = 0
    cpu_percent: int = 0
    """Of its processor while edits were sent, with its datastores."""
    p99_ms: list[float] = []
    """Of every run, from the least."""
    saturated: str | None = None

    @property
    def key(self) -> tuple[str, ...]:
        return (self.server, self.shape)


class OverloadRow(ShapeRow, frozen=True, kw_only=True):
    """A shape at one of more and more edits per second."""

    form: str
    """The shape without its edits per second."""
    edits_per_s: int
    overloaded: str | None = None


class StormRow(_Row, frozen=True, kw_only=True):
    """Everybody joins one large document at once."""

    clients: int = 0
    document_mb: float = 0
    """As the protocol sends it."""
    synced: Percentiles | None = None
    """From the first connection's start until a client has all of the document."""
    all_s: float | None = None
    missing: int = 0
    """Clients that did not get it in time."""
    server_before_mb: float = 0
    server_peak_mb: float = 0


class ReplayRow(_Row, frozen=True, kw_only=True):
    """A recorded editing session among many clients."""

    trace: str
    agents: int = 0
    clients: int = 0
    transactions: int = 0
    offered_per_s: float = 0
    achieved_per_s: float = 0
    """Less where writers had to wait for what their next edit builds on."""
    visible: Percentiles | None = None
    undelivered: int = 0
    converged: bool = False
    """What the first and the last reader got makes the text that the trace says."""
    cpu_percent: int = 0

    @property
    def key(self) -> tuple[str, ...]:
        return (self.server, self.trace)


class ColdOpenRow(_Row, frozen=True, kw_only=True):
    """A process that has just started opens a document for the first client."""

    store: str
    edits: int = 0
    document_mb: float = 0
    seconds: list[float] = []
    """Of every run, from the least: from connecting until the document is there."""
    warm_seconds: float | None = None
    """The next client's."""
    resident_mb: float = 0

    @property
    def key(self) -> tuple[str, ...]:
        return (self.server, self.store)


class MemoryRow(_Row, frozen=True, kw_only=True):
    """Resident memory of the server process, without datastores."""

    started_mb: float = 0
    count: int = 0
    """Connections, and documents."""
    connections_mb: float | None = None
    """With that many idle connections to one empty document."""
    documents_mb: float | None = None
    """With that many documents of `characters`, one connection each."""
    characters: int = 0
    connection_kb: float | None = None
    document_kb: float | None = None


class ScaleRow(_Row, frozen=True, kw_only=True):
    """Our processes on one processor, with what they make their datastores do."""

    processes: int
    documents: int = 0
    edits_per_s: float = 0
    cpu_us_per_edit: float = 0
    cpu_percent: int = 0
    visible: Percentiles | None = None
    undelivered: int = 0

    @property
    def key(self) -> tuple[str, ...]:
        return (self.server, str(self.processes), str(self.documents))


class Report(msgspec.Struct, kw_only=True):
    schema: str = SCHEMA
    taken_at: datetime
    """When the last row was added."""
    machine: Machine
    quick: bool
    """Short runs, to see that everything works; not figures to quote."""
    seconds: float
    """Of each run of a shape."""
    repeats: int
    shapes: list[ShapeRow] = []
    overload: list[OverloadRow] = []
    storm: list[StormRow] = []
    replay: list[ReplayRow] = []
    cold_open: list[ColdOpenRow] = []
    memory: list[MemoryRow] = []
    scale: list[ScaleRow] = []


class Results:
    """A result file that is complete after every row."""

    def __init__(self, path: Path, report: Report) -> None:
        self.report = report
        self._path = path

    @classmethod
    def open(cls, path: Path, *, quick: bool, seconds: float, repeats: int, anew: bool) -> "Results":
        """Start a file, or unless `anew` go on with the one there is."""
        machine = Machine.here()
        report = Report(taken_at=_now(), machine=machine, quick=quick, seconds=seconds, repeats=repeats)
        if not anew and (earlier := read(path)) is not None:
            report = msgspec.structs.replace(
                earlier, machine=machine, quick=quick or earlier.quick, seconds=seconds, repeats=repeats
            )
        return cls(path, report)

    def forget_overload(self, server: str, form: str) -> None:
        """Before it is measured anew, which may need other numbers of edits."""
        rows = self.report.overload
        rows[:] = [row for row in rows if (row.server, row.form) != (server, form)]

    def add(self, row: ShapeRow | OverloadRow | StormRow | ReplayRow | ColdOpenRow | MemoryRow | ScaleRow) -> None:
        rows: list[_Row] = getattr(self.report, _LISTS[type(row)])
        rows[:] = [each for each in rows if each.key != row.key]
        rows.append(row)
        self.report.taken_at = _now()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self._path.with_suffix(".tmp")
        unfinished.write_bytes(msgspec.json.format(msgspec.json.encode(self.report), indent=1) + b"\n")
        unfinished.replace(self._path)


_LISTS: Final[dict[type[_Row], str]] = {
    ShapeRow: "shapes",
    OverloadRow: "overload",
    StormRow: "storm",
    ReplayRow: "replay",
    ColdOpenRow: "cold_open",
    MemoryRow: "memory",
    ScaleRow: "scale",
}


def read(path: Path) -> Report | None:
    """`None` where there is none, or one of another schema."""
    try:
        report = msgspec.json.decode(path.read_bytes(), type=Report)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
    return report if report.schema == SCHEMA else None


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
