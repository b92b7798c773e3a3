"""Making named versions of documents: objects of their own, proved before they are recorded.

What was acknowledged is in the log, so a version made from the log holds everything that anyone was told is saved, on
whichever replica. A crash between the steps leaves at most an object that no row names; it goes with its document.
"""

import hashlib
from typing import Final
from uuid import UUID, uuid4

from collab_collaboration.crdt import Unmergeable
from collab_collaboration.epoch import without_markers
from collab_collaboration.history.problems import DocumentDamaged, NoSuchDocument, TooManyVersions
from collab_collaboration.history.rules import MAX_VERSIONS
from collab_collaboration.history.store import HistoryStore, NewVersion, StoredVersion
from collab_collaboration.lib0 import Malformed
from collab_collaboration.objects import Objects, folder_of
from collab_collaboration.snapshots import DamagedDocument, DeletedDocument, Documents
from collab_kit.errors import StoreUnavailable
from collab_kit.logging import get_logger

__all__ = ["VersionMaker"]

_ATTEMPTS: Final = 3

_log = get_logger()


class VersionMaker:
    """Decodes whole documents: for a process in which nobody waits for anything else (`worker.py`)."""

    def __init__(self, store: HistoryStore, documents: Documents, objects: Objects) -> None:
        self._store = store
        self._documents = documents
        self._objects = objects

    async def create(self, document: UUID, *, name: str, user: UUID) -> StoredVersion:
        """Name the document as it is stored now.

        Raises:
            NoSuchDocument, TooManyVersions, DocumentDamaged, StoreUnavailable: there is no such version.
        """
        for _ in range(_ATTEMPTS):
            if await self._store.count(document) >= MAX_VERSIONS:
                raise TooManyVersions
            try:
                made = await self._make(document, name, user)
            except DeletedDocument as error:
                raise NoSuchDocument from error
            except (DamagedDocument, Unmergeable, Malformed) as error:
                _log.error("no version made", document=str(document), reason=str(error))
                raise DocumentDamaged from error
            if made is not None:
                return made
        raise StoreUnavailable("The document was being replaced.")

    async def _make(self, document: UUID, name: str, user: UUID) -> StoredVersion | None:
        """`None` when the document began another life meanwhile."""
        loaded = await self._documents.load(document)
        # The marker says which life a client knows; what leaves the document may come back in any.
        content = without_markers(loaded.doc.get_update())
        digest = hashlib.sha256(content).digest()
        key = f"{folder_of(document)}versions/{loaded.head:016d}-{uuid4().hex}.yjs"
        await self._objects.put(key, content)
        if hashlib.sha256(await self._objects.get(key)).digest() != digest:
            raise DamagedDocument(f"the object {key} is not what was written")
        new = NewVersion(
            document=document,
            epoch=loaded.epoch,
            seq=loaded.head,
            name=name,
            created_by=user,
            object_key=key,
            sha256=digest,
            size_bytes=len(content),
        )
        made = await self._store.insert(new, max_versions=MAX_VERSIONS)
        if made is None:
            await self._objects.delete(key)
            return None
        _log.info("version made", document=str(document), version=str(made.id), seq=made.seq, bytes=made.size_bytes)
        return made
