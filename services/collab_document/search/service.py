"""Finds documents by their words."""

from typing import Final
from uuid import UUID

from collab_document.presenting import Presenter
from collab_document.queries import SQL, CountRow
from collab_document.search.rules import decode_cursor, encode_cursor, parse_query
from collab_document.search.schemas import Hit, HitPage
from collab_document.search.store import SEARCH_SQL, HitRow, ShownRow
from collab_kit.database import Database
from collab_kit.guard import Principal

__all__ = ["MANY", "RANKED", "REACH", "Search"]

MANY: Final = 2500
"""Of no more documents than these all are compared with what is asked."""
RANKED: Final = 1000
"""Of more hits than these half as many are ranked, by their titles, and half as many, by their last edits."""
REACH: Final = 6000
"""So many of everybody's documents are looked through for those that the person sees."""


class Search:
    def __init__(self, database: Database, presenter: Presenter) -> None:
        self._database = database
        self._presenter = presenter

    async def find(self, caller: Principal, text: str, *, cursor: str | None, limit: int) -> HitPage:
        """Best first. Raises `InvalidRequest` or `StoreUnavailable`."""
        asked = parse_query(text)
        after = decode_cursor(cursor)
        words = (asked.text, asked.before, asked.prefix)
        hits = await self._hits(caller.id, *words, after.rank, after.id, limit + 1)
        page = hits[:limit]
        ids = [hit.id for hit in page]
        rows = await self._presenter.rows(caller.id, ids)
        documents = {document.id: document for document in await self._presenter.present(rows)}
        shown = {row.id: row for row in await self._database.fetch_all(ShownRow, SEARCH_SQL.show_hits, ids, *words)}
        items = [
            Hit(
                document=documents[hit.id],
                title_html=shown[hit.id].title_html,
                snippet_html=shown[hit.id].snippet_html,
                rank=hit.rank,
            )
            for hit in page
            # A role may have been taken away in between, or the document deleted.
            if hit.id in documents and hit.id in shown
        ]
        return HitPage(items, encode_cursor(page[-1].rank, page[-1].id) if len(hits) > limit else None)

    async def _hits(self, person: UUID, *arguments: object) -> list[HitRow]:
        seen = await self._database.fetch_one(CountRow, SQL.count_seen, person, MANY + 1)
        if seen is None or seen.number <= MANY:
            return await self._database.fetch_all(HitRow, SEARCH_SQL.search, person, *arguments)
        return await self._database.fetch_all(HitRow, SEARCH_SQL.search_many, person, *arguments, RANKED, REACH)
