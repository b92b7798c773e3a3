"""Documents as they are stored: a snapshot, one object holding a log's beginning, and the operations after it.

Every step of a compaction can be the last one before a crash. The object is written under a name of its own; it is read
back, and all operations are replayed on it to prove that it holds them; only then is it made the document's snapshot,
in one statement; only then does the log lose anything, and no more than the snapshot before holds too. A crash in
between leaves at most an object that nobody refers to, or operations that are skipped when reading and trimmed later.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Callable
from typing import Final
from uuid import UUID, uuid4

from msgspec import Struct

from collab_collaboration.crdt import Doc, Unmergeable, apply, apply_all, apply_observed, clocks_of, new_doc
from collab_collaboration.metrics import DAMAGED, OPEN_SECONDS, SALVAGED, SNAPSHOTS
from collab_collaboration.objects import ObjectMissing, Objects
from collab_collaboration.oplog import OperationLog, StoredDocument
from collab_kit.errors import StoreUnavailable
from collab_kit.logging import get_logger

__all__ = ["Compactor", "DamagedDocument", "DeletedDocument", "Documents", "Loaded"]

_ATTEMPTS: Final = 3
_MAX_WAITING: Final = 10_000
_PAUSE_AFTER_FAILURE_S: Final = 30.0

_log = get_logger()


class DeletedDocument(Exception):  # noqa: N818  # named for what was found
    """The document is no more."""


class DamagedDocument(Exception):  # noqa: N818  # named for what was found
    """What is stored cannot be put together to a document."""


class Loaded(Struct, frozen=True):
    doc: Doc
    head: int
    base: int


class _Moved(Exception):  # noqa: N818  # internal signal
    """Another replica compacted the log while it was being read."""


class Documents:
    """Reads documents from the log and the object store, and compacts them."""

    def __init__(self, log: OperationLog, objects: Objects) -> None:
        self._log = log
        self._objects = objects

    async def load(self, document: UUID) -> Loaded:
        """Raises `DeletedDocument`, `DamagedDocument`, `StoreUnavailable`."""
        with OPEN_SECONDS.time():
            for _ in range(_ATTEMPTS):
                stored = await self._log.open(document)
                if stored.deleted:
                    raise DeletedDocument
                try:
                    return await self._read(document, stored)
                except _Moved:
                    continue
                except Unmergeable as error:
                    _log.error("the log cannot be merged as a whole", document=str(document), reason=str(error))
                    return await self._salvage(document, stored)
        raise DamagedDocument("the log has a gap")

    async def compact(self, document: UUID, *, min_operations: int) -> int | None:
        """Make a snapshot of all there is and trim the log; the answer is the new base, or `None` if nothing was done.

        Raises:
            DeletedDocument, DamagedDocument, StoreUnavailable: nothing was trimmed.
        """
        loaded = await self.load(document)
        if loaded.head - loaded.base < min_operations:
            return None
        content = loaded.doc.get_update()
        digest = hashlib.sha256(content).digest()
        key = f"documents/{document}/{loaded.head:016d}-{uuid4().hex}.yjs"
        await self._objects.put(key, content)
        await self._prove(document, key, digest, loaded)
        if not await self._log.record_snapshot(
            document, seq=loaded.head, over=loaded.base, object_key=key, sha256=digest, size_bytes=len(content)
        ):
            await self._objects.delete(key)
            return None
        trimmed = 0
        while removed := await self._log.trim(document):
            trimmed += removed
        for old in await self._log.drop_old_snapshots(document):
            await self._objects.delete(old)
        _log.info("compacted", document=str(document), base=loaded.head, bytes=len(content), operations=trimmed)
        return loaded.head

    async def _read(self, document: UUID, stored: StoredDocument) -> Loaded:
        doc, after = await self._read_snapshot(document, stored)
        head = after
        async for chunk, last in self._chunks(document, after, stored.head):
            apply_all(doc, chunk)
            head = last
            await asyncio.sleep(0)
        return Loaded(doc, head, stored.base)

    async def _prove(self, document: UUID, key: str, digest: bytes, loaded: Loaded) -> None:
        """Raises `DamagedDocument` unless the object holds exactly what snapshot and log hold."""
        restored = await self._read_object(document, key, digest)
        if clocks_of(restored) != clocks_of(loaded.doc):
            raise DamagedDocument("the snapshot holds other structs than the log")
        try:
            async for chunk, last in self._chunks(document, loaded.base, loaded.head):
                # What was stored since is not in it.
                for update in chunk[: len(chunk) - max(0, last - loaded.head)]:
                    if apply_observed(restored, update) is not None:
                        raise DamagedDocument("the snapshot lacks an operation of the log")
                await asyncio.sleep(0)
        except _Moved as error:
            raise StoreUnavailable("Another replica compacted the document meanwhile.") from error

    async def _read_snapshot(self, document: UUID, stored: StoredDocument) -> tuple[Doc, int]:
        """A document with what the snapshot holds, and the number of the last operation in it."""
        if stored.object_key is None or stored.sha256 is None:
            return new_doc(), 0
        try:
            return await self._read_object(document, stored.object_key, stored.sha256), stored.base
        except DamagedDocument as error:
            DAMAGED.inc()
            _log.error("doing without a snapshot", document=str(document), base=stored.base, reason=str(error))
        previous = await self._log.snapshot_before(document, stored.base)
        if previous is None:
            return new_doc(), 0
        return await self._read_object(document, previous.object_key, previous.sha256), previous.seq

    async def _read_object(self, document: UUID, key: str, digest: bytes) -> Doc:
        try:
            content = await self._objects.get(key)
        except ObjectMissing:
            stored = await self._log.open(document)
            if stored.object_key not in (key, None):
                raise _Moved from None
            raise DamagedDocument(f"the object {key} is missing") from None
        if hashlib.sha256(content).digest() != digest:
            raise DamagedDocument(f"the object {key} is not what was written")
        return new_doc(content)

    async def _chunks(self, document: UUID, after: int, head: int) -> AsyncGenerator[tuple[list[bytes], int]]:
        """The operations after number `after`, each time with the number of the last; raises `_Moved` at a gap."""
        last = after
        async for operations in self._log.operations(document, after):
            if operations[0].seq != last + 1 or operations[-1].seq != last + len(operations):
                raise _Moved
            last = operations[-1].seq
            yield [operation.payload for operation in operations], last
        if last < head:
            raise _Moved

    async def _salvage(self, document: UUID, stored: StoredDocument) -> Loaded:
        """One operation at a time, leaving out what cannot be merged: a document with a hole is better than none."""
        doc, after = await self._read_snapshot(document, stored)
        merged = [doc.get_update()]
        head = after
        async for chunk, last in self._chunks(document, after, stored.head):
            head = last
            for update in chunk:
                try:
                    apply(doc, update)
                except Unmergeable as error:
                    SALVAGED.inc()
                    _log.error("operation left out", document=str(document), reason=str(error))
                    doc = new_doc(*merged)
                else:
                    merged.append(update)
            await asyncio.sleep(0)
        return Loaded(doc, head, stored.base)


class Compactor:
    """Compacts one document after another; who asks twice is served once."""

    def __init__(self, documents: Documents, *, min_operations: int, on_compacted: Callable[[UUID, int], None]) -> None:
        self._documents = documents
        self._min_operations = min_operations
        self._on_compacted = on_compacted
        self._waiting: dict[UUID, int] = {}
        self._wake = asyncio.Event()

    def request(self, document: UUID, *, min_operations: int | None = None) -> None:
        if len(self._waiting) < _MAX_WAITING:
            self._waiting.setdefault(document, min_operations or self._min_operations)
            self._wake.set()

    async def run(self) -> None:
        while True:
            await self._wake.wait()
            if not self._waiting:
                self._wake.clear()
                continue
            document = next(iter(self._waiting))
            min_operations = self._waiting.pop(document)
            try:
                base = await self._documents.compact(document, min_operations=min_operations)
            except DeletedDocument:
                continue
            except (StoreUnavailable, DamagedDocument, Unmergeable) as error:
                SNAPSHOTS.labels("failed").inc()
                _log.warning("not compacted", document=str(document), reason=str(error) or type(error).__name__)
                await asyncio.sleep(_PAUSE_AFTER_FAILURE_S)
            else:
                SNAPSHOTS.labels("made" if base else "not needed").inc()
                if base:
                    self._on_compacted(document, base)
