"""Making named versions of documents: objects of their own, proved before they are recorded.

What was acknowledged is in the log, so a version made from the log holds everything that anyone was told is saved, on
whichever replica. A crash between the steps leaves at most an object that no row names; it goes with its document.
"""

import hashlib
from typing import Final
from uuid import UUID, uuid4

from collab_collaboration.crdt import Unmergeable, new_doc
from collab_collaboration.epoch import without_markers
from collab_collaboration.history.problems import DocumentDamaged, NoSuchDocument, TooManyVersions
from collab_collaboration.history.rules import MAX_VERSIONS
from collab_collaboration.history.store import HistoryStore, NewVersion, StoredVersion
from collab_collaboration.lib0 import Malformed
from collab_collaboration.objects import Objects, folder_of
from collab_collaboration.oplog import AuthoredOperation, OperationLog
from collab_collaboration.snapshots import DamagedDocument, DeletedDocument, Documents, Loaded
from collab_kit.errors import StoreUnavailable
from collab_kit.logging import get_logger

__all__ = ["VersionMaker"]

_ATTEMPTS: Final = 3

_log = get_logger()


class VersionMaker:
    """Decodes whole documents: for a process in which nobody waits for anything else (`worker.py`)."""

    def __init__(self, store: HistoryStore, log: OperationLog, documents: Documents, objects: Objects) -> None:
        self._store = store
        self._operations = log
        self._documents = documents
        self._objects = objects

    async def create(self, document: UUID, *, name: str, user: UUID) -> StoredVersion:
        """Name the document as it is stored now.

        Raises:
            NoSuchDocument, TooManyVersions, DocumentDamaged, StoreUnavailable: there is no such version.
        """
        for _ in range(_ATTEMPTS):
            await self.require_space(document)
            made = await self.keep(document, await self.load(document), name=name, user=user)
            if made is not None:
                return made
        raise StoreUnavailable("The document was being replaced.")

    async def require_space(self, document: UUID) -> None:
        """Raises `TooManyVersions`, `StoreUnavailable`."""
        if await self._store.count(document) >= MAX_VERSIONS:
            raise TooManyVersions

    async def load(self, document: UUID) -> Loaded:
        """A document with all that was acknowledged. Raises `NoSuchDocument`, `DocumentDamaged`, `StoreUnavailable`."""
        try:
            return await self._documents.load(document)
        except DeletedDocument as error:
            raise NoSuchDocument from error
        except (DamagedDocument, Unmergeable) as error:
            _log.error("document not read", document=str(document), reason=str(error))
            raise DocumentDamaged from error

    async def keep(self, document: UUID, loaded: Loaded, *, name: str, user: UUID) -> StoredVersion | None:
        """Name a document as it was loaded; `None` when it began another life meanwhile, or has too many versions.

        Raises:
            DocumentDamaged, StoreUnavailable
        """
        try:
            return await self._keep(document, loaded, name, user)
        except (DamagedDocument, Unmergeable, Malformed) as error:
            _log.error("no version made", document=str(document), reason=str(error))
            raise DocumentDamaged from error

    async def _keep(self, document: UUID, loaded: Loaded, name: str, user: UUID) -> StoredVersion | None:
        # The marker says which life a client knows; what leaves the document may come back in any.
        content = without_markers(loaded.doc.get_update())
        digest = hashlib.sha256(content).digest()
        key = await self._put(document, loaded.head, content, digest)
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

    async def catch_up(self, document: UUID, version: StoredVersion, content: bytes, *, until: bytes) -> StoredVersion:
        """The version, with the operations that were stored after it and before the one whose digest is `until`.

        Raises:
            DocumentDamaged, StoreUnavailable: it stays as it is.
        """
        between = await self._between(document, version, until)
        if not between:
            return version
        try:
            caught_up = without_markers(new_doc(content, *(operation.payload for operation in between)).get_update())
            digest = hashlib.sha256(caught_up).digest()
            key = await self._put(document, between[-1].seq, caught_up, digest)
        except (DamagedDocument, Unmergeable, Malformed) as error:
            raise DocumentDamaged from error
        authors = list({operation.author for operation in between})
        made = await self._store.replace(
            version, seq=between[-1].seq, object_key=key, sha256=digest, size_bytes=len(caught_up), authors=authors
        )
        await self._objects.delete(key if made is None else version.object_key)
        return made or version

    async def _between(self, document: UUID, version: StoredVersion, until: bytes) -> list[AuthoredOperation]:
        found: list[AuthoredOperation] = []
        async for operations in self._operations.authored(document, version.seq):
            for operation in operations:
                if hashlib.sha256(operation.payload).digest() == until:
                    return found
                if operation.seq != version.seq + len(found) + 1:
                    break
                found.append(operation)
        _log.warning("a version may lack what was written while it was made", version=str(version.id))
        return []

    async def _put(self, document: UUID, seq: int, content: bytes, digest: bytes) -> str:
        key = f"{folder_of(document)}versions/{seq:016d}-{uuid4().hex}.yjs"
        await self._objects.put(key, content)
        if hashlib.sha256(await self._objects.get(key)).digest() != digest:
            raise DamagedDocument(f"the object {key} is not what was written")
        return key
