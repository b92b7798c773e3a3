"""What the operator's commands print, as JSON."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from collab_collaboration.doctor.examining import Fault
from collab_collaboration.doctor.rebuilding import Span

__all__ = [
    "AuthorReport",
    "CompactReport",
    "EditReport",
    "ExportHeader",
    "Inspection",
    "LogReport",
    "QuarantineReport",
    "RepairReport",
    "SnapshotReport",
    "VersionReport",
]


class LogReport(Struct, frozen=True, kw_only=True):
    """Operations that the log holds; those of trimmed snapshots and former lives are not among them."""

    operations: int
    size_bytes: int
    first: int | None
    last: int | None


class SnapshotReport(Struct, frozen=True, kw_only=True):
    """`fault` is null where the object is what was written."""

    sequence: int
    key: str
    size_bytes: int
    created_at: datetime
    fault: str | None


class VersionReport(Struct, frozen=True, kw_only=True):
    id: UUID
    name: str
    sequence: int
    created_at: datetime
    size_bytes: int
    fault: str | None


class AuthorReport(Struct, frozen=True, kw_only=True):
    user: UUID
    operations: int
    size_bytes: int
    first_at: datetime
    last_at: datetime


class EditReport(Struct, frozen=True, kw_only=True):
    user: UUID
    at: datetime


class QuarantineReport(Struct, frozen=True, kw_only=True):
    id: UUID
    created_at: datetime
    operations: int
    objects: int
    size_bytes: int


class Inspection(Struct, frozen=True, kw_only=True):
    """All that is stored of a document; `missing` are operations that nothing holds any more."""

    document: UUID
    sound: bool
    faults: list[Fault]
    missing: list[Span]
    head: int
    base: int
    epoch: int
    created_at: datetime
    deleted_at: datetime | None
    last_edit: EditReport | None
    state_bytes: int | None
    """`None` where no state can be made."""
    clients: int
    """Yjs clients whose authors are known."""
    log: LogReport
    snapshots: list[SnapshotReport]
    versions: list[VersionReport]
    authors: list[AuthorReport]
    quarantines: list[QuarantineReport]


class ExportHeader(Struct, frozen=True, kw_only=True):
    """The first line of an export; base64 follows. `sequence` is the last operation in it, where that is known."""

    format: str
    size_bytes: int
    sha256: str
    sequence: int | None


class CompactReport(Struct, frozen=True, kw_only=True):
    """`compacted` is false where there was nothing to do."""

    document: UUID
    compacted: bool
    base_before: int
    base: int
    log_before: LogReport
    log: LogReport


class RepairReport(Struct, frozen=True, kw_only=True):
    """`repaired` is false where nothing was changed: because nothing was wrong, or because nobody asked for it.

    `loses`: what is left out or missing is not in the repaired document, which begins a new life.
    """

    document: UUID
    repaired: bool
    faults: list[Fault]
    missing: list[Span]
    left_out: list[int]
    loses: bool
    epoch: int | None
    quarantine: UUID | None
    faults_left: list[Fault]
