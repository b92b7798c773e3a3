"""Parts of the document service in the test's own process, on a database of its own, for what HTTP cannot show."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import asyncpg

from collab_document.deletion import Deletion
from collab_document.erasure.service import Erasure
from collab_document.outbox import Outbox
from collab_kit.database import Database
from collab_kit.events import Publisher
from collab_kit.http import Peer

if TYPE_CHECKING:
    from asyncpg import Connection, Record


@dataclass
class Parts:
    database: Database
    connection: "Connection[Record]"
    """The test's own, to look and to arrange."""
    events: Publisher
    outbox: Outbox
    deletion: Deletion
    erasure: Erasure

    async def insert_document(self, title: str, owner: UUID) -> UUID:
        document: UUID = await self.connection.fetchval("insert into document (title) values ($1) returning id", title)
        await self.connection.execute(
            "insert into member (document_id, user_id, role) values ($1, $2, 'owner')", document, owner
        )
        return document

    async def add_member(self, document: UUID, person: UUID, role: str) -> None:
        await self.connection.execute(
            "insert into member (document_id, user_id, role) values ($1, $2, $3)", document, person, role
        )


def build(
    database: Database,
    connection: "asyncpg.Connection[asyncpg.Record]",
    events: Publisher,
    peers: dict[str, Peer] | None = None,
) -> Parts:
    outbox = Outbox(database, peers or {})
    deletion = Deletion(database, events, outbox, keep=timedelta(days=30))
    return Parts(database, connection, events, outbox, deletion, Erasure(database, events, deletion))
