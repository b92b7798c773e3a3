"""Documents that begin with a text: either they are there with it, or not at all.

The document is made first, in a transaction that also notes it as unfilled; then collaboration is given the text, and
the note is removed. When the text is not taken the document is deleted again, by whoever still finds the note: this
request, or, should its replica die, `sweep`.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

from collab_document.convert.contents import Contents
from collab_document.convert.queries import SQL, IdRow, UnfilledRow
from collab_document.deletion import Deletion
from collab_document.idempotency import Idempotency
from collab_document.rules import parse_key
from collab_document.service import Documents, Tagged
from collab_kit.database import Database, execute, fetch_one
from collab_kit.guard import Principal
from collab_kit.logging import get_logger

__all__ = ["Filling"]

_ABANDONED_AFTER: Final = timedelta(minutes=10)
"""Longer than any request goes on."""
_BATCH: Final = 100

_log = get_logger()


class Filling:
    """Every method raises `StoreUnavailable`."""

    def __init__(
        self,
        *,
        database: Database,
        documents: Documents,
        contents: Contents,
        idempotency: Idempotency,
        deletion: Deletion,
    ) -> None:
        self._database = database
        self._documents = documents
        self._contents = contents
        self._idempotency = idempotency
        self._deletion = deletion

    async def create(
        self,
        caller: Principal,
        content: bytes,
        *,
        title: str,
        folder: UUID | None,
        key: str | None,
        operation: str,
        body: object,
    ) -> Tagged:
        """With a title that has been parsed; `body` is what makes two requests of one `key` the same.

        Raises `InvalidRequest`, `NoSuchFolder`, `TooManyDocuments`, `IdempotencyKeyReused`, `TooComplex` or
        `PeerUnavailable`; and `NoSuchDocument` when what a key made before is gone.
        """
        key = parse_key(key)
        async with self._database.transaction() as connection:
            document = await self._idempotency.begin(connection, caller.id, key, operation=operation, body=body)
            if document is None:
                document = await self._documents.create_in(connection, caller, title=title, folder=folder)
                await execute(connection, SQL.begin_filling, document, caller.id, key)
                await self._idempotency.finish(connection, caller.id, key, document)
        # Also for a document that the same key made before, should it still wait for its text.
        if await self._database.fetch_one(IdRow, SQL.find_unfilled, document) is not None:
            try:
                await self._contents.begin(document, content, by=caller.id)
            except BaseException:
                await self._undo(document)
                raise
            await self._database.execute(SQL.end_filling, document)
        return await self._documents.get(caller, document)

    async def sweep(self) -> None:
        """Remove documents whose text did not come: a bounded number."""
        for row in await self._database.fetch_all(IdRow, SQL.find_abandoned, _ABANDONED_AFTER, _BATCH):
            await self._undo(row.id)
            _log.info("document without its text removed", document=str(row.id))

    async def _undo(self, document: UUID) -> None:
        async with self._database.transaction() as connection:
            taken = await fetch_one(connection, UnfilledRow, SQL.take_unfilled, document)
            if taken is None:
                return
            if taken.key is not None:
                await execute(connection, SQL.forget_request, taken.person, taken.key, document)
            await self._deletion.delete(connection, document, by=taken.person)
        await self._deletion.announce(document)
