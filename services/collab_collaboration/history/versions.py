"""Named versions of documents: objects of their own, proved before they are recorded.

What was acknowledged is in the log, so a version made from the log holds everything that anyone was told is saved, on
whichever replica. A crash between the steps leaves at most an object that no row names; it goes with its document.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final
from uuid import UUID, uuid4

from collab_collaboration.crdt import Unmergeable
from collab_collaboration.epoch import without_markers
from collab_collaboration.history.problems import DocumentDamaged, NoSuchDocument, NoSuchVersion, TooManyVersions
from collab_collaboration.history.rules import MAX_VERSIONS
from collab_collaboration.history.store import HistoryStore, NewVersion, StoredVersion
from collab_collaboration.lib0 import Malformed
from collab_collaboration.objects import ObjectMissing, Objects, folder_of
from collab_collaboration.snapshots import DamagedDocument, DeletedDocument, Documents
from collab_kit.errors import StoreUnavailable
from collab_kit.logging import get_logger

__all__ = ["Versions"]

_ATTEMPTS: Final = 3
_DEADLINE_S: Final = 12.0
"""Within what the gateway waits for an answer."""
_AT_ONCE: Final = 2
"""Whole documents held in memory for these calls, per replica; who comes then waits."""

_log = get_logger()


class Versions:
    def __init__(self, store: HistoryStore, documents: Documents, objects: Objects) -> None:
        self._store = store
        self._documents = documents
        self._objects = objects
        self._room = asyncio.Semaphore(_AT_ONCE)

    async def create(self, document: UUID, *, name: str, user: UUID) -> StoredVersion:
        """Name the document as it is stored now.

        Raises:
            NoSuchDocument, TooManyVersions, DocumentDamaged, StoreUnavailable: there is no such version.
        """
        async with self._bounded():
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

    async def get(self, document: UUID, version: UUID) -> StoredVersion:
        """Raises `NoSuchVersion`, `StoreUnavailable`."""
        return _found(await self._store.version(document, version))

    async def rename(self, document: UUID, version: UUID, name: str) -> StoredVersion:
        """Raises `NoSuchVersion`, `StoreUnavailable`."""
        return _found(await self._store.rename(document, version, name))

    async def delete(self, document: UUID, version: UUID) -> None:
        """Raises `NoSuchVersion`, `StoreUnavailable`."""
        deleted = _found(await self._store.delete(document, version))
        try:
            await self._objects.delete(deleted.object_key)
        except StoreUnavailable as error:
            # Nobody can ask for it any more; it goes with its document.
            _log.warning("a deleted version's object stays", key=deleted.object_key, reason=str(error))

    async def state(self, document: UUID, version: UUID) -> bytes:
        """The document as of a version, as one Yjs update.

        Raises:
            NoSuchVersion, DocumentDamaged, StoreUnavailable
        """
        async with self._bounded():
            found = await self.get(document, version)
            try:
                content = await self._objects.get(found.object_key)
            except ObjectMissing as error:
                _log.error("a version's object is missing", document=str(document), key=found.object_key)
                raise DocumentDamaged("The version's content is missing.") from error
            if await asyncio.to_thread(_digest, content) != found.sha256:
                _log.error("a version's object is not what was written", document=str(document), key=found.object_key)
                raise DocumentDamaged("The version's content is not what was written.")
            return content

    async def _make(self, document: UUID, name: str, user: UUID) -> StoredVersion | None:
        """`None` when the document began another life meanwhile."""
        loaded = await self._documents.load(document)
        content, digest = await asyncio.to_thread(_content, loaded.doc.get_update())
        key = f"{folder_of(document)}versions/{loaded.head:016d}-{uuid4().hex}.yjs"
        await self._objects.put(key, content)
        if await asyncio.to_thread(_digest, await self._objects.get(key)) != digest:
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

    @asynccontextmanager
    async def _bounded(self) -> AsyncGenerator[None]:
        try:
            async with asyncio.timeout(_DEADLINE_S), self._room:
                yield
        except TimeoutError as error:
            raise StoreUnavailable("The document could not be read or written in time.") from error


def _content(state: bytes) -> tuple[bytes, bytes]:
    # The marker says which life a client knows; what leaves the document may come back in any.
    content = without_markers(state)
    return content, _digest(content)


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def _found(version: StoredVersion | None) -> StoredVersion:
    if version is None:
        raise NoSuchVersion
    return version
