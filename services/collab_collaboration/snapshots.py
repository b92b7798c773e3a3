"""Documents as they are stored: a snapshot, one object holding a log's beginning, and the operations after it.

Every step of a compaction can be the last one before a crash. The object is written under a name of its own; it is read
back, and all operations are replayed on it to prove that it holds them; only then is it made the document's snapshot,
in one statement; only then does the log lose anything, and no more than the snapshot before holds too, and one that has
settled. A crash in between leaves at most an object that nobody refers to, or operations that are skipped when reading
and trimmed later.
"""

import asyncio
import hashlib
import random
from collections.abc import AsyncGenerator, Callable
from datetime import timedelta
from typing import Final, Protocol
from uuid import UUID, uuid4

from msgspec import Struct

from collab_collaboration.attribution import learn_clients
from collab_collaboration.crdt import Doc, Unmergeable, apply, apply_all, apply_observed, clocks_of, new_doc
from collab_collaboration.epoch import in_epoch, marker_update, other_epoch, without_markers
from collab_collaboration.metrics import DAMAGED, EPOCHS, OPEN_SECONDS, SALVAGED, SNAPSHOTS
from collab_collaboration.objects import ObjectMissing, Objects, folder_of
from collab_collaboration.oplog import OperationLog, StoredDocument, StoredSnapshot
from collab_kit.errors import StoreUnavailable
from collab_kit.logging import get_logger

__all__ = ["Compactor", "DamagedDocument", "DeletedDocument", "Documents", "Loaded"]

_ATTEMPTS: Final = 3
_MAX_WAITING: Final = 10_000
_MAX_PAUSE_S: Final = 30.0

_log = get_logger()


class DeletedDocument(Exception):  # noqa: N818  # named for what was found
    """The document is no more."""


class DamagedDocument(Exception):  # noqa: N818  # named for what was found
    """What is stored cannot be put together to a document."""


class Loaded(Struct, frozen=True):
    doc: Doc
    """With the marker of `epoch`."""
    head: int
    base: int
    epoch: int


class _Moved(Exception):  # noqa: N818  # internal signal
    """Another replica compacted the log while it was being read."""


class Documents:
    """Reads documents from the log and the object store, and compacts them."""

    def __init__(self, log: OperationLog, objects: Objects, *, settle_s: float) -> None:
        """`settle_s`: for so long after it was taken, an object may be gone again after a loss of power."""
        self._log = log
        self._objects = objects
        self._settle = timedelta(seconds=settle_s)

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
        key = f"{folder_of(document)}{loaded.head:016d}-{uuid4().hex}.yjs"
        await self._objects.put(key, content)
        await self._prove(document, key, digest, loaded)
        await learn_clients(self._log, document, loaded.base)
        if not await self._log.record_snapshot(
            document, seq=loaded.head, over=loaded.base, object_key=key, sha256=digest, size_bytes=len(content)
        ):
            await self._objects.delete(key)
            return None
        trimmed = await self._tidy(document)
        _log.info("compacted", document=str(document), base=loaded.head, bytes=len(content), operations=trimmed)
        return loaded.head

    async def replace(
        self, document: UUID, state: bytes, *, over_epoch: int | None = None, over_head: int | None = None
    ) -> int | None:
        """Let the document go on as `state`, a Yjs update, in a new life: who knows the former one is refused.

        Works whatever is stored now, and never reads it. The object is written and proved first; then one statement
        changes lives; then what is left of the former life is removed, by the next compaction if not here.

        Returns:
            The new epoch; `None` when the document is not in `over_epoch`, or has operations after number `over_head`.

        Raises:
            Malformed, Unmergeable: `state` is no document; nothing was changed.
            DeletedDocument, DamagedDocument: nothing was changed.
            StoreUnavailable: perhaps it was changed, perhaps not.
        """
        stored = await self._log.open(document)
        if stored.deleted:
            raise DeletedDocument
        if over_epoch not in (None, stored.epoch):
            return None
        epoch = other_epoch(stored.epoch)
        content = in_epoch(state, epoch)
        digest = hashlib.sha256(content).digest()
        key = f"{folder_of(document)}epoch-{epoch}-{uuid4().hex}.yjs"
        await self._objects.put(key, content)
        restored = await self._read_object(key, digest)
        if apply_observed(restored, without_markers(state)) is not None:
            raise DamagedDocument("the object lacks part of the state")
        await learn_clients(self._log, document, stored.base)
        if not await self._log.begin_epoch(
            document,
            over=stored.epoch,
            over_head=over_head,
            epoch=epoch,
            object_key=key,
            sha256=digest,
            size_bytes=len(content),
        ):
            await self._objects.delete(key)
            return None
        EPOCHS.inc()
        _log.info("document replaced", document=str(document), epoch=epoch, over=stored.epoch, bytes=len(content))
        try:
            await self._tidy(document)
        except StoreUnavailable as error:
            _log.warning("former life not removed yet", document=str(document), reason=str(error))
        return epoch

    async def _tidy(self, document: UUID) -> int:
        """Remove what the document can do without; the answer is how many operations that were."""
        trimmed = 0
        while removed := await self._log.trim(document, settle=self._settle):
            trimmed += removed
        for old in await self._log.drop_old_snapshots(document, settle=self._settle):
            await self._objects.delete(old)
        return trimmed

    async def _read(self, document: UUID, stored: StoredDocument) -> Loaded:
        doc, after = await self._read_snapshot(document, stored)
        head = after
        async for chunk, last in self._chunks(document, after, stored.head, stored.epoch):
            apply_all(doc, chunk)
            head = last
            await asyncio.sleep(0)
        return Loaded(doc, head, stored.base, stored.epoch)

    async def _prove(self, document: UUID, key: str, digest: bytes, loaded: Loaded) -> None:
        """Raises `DamagedDocument` unless the object holds exactly what snapshot and log hold."""
        restored = await self._read_object(key, digest)
        if clocks_of(restored) != clocks_of(loaded.doc):
            raise DamagedDocument("the snapshot holds other structs than the log")
        try:
            async for chunk, last in self._chunks(document, loaded.base, loaded.head, loaded.epoch):
                # What was stored since is not in it.
                for update in chunk[: len(chunk) - max(0, last - loaded.head)]:
                    if apply_observed(restored, update) is not None:
                        raise DamagedDocument("the snapshot lacks an operation of the log")
                await asyncio.sleep(0)
        except _Moved as error:
            raise StoreUnavailable("Another replica compacted the document meanwhile.") from error

    async def _read_snapshot(self, document: UUID, stored: StoredDocument) -> tuple[Doc, int]:
        """A document with what the snapshot holds, and its marker, and the number of the last operation in it."""
        doc, last = await self._read_base(document, stored)
        # In every snapshot made since there are epochs; an older one, or none, lacks it.
        apply(doc, marker_update(stored.epoch))
        return doc, last

    async def _read_base(self, document: UUID, stored: StoredDocument) -> tuple[Doc, int]:
        if stored.object_key is None or stored.sha256 is None:
            return new_doc(), 0
        found: StoredSnapshot | None = StoredSnapshot(stored.base, stored.object_key, stored.sha256)
        while found is not None:
            try:
                return await self._read_object(found.object_key, found.sha256), found.seq
            except DamagedDocument as error:
                if (await self._log.open(document)).object_key != stored.object_key:
                    raise _Moved from None
                DAMAGED.inc()
                _log.error("doing without a snapshot", document=str(document), base=found.seq, reason=str(error))
            found = await self._log.snapshot_before(document, found.seq)
        if stored.epoch_base:
            raise DamagedDocument("the state that its present life began with is lost")
        return new_doc(), 0

    async def _read_object(self, key: str, digest: bytes) -> Doc:
        """Raises `DamagedDocument`, `StoreUnavailable`."""
        try:
            content = await self._objects.get(key)
        except ObjectMissing:
            raise DamagedDocument(f"the object {key} is missing") from None
        # Elsewhere, since it lets go of the interpreter meanwhile, as the merging does not.
        if (await asyncio.to_thread(hashlib.sha256, content)).digest() != digest:
            raise DamagedDocument(f"the object {key} is not what was written")
        return new_doc(content)

    async def _chunks(
        self, document: UUID, after: int, head: int, epoch: int
    ) -> AsyncGenerator[tuple[list[bytes], int]]:
        """The operations after number `after`, each time with the number of the last; raises `_Moved` at a gap."""
        last = after
        async for operations in self._log.operations(document, after, epoch):
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
        async for chunk, last in self._chunks(document, after, stored.head, stored.epoch):
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
        return Loaded(doc, head, stored.base, stored.epoch)


class Compacts(Protocol):
    """Who compacts a document, as `Documents` does."""

    async def compact(self, document: UUID, *, min_operations: int) -> int | None: ...


class Compactor:
    """Compacts one document after another; who asks twice is served once."""

    def __init__(self, documents: Compacts, *, min_operations: int, on_compacted: Callable[[UUID, int], None]) -> None:
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
        failures = 0
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
                if isinstance(error, StoreUnavailable):
                    self.request(document, min_operations=min_operations)
                failures += 1
                await asyncio.sleep(random.uniform(0.5, 1.0) * min(_MAX_PAUSE_S, 2.0**failures))  # noqa: S311  # jitter
            else:
                failures = 0
                SNAPSHOTS.labels("made" if base else "not needed").inc()
                if base:
                    self._on_compacted(document, base)
