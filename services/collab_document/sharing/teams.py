"""The copy of the teams that the user service keeps: what it tells arrives late, twice and in any order."""

import asyncio
from typing import Final
from uuid import UUID

from collab_document.queries import IdRow
from collab_document.sharing.schemas import TeamState
from collab_document.sharing.store import SHARING_SQL
from collab_kit.database import Connection, Database, execute, fetch_all, fetch_one
from collab_kit.events import AccessChanged, Publisher

__all__ = ["Teams"]

_MAX_TOLD: Final = 2000
"""Documents that collaboration is told of at once; in others, a role that was lost lasts as long as a ticket."""
_AT_ONCE: Final = 8


class Teams:
    """Every method raises `StoreUnavailable`."""

    def __init__(self, database: Database, events: Publisher) -> None:
        self._database = database
        self._events = events

    async def store(self, team: UUID, state: TeamState) -> None:
        """Nothing happens when a newer version is known."""
        async with self._database.transaction() as connection:
            # PostgreSQL stores no zero characters.
            arguments = (team, state.name.replace("\x00", " "), state.version)
            if await fetch_one(connection, IdRow, SHARING_SQL.store_team, *arguments) is None:
                return
            left = await execute(connection, SHARING_SQL.remove_from_team, team, state.members)
            came = await execute(connection, SHARING_SQL.add_to_team, team, state.members)
            documents = await _documents(connection, team) if left or came else []
        await self._tell(documents)

    async def end(self, team: UUID, version: int) -> None:
        """Nothing happens when a newer version is known."""
        async with self._database.transaction() as connection:
            if await fetch_one(connection, IdRow, SHARING_SQL.end_team, team, version) is None:
                return
            documents = await _documents(connection, team)
            await execute(connection, SHARING_SQL.clear_grants, team)
            await execute(connection, SHARING_SQL.clear_team, team)
        await self._tell(documents)

    async def _tell(self, documents: list[UUID]) -> None:
        for start in range(0, len(documents), _AT_ONCE):
            some = documents[start : start + _AT_ONCE]
            await asyncio.gather(*(self._events.publish(AccessChanged(document)) for document in some))


async def _documents(connection: Connection, team: UUID) -> list[UUID]:
    return [row.id for row in await fetch_all(connection, IdRow, SHARING_SQL.documents_of_team, team, _MAX_TOLD)]
