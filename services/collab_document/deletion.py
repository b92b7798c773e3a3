"""Documents deleted for good: out of the trash, by their owner or when their time is over, or with their last owner."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from prometheus_client import Counter

from collab_document.outbox import Outbox
from collab_document.queries import SQL, IdRow
from collab_document.talk import emit
from collab_kit.database import Connection, Database, execute, fetch_one
from collab_kit.events import DocumentDeleted, Publisher
from collab_kit.logging import get_logger

__all__ = ["Deletion"]

_BATCH: Final = 100
_MAX_BATCHES: Final = 100

_log = get_logger()
_purged = Counter("collab_document_purged_total", "Documents that left the trash for good when their time was over")


class Deletion:
    """Every method raises `StoreUnavailable`."""

    def __init__(self, database: Database, events: Publisher, outbox: Outbox, *, keep: timedelta) -> None:
        self._database = database
        self._events = events
        self._outbox = outbox
        self._keep = keep

    async def delete(self, connection: Connection, document: UUID, *, by: UUID | None) -> None:
        """In the caller's transaction, which has locked the document; `announce` it when that is committed."""
        await emit(connection, "document.deleted", document=document, by=by)
        # The event is a hint, and may be lost; what is stored of the document has to go all the same.
        await self._outbox.enqueue(
            connection,
            "collaboration",
            "DELETE",
            f"/internal/documents/{document}",
            key=f"document-deleted:{document}",
        )
        await execute(connection, SQL.delete_document, document)

    async def announce(self, document: UUID) -> None:
        self._outbox.nudge()
        await self._events.publish(DocumentDeleted(document))

    async def purge(self) -> None:
        """Delete what has been in the trash for long enough: a bounded number, each in a transaction of its own."""
        for _ in range(_MAX_BATCHES):
            due = await self._database.fetch_all(IdRow, SQL.find_to_purge, self._keep, _BATCH)
            done = [row.id for row in due if await self._purge(row.id)]
            if done:
                _log.info("purged", documents=len(done))
            # Those left over are being deleted by another replica, or have come back.
            if len(due) < _BATCH or not done:
                return

    async def _purge(self, document: UUID) -> bool:
        async with self._database.transaction() as connection:
            if await fetch_one(connection, IdRow, SQL.lock_to_purge, document, self._keep) is None:
                return False
            await self.delete(connection, document, by=None)
        await self.announce(document)
        _purged.inc()
        return True
