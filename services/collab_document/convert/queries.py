"""The queries of `queries.sql` by name, and the rows they answer with."""

from uuid import UUID

from msgspec import Struct

from collab_kit.database import load_queries

__all__ = ["SQL", "IdRow", "UnfilledRow"]


class Queries(Struct, frozen=True, kw_only=True):
    begin_filling: str
    find_unfilled: str
    end_filling: str
    take_unfilled: str
    forget_request: str
    find_abandoned: str


class IdRow(Struct, frozen=True, kw_only=True):
    id: UUID


class UnfilledRow(Struct, frozen=True, kw_only=True):
    id: UUID
    person: UUID
    key: str | None


SQL = load_queries(Queries, __package__ or "collab_document.convert")
