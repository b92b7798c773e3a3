"""Repairs a document from what is good of it; what is left out is kept in a quarantine object first.

Where a damaged snapshot is all that is wrong, nothing is lost: it gets another object, and nobody who has the document
open notices. Where something is lost, the document begins a new life (`epoch.py`), for a client that still has what was
left out would bring half of it back. Each step can be the last one before a crash: an object that no row names, a
quarantine that repeats another; the document is changed in one statement, and only if it is still as it was examined.
"""

import asyncio
import hashlib
from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid4

import msgspec
from msgspec import Struct

from collab_collaboration.doctor.examining import Examination, Examiner, NoSuchDocument
from collab_collaboration.doctor.rebuilding import LeftOut, Rebuilding, Span
from collab_collaboration.doctor.store import DoctorStore, StoredObject, StoredQuarantine
from collab_collaboration.objects import ObjectMissing, Objects, folder_of
from collab_collaboration.snapshots import DamagedDocument, Documents
from collab_kit.errors import StoreUnavailable

__all__ = ["Beyond", "Quarantine", "Repaired", "Repairer"]

_ATTEMPTS: Final = 3


class Beyond(Exception):  # noqa: N818  # beyond repair
    """Nothing good is left to rebuild the document from."""


class DamagedObject(Struct, frozen=True, kw_only=True):
    key: str
    reason: str
    content: bytes | None
    """`None` when the object store has none."""


class Quarantine(Struct, frozen=True, kw_only=True):
    """What a repair left out, as it is stored: JSON, bytes as base64."""

    version: int = 1
    document: UUID
    made_at: datetime
    epoch: int
    head: int
    missing: list[Span]
    operations: list[LeftOut]
    objects: list[DamagedObject]


class Repaired(Struct, frozen=True, kw_only=True):
    """`epoch` is the new life's number, `None` where the document goes on in the one it was in."""

    epoch: int | None
    quarantine: StoredQuarantine | None


class Repairer:
    def __init__(self, store: DoctorStore, examiner: Examiner, documents: Documents, objects: Objects) -> None:
        self._store = store
        self._examiner = examiner
        self._documents = documents
        self._objects = objects

    async def repair(self, document: UUID) -> Repaired | None:
        """Mend what can be mended; `None` when there is nothing of that kind.

        Raises:
            NoSuchDocument: also when it is deleted.
            Beyond
            DamagedDocument, StoreUnavailable: try again; what was done stands and does no harm.
        """
        for _ in range(_ATTEMPTS):
            found = await self._examiner.examine(document)
            if found.life.deleted_at is not None:
                raise NoSuchDocument
            if not any(fault.repairable for fault in found.faults):
                return None
            if found.rebuilt is None:
                raise Beyond
            quarantine = await self._set_aside(document, found)
            mended = await self._mend(document, found, found.rebuilt)
            if mended is not None:
                return Repaired(epoch=mended or None, quarantine=quarantine)
        raise StoreUnavailable("The document is being changed all the time. Try again.")

    async def _mend(self, document: UUID, found: Examination, rebuilt: Rebuilding) -> int | None:
        """The new epoch, 0 where none was needed, `None` when the document moved on meanwhile."""
        state = rebuilt.doc.get_update()
        mendable = any(fault.loses and fault.repairable for fault in found.faults)
        if mendable:
            return await self._documents.replace(
                document, state, over_epoch=found.life.epoch, over_head=found.life.head
            )
        for snapshot in found.snapshots:
            if snapshot.fault and not await self._swap(document, found.life.epoch, snapshot.row, state):
                return None
        return 0

    async def _swap(self, document: UUID, epoch: int, old: StoredObject, state: bytes) -> bool:
        # The state of now holds all that the snapshot held; what it holds beyond is in the log too, and merged twice.
        key = f"{folder_of(document)}{old.seq:016d}-{uuid4().hex}.yjs"
        digest = await self._write(key, state)
        if not await self._store.swap_snapshot(
            document, epoch=epoch, old=old, key=key, sha256=digest, size_bytes=len(state)
        ):
            await self._objects.delete(key)
            return False
        await self._objects.delete(old.object_key)
        return True

    async def _set_aside(self, document: UUID, found: Examination) -> StoredQuarantine | None:
        left_out = found.rebuilt.left_out if found.rebuilt else []
        damaged = [
            DamagedObject(key=each.row.object_key, reason=each.fault, content=await self._raw(each.row.object_key))
            for each in found.snapshots
            if each.fault
        ]
        if not left_out and not damaged and not found.lost:
            return None
        quarantine = Quarantine(
            document=document,
            made_at=datetime.now(UTC),
            epoch=found.life.epoch,
            head=found.life.head,
            missing=found.lost,
            operations=left_out,
            objects=damaged,
        )
        content = await asyncio.to_thread(msgspec.json.encode, quarantine)
        key = f"{folder_of(document)}quarantine/{found.life.head:016d}-{uuid4().hex}.json"
        digest = await self._write(key, content)
        row = await self._store.insert_quarantine(
            document, key=key, sha256=digest, size_bytes=len(content), operations=len(left_out), objects=len(damaged)
        )
        if row is None:
            raise NoSuchDocument
        return row

    async def _raw(self, key: str) -> bytes | None:
        try:
            return await self._objects.get(key)
        except ObjectMissing:
            return None

    async def _write(self, key: str, content: bytes) -> bytes:
        """The digest of what was written, and read back to prove it."""
        digest = await asyncio.to_thread(_digest, content)
        await self._objects.put(key, content)
        if await asyncio.to_thread(_digest, await self._objects.get(key)) != digest:
            raise DamagedDocument(f"the object {key} is not what was written")
        return digest


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()
