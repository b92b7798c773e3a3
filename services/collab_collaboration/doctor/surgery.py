"""The operator's four commands, each from a document's id to a report."""

from uuid import UUID

from collab_collaboration.doctor.examining import Examination, Examiner, NoSuchDocument
from collab_collaboration.doctor.rendering import Format, render
from collab_collaboration.doctor.repairing import Repairer
from collab_collaboration.doctor.reports import (
    AuthorReport,
    CompactReport,
    EditReport,
    Inspection,
    LogReport,
    QuarantineReport,
    RepairReport,
    SnapshotReport,
    VersionReport,
)
from collab_collaboration.doctor.store import DoctorStore, StoredLife
from collab_collaboration.epoch import without_markers
from collab_collaboration.history.problems import DocumentDamaged, NoSuchVersion
from collab_collaboration.history.store import HistoryStore
from collab_collaboration.history.versions import Versions
from collab_collaboration.objects import ObjectMissing, Objects
from collab_collaboration.oplog import OperationLog
from collab_collaboration.settings import CollaborationSettings
from collab_collaboration.snapshots import DamagedDocument, Documents
from collab_kit.database import Database

__all__ = ["Surgery"]


class Surgery:
    """Safe while the document is open anywhere: what it changes, it changes as compaction and epochs do."""

    def __init__(self, settings: CollaborationSettings, database: Database) -> None:
        self._store = DoctorStore(database)
        self._history = HistoryStore(database)
        self._objects = Objects(settings)
        self._documents = Documents(OperationLog(database), self._objects, settle_s=settings.snapshot_settle_s)
        self._versions = Versions(self._history, self._objects)
        self._examiner = Examiner(self._store, self._history, self._objects)
        self._repairer = Repairer(self._store, self._examiner, self._documents, self._objects)

    async def inspect(self, document: UUID) -> Inspection:
        """Raises `NoSuchDocument`, `StoreUnavailable`."""
        found = await self._examiner.examine(document)
        log = await self._log(document)
        authors = await self._history.authors(document)
        last_edit = await self._store.last_edit(document)
        quarantines = await self._store.quarantines(document)
        return Inspection(
            document=document,
            sound=not found.faults,
            faults=found.faults,
            missing=found.lost,
            head=found.life.head,
            base=found.life.base,
            epoch=found.life.epoch,
            created_at=found.life.created_at,
            deleted_at=found.life.deleted_at,
            last_edit=EditReport(user=last_edit.author, at=last_edit.at) if last_edit else None,
            state_bytes=len(found.rebuilt.doc.get_update()) if found.rebuilt else None,
            clients=await self._history.count_clients(document),
            log=log,
            snapshots=_snapshots(found),
            versions=_versions(found),
            authors=[
                AuthorReport(
                    user=each.author,
                    operations=each.operations,
                    size_bytes=each.size_bytes,
                    first_at=each.began_at,
                    last_at=each.ended_at,
                )
                for each in authors
            ],
            quarantines=[
                QuarantineReport(
                    id=each.id,
                    created_at=each.created_at,
                    operations=each.operations,
                    objects=each.objects,
                    size_bytes=each.size_bytes,
                )
                for each in quarantines
            ],
        )

    async def export(self, document: UUID, form: Format) -> tuple[bytes, int]:
        """The document as it is stored now, and the last operation in it.

        Raises:
            NoSuchDocument, DocumentDamaged, StoreUnavailable
        """
        await self._require(document)
        try:
            loaded = await self._documents.load(document)
        except DamagedDocument as error:
            raise DocumentDamaged(f"The document cannot be read: {error}.") from error
        return render(without_markers(loaded.doc.get_update()), form), loaded.head

    async def export_at(self, document: UUID, sequence: int, form: Format) -> tuple[bytes, int]:
        """The document as of an operation. Raises `NoSuchDocument`, `NotKept`, `StoreUnavailable`."""
        await self._require(document)
        rebuilt = await self._examiner.as_of(document, sequence)
        return render(without_markers(rebuilt.doc.get_update()), form), sequence

    async def export_version(self, document: UUID, version: UUID, form: Format) -> tuple[bytes, int]:
        """Raises `NoSuchVersion`, `DocumentDamaged`, `StoreUnavailable`."""
        found = await self._versions.get(document, version)
        return render(await self._versions.state(document, version), form), found.seq

    async def export_quarantine(self, document: UUID, quarantine: UUID) -> bytes:
        """What a repair left out, as JSON. Raises `NoSuchVersion`, `DocumentDamaged`, `StoreUnavailable`."""
        rows = [row for row in await self._store.quarantines(document) if row.id == quarantine]
        if not rows:
            raise NoSuchVersion("The document has no such quarantine.")
        try:
            return await self._objects.get(rows[0].object_key)
        except ObjectMissing as error:
            raise DocumentDamaged("The quarantine's object is missing.") from error

    async def compact(self, document: UUID) -> CompactReport:
        """Raises `NoSuchDocument`, `DamagedDocument`, `Unmergeable`, `StoreUnavailable`."""
        before = await self._require(document)
        log_before = await self._log(document)
        base = await self._documents.compact(document, min_operations=1)
        return CompactReport(
            document=document,
            compacted=base is not None,
            base_before=before.base,
            base=before.base if base is None else base,
            log_before=log_before,
            log=await self._log(document),
        )

    async def repair(self, document: UUID, *, dry_run: bool) -> RepairReport:
        """Raises `NoSuchDocument`, `Beyond`, `DamagedDocument`, `StoreUnavailable`."""
        await self._require(document)
        found = await self._examiner.examine(document)
        done = None if dry_run else await self._repairer.repair(document)
        left = (await self._examiner.examine(document)).faults if done else found.faults
        return RepairReport(
            document=document,
            repaired=done is not None,
            faults=found.faults,
            missing=found.lost,
            left_out=[each.seq for each in found.rebuilt.left_out] if found.rebuilt else [],
            loses=found.loses,
            epoch=done.epoch if done else None,
            quarantine=done.quarantine.id if done and done.quarantine else None,
            faults_left=left,
        )

    async def _require(self, document: UUID) -> StoredLife:
        life = await self._store.life(document)
        if life is None or life.deleted_at is not None:
            raise NoSuchDocument("There is no such document, or it was deleted.")
        return life

    async def _log(self, document: UUID) -> LogReport:
        measured = await self._store.measure(document)
        return LogReport(
            operations=measured.operations,
            size_bytes=measured.size_bytes,
            first=measured.first_seq,
            last=measured.last_seq,
        )


def _snapshots(found: Examination) -> list[SnapshotReport]:
    return [
        SnapshotReport(
            sequence=each.row.seq,
            key=each.row.object_key,
            size_bytes=each.row.size_bytes,
            created_at=each.row.created_at,
            fault=each.fault,
        )
        for each in found.snapshots
    ]


def _versions(found: Examination) -> list[VersionReport]:
    return [
        VersionReport(
            id=each.row.id,
            name=each.row.name,
            sequence=each.row.seq,
            created_at=each.row.created_at,
            size_bytes=each.row.size_bytes,
            fault=each.fault,
        )
        for each in found.versions
    ]
