"""Creations with an `Idempotency-Key`: repeated within a day they make nothing new, however close together they are."""

import hashlib
from typing import Final
from uuid import UUID

import msgspec
from msgspec import Struct

from collab_document.problems import IdempotencyKeyReused
from collab_document.queries import SQL
from collab_kit.database import Connection, Database, execute, fetch_row

__all__ = ["Idempotency"]

_MAX_BATCHES: Final = 100


class _Request(Struct, frozen=True):
    request: bytes
    made: UUID | None


class Idempotency:
    """Both steps belong into the transaction that makes the thing: the key is taken exactly when the thing is there."""

    async def begin(
        self, connection: Connection, person: UUID, key: str | None, *, operation: str, body: object
    ) -> UUID | None:
        """What the same request made earlier, or `None` when it is to be made now.

        Raises:
            IdempotencyKeyReused: the key came with another operation or body.
        """
        if key is None:
            return None
        request = hashlib.sha256(operation.encode() + b"\0" + msgspec.json.encode(body)).digest()
        if await execute(connection, SQL.begin_request, person, key, request):
            return None
        earlier = await fetch_row(connection, _Request, SQL.find_request, person, key)
        if earlier.request != request:
            raise IdempotencyKeyReused("Use another key for another request.")
        return earlier.made

    async def finish(self, connection: Connection, person: UUID, key: str | None, made: UUID) -> None:
        if key is not None:
            await execute(connection, SQL.finish_request, person, key, made)

    async def purge(self, database: Database) -> None:
        """Forget keys of more than a day ago, some at a time."""
        for _ in range(_MAX_BATCHES):
            if not await database.execute(SQL.purge_requests):
                return
