"""Makes documents from before there was a search found by their titles."""

import asyncio
from typing import Final
from uuid import UUID

from collab_document.queries import IdRow
from collab_document.search.store import SEARCH_SQL
from collab_kit.database import Database
from collab_kit.errors import Problem
from collab_kit.logging import get_logger

__all__ = ["Titles"]

_BATCH: Final = 500
_EVERY_S: Final = 3600.0
"""Again and again: a replica of an earlier release may go on making documents while this one is already here."""
_AFTER_FAILURE_S: Final = 10.0

_log = get_logger()


class Titles:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def run(self) -> None:
        """Runs until cancelled."""
        while True:
            try:
                await self.add_missing()
            except Problem as error:
                _log.warning("titles not added to the search", reason=error.detail)
                await asyncio.sleep(_AFTER_FAILURE_S)
            else:
                await asyncio.sleep(_EVERY_S)

    async def add_missing(self) -> None:
        """Some at a time, in the order of their ids. Raises `StoreUnavailable`."""
        at: IdRow | None = IdRow(UUID(int=0))
        while at is not None:
            at = await self._database.fetch_one(IdRow, SEARCH_SQL.add_missing_titles, at.id, _BATCH)
