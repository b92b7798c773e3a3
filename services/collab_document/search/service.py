"""Finds documents by their words."""

from collab_document.presenting import Presenter
from collab_document.search.rules import decode_cursor, encode_cursor, parse_query
from collab_document.search.schemas import Hit, HitPage
from collab_document.search.store import SEARCH_SQL, HitRow
from collab_kit.database import Database
from collab_kit.guard import Principal

__all__ = ["Search"]


class Search:
    def __init__(self, database: Database, presenter: Presenter) -> None:
        self._database = database
        self._presenter = presenter

    async def find(self, caller: Principal, text: str, *, cursor: str | None, limit: int) -> HitPage:
        """Best first. Raises `InvalidRequest` or `StoreUnavailable`."""
        asked = parse_query(text)
        after = decode_cursor(cursor)
        arguments = (asked.text, asked.before, asked.prefix, after.rank, after.id, limit + 1)
        hits = await self._database.fetch_all(HitRow, SEARCH_SQL.search, caller.id, *arguments)
        page = hits[:limit]
        rows = await self._presenter.rows(caller.id, [hit.id for hit in page])
        documents = {document.id: document for document in await self._presenter.present(rows)}
        items = [
            Hit(
                document=documents[hit.id],
                title_html=hit.title_html,
                snippet_html=hit.snippet_html,
                rank=hit.rank,
            )
            for hit in page
            # A role may have been taken away in between.
            if hit.id in documents
        ]
        return HitPage(items, encode_cursor(page[-1].rank, page[-1].id) if len(hits) > limit else None)
