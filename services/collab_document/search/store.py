"""The search as PostgreSQL has it."""

from uuid import UUID

from msgspec import Struct

from collab_kit.database import load_queries

__all__ = ["SEARCH_SQL", "ClaimedReading", "CursorRow", "HeldRow", "HitRow", "SequenceRow", "ShownRow"]


class Queries(Struct, frozen=True, kw_only=True):
    search: str
    search_many: str
    show_hits: str
    request_reading: str
    claim_readings: str
    finish_reading: str
    find_sequences: str
    store_text: str
    add_missing_titles: str
    lock_feed: str
    find_cursor: str
    store_cursor: str
    count_waiting: str


class HitRow(Struct, frozen=True):
    id: UUID
    rank: float


class ShownRow(Struct, frozen=True):
    id: UUID
    title_html: str
    snippet_html: str


class ClaimedReading(Struct, frozen=True):
    document_id: UUID
    generation: int
    attempts: int


class SequenceRow(Struct, frozen=True):
    id: UUID
    sequence: int


class CursorRow(Struct, frozen=True):
    cursor: str


class HeldRow(Struct, frozen=True):
    held: bool


SEARCH_SQL = load_queries(Queries, "collab_document.search")
