"""Named versions of documents, as they were made: see `making.py`."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final
from uuid import UUID

from collab_collaboration.history.problems import DocumentDamaged, NoSuchVersion
from collab_collaboration.history.store import HistoryStore, StoredVersion
from collab_collaboration.objects import ObjectMissing, Objects
from collab_kit.errors import StoreUnavailable
from collab_kit.logging import get_logger

__all__ = ["Versions"]

_DEADLINE_S: Final = 12.0
"""Within what the gateway waits for an answer."""
_AT_ONCE: Final = 2
"""Whole documents held in memory for these calls, per replica; who comes then waits."""

_log = get_logger()


class Versions:
    def __init__(self, store: HistoryStore, objects: Objects) -> None:
        self._store = store
        self._objects = objects
        self._room = asyncio.Semaphore(_AT_ONCE)

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

    @asynccontextmanager
    async def _bounded(self) -> AsyncGenerator[None]:
        try:
            async with asyncio.timeout(_DEADLINE_S), self._room:
                yield
        except TimeoutError as error:
            raise StoreUnavailable("The document could not be read or written in time.") from error


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def _found(version: StoredVersion | None) -> StoredVersion:
    if version is None:
        raise NoSuchVersion
    return version
