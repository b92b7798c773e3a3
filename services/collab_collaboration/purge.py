"""What is left of deleted documents is removed, once they have been deleted for long enough.

Every step can be the last one before a crash: objects go first, then the rows there may be many of, a bounded number at
a time, and at last, in one statement, those that name the objects, with the note that it is done. Whoever comes next
begins again and finds less. A claim keeps replicas from doing the same document at once; should two do so after all,
they only find less, too.
"""

import asyncio
from datetime import timedelta
from typing import Final
from uuid import UUID

from collab_collaboration.metrics import PURGED
from collab_collaboration.objects import Objects, folder_of
from collab_collaboration.oplog import OperationLog
from collab_kit.logging import get_logger

__all__ = ["Purger"]

_MAX_DOCUMENTS: Final = 100
"""In one go."""
_LEASE: Final = timedelta(minutes=10)
"""How long a claim holds: a document whose purge failed is tried again after that."""

_log = get_logger()


class Purger:
    def __init__(self, log: OperationLog, objects: Objects, *, keep: timedelta) -> None:
        self._log = log
        self._objects = objects
        self._keep = keep

    async def run(self) -> None:
        """Purge a bounded number of the documents that are due. Raises `StoreUnavailable`."""
        for _ in range(_MAX_DOCUMENTS):
            document = await self._log.claim_deleted(older_than=self._keep, lease=_LEASE)
            if document is None:
                return
            await self._purge(document)

    async def _purge(self, document: UUID) -> None:
        objects = rows = 0
        while keys := await self._objects.some_below(folder_of(document)):
            for key in keys:
                await self._objects.delete(key)
            objects += len(keys)
            PURGED.labels("objects").inc(len(keys))
        while removed := await self._log.purge_rows(document):
            rows += removed
            PURGED.labels("rows").inc(removed)
            await asyncio.sleep(0)
        await self._log.finish_purge(document)
        PURGED.labels("documents").inc()
        _log.info("purged", document=str(document), objects=objects, rows=rows)
