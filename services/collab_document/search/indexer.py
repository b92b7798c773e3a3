"""Keeps the search up to date with what people write.

What is to be read again stands in a table, a row for each document: however often one is edited, and however many
replicas hear of it, it is read once in a while. Events of edits, which may be lost, put documents there at once;
collaboration's list of edited documents, read from where the last reading ended, puts every other one there.
"""

import asyncio
from datetime import timedelta
from typing import Final, Literal
from uuid import UUID

import asyncpg
import msgspec
from msgspec import Struct
from prometheus_client import Counter, Gauge

from collab_document.queries import CountRow
from collab_document.search.rules import MAX_BODY_CHARS, storable
from collab_document.search.store import SEARCH_SQL, ClaimedReading, CursorRow, HeldRow, SequenceRow
from collab_kit.database import Connection, Database, execute, fetch_all, fetch_one
from collab_kit.errors import PeerUnavailable, Problem
from collab_kit.events import DocumentEdited, Event
from collab_kit.http import Peer
from collab_kit.logging import get_logger

__all__ = ["Indexer"]

IDLE_S: Final = 1.0
_BATCH: Final = 10
_AT_ONCE: Final = 4
_MAX_ATTEMPTS: Final = 20
"""Then the document stays as it was found last, until it is edited again."""
_FEED_LIMIT: Final = 200
_MAX_FEED_PAGES: Final = 50
"""Read in one go; the rest the next time."""

Outcome = Literal["stored", "unchanged", "gone", "failed", "given-up"]

_log = get_logger()
_readings = Counter("collab_document_readings_total", "Texts read for the search", ["outcome"])
_waiting = Gauge("collab_document_to_index", "Documents whose text is to be read for the search")


class _Content(Struct, frozen=True):
    sequence: int
    text: str


class _Edit(Struct, frozen=True):
    document: UUID
    sequence: int


class _Edits(Struct, frozen=True):
    items: list[_Edit]
    next: str | int | None = None


class Indexer:
    def __init__(self, database: Database, collaboration: Peer, *, delay_s: float) -> None:
        self._database = database
        self._collaboration = collaboration
        self._delay = timedelta(seconds=delay_s)

    async def on_event(self, event: Event) -> None:
        """Raises `StoreUnavailable`; the list of edits makes up for it."""
        if isinstance(event, DocumentEdited):
            await self._database.execute(SEARCH_SQL.request_reading, event.document, self._delay)

    async def run(self) -> None:
        """Reads what is due, until cancelled."""
        while True:
            try:
                read = await self.read_due()
            except Problem as error:
                _log.warning("search not updated", reason=error.detail)
                read = 0
            if read < _BATCH:
                await asyncio.sleep(IDLE_S)

    async def read_due(self) -> int:
        """Read a batch, and say how many it was. Raises `StoreUnavailable`."""
        claimed = await self._database.fetch_all(ClaimedReading, SEARCH_SQL.claim_readings, _BATCH)
        for start in range(0, len(claimed), _AT_ONCE):
            outcomes = await asyncio.gather(*(self._read(each) for each in claimed[start : start + _AT_ONCE]))
            for outcome in outcomes:
                _readings.labels(outcome).inc()
        count = await self._database.fetch_one(CountRow, SEARCH_SQL.count_waiting)
        _waiting.set(count.number if count else 0)
        return len(claimed)

    async def catch_up(self) -> None:
        """Read on in collaboration's list of edited documents. Raises `StoreUnavailable` or `PeerUnavailable`."""
        for _ in range(_MAX_FEED_PAGES):
            # Not in a transaction that waits for a peer: two replicas at once only find the same.
            row = await self._database.fetch_one(CursorRow, SEARCH_SQL.find_cursor)
            before = row.cursor if row else ""
            edits = await self._edits(before)
            after = before if edits.next is None else str(edits.next)
            async with self._database.transaction() as connection:
                held = await fetch_one(connection, HeldRow, SEARCH_SQL.lock_feed)
                now = await fetch_one(connection, CursorRow, SEARCH_SQL.find_cursor)
                if held is None or not held.held or (now.cursor if now else "") != before:
                    return
                await self._request(connection, edits.items)
                if after != before:
                    await execute(connection, SEARCH_SQL.store_cursor, after)
            if after == before or len(edits.items) < _FEED_LIMIT:
                return

    async def _request(self, connection: Connection, edits: list[_Edit]) -> None:
        latest = {edit.document: edit.sequence for edit in sorted(edits, key=lambda edit: edit.sequence)}
        known = await fetch_all(connection, SequenceRow, SEARCH_SQL.find_sequences, list(latest))
        for row in known:
            if row.sequence < latest[row.id]:
                await execute(connection, SEARCH_SQL.request_reading, row.id, timedelta(0))

    async def _read(self, claimed: ClaimedReading) -> Outcome:
        try:
            outcome = await self._read_and_store(claimed.document_id)
        except Problem as error:
            if claimed.attempts < _MAX_ATTEMPTS:
                _log.warning("text not read", document=str(claimed.document_id), reason=error.detail)
                return "failed"
            _log.error("text given up", document=str(claimed.document_id), reason=error.detail)
            outcome = "given-up"
        await self._database.execute(SEARCH_SQL.finish_reading, claimed.document_id, claimed.generation)
        return outcome

    async def _read_and_store(self, document: UUID) -> Outcome:
        # Also the only way to learn that it is still ours: an id in an event may be anything.
        if not await self._database.fetch_all(SequenceRow, SEARCH_SQL.find_sequences, [document]):
            return "gone"
        response = await self._collaboration.call("GET", f"/internal/documents/{document}/content")
        if response.status_code in {404, 410}:
            return "gone"
        if response.status_code != 200:
            raise PeerUnavailable(f"The collaboration service answered with status {response.status_code}.")
        try:
            content = msgspec.json.decode(response.content, type=_Content)
        except msgspec.DecodeError as error:
            raise PeerUnavailable("The collaboration service answered with something else.") from error
        body = storable(content.text)[:MAX_BODY_CHARS]
        try:
            stored = await self._database.execute(SEARCH_SQL.store_text, document, content.sequence, body)
        except asyncpg.ProgramLimitExceededError:
            # More different words than a tsvector takes: the beginning of it is better than nothing.
            stored = await self._database.execute(SEARCH_SQL.store_text, document, content.sequence, body[:20_000])
        return "stored" if stored else "unchanged"

    async def _edits(self, after: str) -> _Edits:
        query = {"limit": str(_FEED_LIMIT)} | ({"after": after} if after else {})
        response = await self._collaboration.call("GET", "/internal/edits", query=query)
        if response.status_code != 200:
            raise PeerUnavailable(f"The collaboration service answered with status {response.status_code}.")
        try:
            return msgspec.json.decode(response.content, type=_Edits)
        except msgspec.DecodeError as error:
            raise PeerUnavailable("The collaboration service answered with something else.") from error
