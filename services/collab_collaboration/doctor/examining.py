"""Looks at everything that is stored of a document, and says what is wrong with it. Changes nothing."""

import asyncio
import hashlib
from typing import Final, Literal
from uuid import UUID

from msgspec import Struct

from collab_collaboration.crdt import Unmergeable, new_doc
from collab_collaboration.doctor.rebuilding import Rebuilding, Span
from collab_collaboration.doctor.store import DoctorStore, StoredLife, StoredObject
from collab_collaboration.epoch import marker_update
from collab_collaboration.history.rules import FIRST_VERSIONS
from collab_collaboration.history.store import HistoryStore, StoredVersion
from collab_collaboration.lib0 import Malformed
from collab_collaboration.objects import ObjectMissing, Objects
from collab_kit.errors import Problem, StoreUnavailable

__all__ = ["CheckedSnapshot", "CheckedVersion", "Examination", "Examiner", "Fault", "NoSuchDocument", "NotKept"]

_VERSIONS_AT_ONCE: Final = 100
_ATTEMPTS: Final = 3

FaultKind = Literal["snapshot", "version", "gap", "operation"]


class NoSuchDocument(Problem):
    """The store knows no document of that id, or it is deleted."""

    status = 404
    slug = "no-such-document"
    title = "There is no such document"


class NotKept(Problem):
    """The log was trimmed since, and no version or snapshot is near enough."""

    status = 404
    slug = "not-kept"
    title = "The document as of that operation is not kept"


class Fault(Struct, frozen=True, kw_only=True):
    """Something that is wrong.

    `loses`: something that was saved is not in the document any more, or not without a repair. `repairable` is false
    where there is nothing to put in its place.
    """

    kind: FaultKind
    detail: str
    loses: bool
    repairable: bool = True


class CheckedSnapshot(Struct, frozen=True):
    row: StoredObject
    fault: str | None


class CheckedVersion(Struct, frozen=True):
    row: StoredVersion
    fault: str | None


class Examination(Struct, frozen=True, kw_only=True):
    life: StoredLife
    snapshots: list[CheckedSnapshot]
    versions: list[CheckedVersion]
    rebuilt: Rebuilding | None
    """What a repair would make of it; `None` when not even its beginning can be read."""
    lost: list[Span]
    """Operations that no good object holds and the log does not."""
    faults: list[Fault]

    @property
    def loses(self) -> bool:
        return any(fault.loses for fault in self.faults)


class _Sources(Struct, frozen=True):
    """States to begin with: together they hold everything up to operation `after`."""

    states: list[bytes]
    after: int


class Examiner:
    def __init__(self, store: DoctorStore, history: HistoryStore, objects: Objects) -> None:
        self._store = store
        self._history = history
        self._objects = objects

    async def examine(self, document: UUID) -> Examination:
        """Raises `NoSuchDocument`, `StoreUnavailable`."""
        for _ in range(_ATTEMPTS):
            life = await self._store.life(document)
            if life is None:
                raise NoSuchDocument
            found = await self._examine(document, life)
            now = await self._store.life(document)
            # Compacted or replaced meanwhile, what was missing may just have been trimmed.
            if now is not None and (now.epoch, now.base) == (life.epoch, life.base):
                return found
        raise StoreUnavailable("The document is being changed all the time. Try again.")

    async def as_of(self, document: UUID, seq: int) -> Rebuilding:
        """The document as it was after operation `seq`: a good object from before, and the log up to there.

        Raises:
            NoSuchDocument, NotKept, StoreUnavailable
        """
        life = await self._store.life(document)
        if life is None:
            raise NoSuchDocument
        if not life.epoch_base <= seq <= life.head:
            raise NotKept(f"The document's present life has operations {life.epoch_base} to {life.head}.")
        rows: list[StoredObject | StoredVersion] = [*await self._store.snapshots(document)]
        rows += [row for row in await self._versions(document) if row.epoch == life.epoch]
        for row in sorted(rows, key=lambda row: row.seq, reverse=True):
            if row.seq <= seq and await self._fault_of(row) is None:
                sources = _Sources([await self._objects.get(row.object_key)], row.seq)
                break
        else:
            sources = _Sources([], 0)
        rebuilt = await self._rebuild(document, life, sources, until=seq)
        if rebuilt is None or rebuilt.missing or (not sources.states and life.epoch_base):
            raise NotKept("The log does not go back to there any more, and no version is near enough.")
        return rebuilt

    async def _examine(self, document: UUID, life: StoredLife) -> Examination:
        snapshots = [CheckedSnapshot(row, await self._fault_of(row)) for row in await self._store.snapshots(document)]
        versions = [CheckedVersion(row, await self._fault_of(row)) for row in await self._versions(document)]
        as_served = await self._rebuild(document, life, await self._served(life, snapshots))
        faults = [*_object_faults(life, snapshots, versions), *_log_faults(as_served)]
        rebuilt = as_served
        if as_served is None or as_served.missing or as_served.left_out:
            # What the snapshots and the log do not have may be in a version.
            rebuilt = await self._rebuild(document, life, await self._everything(life, snapshots, versions))
        if as_served is None:
            faults.append(Fault(kind="gap", detail="the document's beginning cannot be read", loses=True))
        return Examination(
            life=life,
            snapshots=snapshots,
            versions=versions,
            rebuilt=rebuilt,
            lost=rebuilt.missing if rebuilt else [Span(1, life.head)],
            faults=faults,
        )

    async def _versions(self, document: UUID) -> list[StoredVersion]:
        versions: list[StoredVersion] = []
        before = FIRST_VERSIONS.id
        while page := await self._history.versions(document, before=before, limit=_VERSIONS_AT_ONCE):
            versions += page
            before = page[-1].id
        return versions

    async def _fault_of(self, row: StoredObject | StoredVersion) -> str | None:
        try:
            content = await self._objects.get(row.object_key)
        except ObjectMissing:
            return "the object is missing"
        return await asyncio.to_thread(_content_fault, content, row.sha256)

    async def _served(self, life: StoredLife, snapshots: list[CheckedSnapshot]) -> _Sources | None:
        """What the service begins with: the newest good snapshot, else nothing, if nothing was trimmed in this life."""
        for snapshot in snapshots:
            if snapshot.fault is None:
                return _Sources([await self._objects.get(snapshot.row.object_key)], snapshot.row.seq)
        return None if life.epoch_base else _Sources([], 0)

    async def _everything(
        self, life: StoredLife, snapshots: list[CheckedSnapshot], versions: list[CheckedVersion]
    ) -> _Sources | None:
        """All that is good: each holds the operations up to a number, and merged they hold what any of them holds."""
        rows = [
            *(checked.row for checked in snapshots if checked.fault is None),
            *(checked.row for checked in versions if checked.fault is None and checked.row.epoch == life.epoch),
        ]
        if not rows:
            return None if life.epoch_base else _Sources([], 0)
        states = [await self._objects.get(row.object_key) for row in rows]
        return _Sources(states, max(row.seq for row in rows))

    async def _rebuild(
        self, document: UUID, life: StoredLife, sources: _Sources | None, *, until: int | None = None
    ) -> Rebuilding | None:
        if sources is None:
            return None
        head = life.head if until is None else until
        rebuilt = Rebuilding([*sources.states, marker_update(life.epoch)], after=sources.after)
        async for chunk in self._store.operations(document, sources.after):
            for operation in chunk:
                if operation.seq > head:
                    break
                rebuilt.add(operation)
            if chunk[-1].seq >= head:
                break
        rebuilt.finish(head)
        return rebuilt


def _content_fault(content: bytes, sha256: bytes) -> str | None:
    if hashlib.sha256(content).digest() != sha256:
        return "the object is not what was written"
    try:
        new_doc(content)
    except (Unmergeable, Malformed) as error:
        return f"the object cannot be read: {error}"
    return None


def _object_faults(life: StoredLife, snapshots: list[CheckedSnapshot], versions: list[CheckedVersion]) -> list[Fault]:
    faults = [
        Fault(kind="snapshot", detail=f"snapshot {each.row.seq} ({each.row.object_key}): {each.fault}", loses=False)
        for each in snapshots
        if each.fault
    ]
    if life.base and all(each.row.seq != life.base for each in snapshots):
        faults.append(Fault(kind="snapshot", detail=f"snapshot {life.base} is not recorded", loses=True))
    faults += [
        Fault(
            kind="version",
            detail=f"version {each.row.id} ({each.row.object_key}): {each.fault}",
            loses=True,
            repairable=False,
        )
        for each in versions
        if each.fault
    ]
    return faults


def _log_faults(rebuilt: Rebuilding | None) -> list[Fault]:
    if rebuilt is None:
        return []
    missing = [
        Fault(kind="gap", detail=f"operations {span.first} to {span.last} are missing", loses=True)
        for span in rebuilt.missing
    ]
    left_out = [
        Fault(kind="operation", detail=f"operation {each.seq}: {each.reason}", loses=True) for each in rebuilt.left_out
    ]
    return missing + left_out
