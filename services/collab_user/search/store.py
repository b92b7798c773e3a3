"""People search in PostgreSQL."""

from typing import Final
from uuid import UUID

from msgspec import Struct

from collab_kit.database import Database, load_queries
from collab_kit.errors import FieldError, InvalidRequest
from collab_user.search.schemas import FoundPerson
from collab_user.service import avatar_url
from collab_user.settings import PeopleSearch

__all__ = ["SEARCH_LIMIT_MAX", "Search", "parse_query"]

SEARCH_LIMIT_MAX: Final = 20
MAX_QUERY_CHARS: Final = 100


class Queries(Struct, frozen=True):
    search_people: str


class Row(Struct, frozen=True, kw_only=True):
    id: UUID
    name: str
    email: str | None
    color: str
    avatar_hash: str | None


SQL: Final = load_queries(Queries, "collab_user.search")


class Search:
    def __init__(self, database: Database, policy: PeopleSearch) -> None:
        self._database = database
        self._policy = policy

    async def find(self, caller: UUID, query: str, *, limit: int) -> list[FoundPerson]:
        """Raises `InvalidRequest`."""
        wanted = parse_query(query)
        if not wanted:
            return []
        rows = await self._database.fetch_all(Row, SQL.search_people, caller, wanted, self._policy, limit)
        return [
            FoundPerson(
                id=row.id,
                name=row.name,
                email=row.email,
                color=row.color,
                avatar_url=avatar_url(row.id, row.avatar_hash),
            )
            for row in rows
        ]


def parse_query(query: str) -> str:
    """Empty when there is nothing to look for. Raises `InvalidRequest`."""
    query = " ".join(query.split())
    if len(query) > MAX_QUERY_CHARS or not query.isprintable():
        error = FieldError("q", f"Expected at most {MAX_QUERY_CHARS} printable characters.")
        raise InvalidRequest("The query is not valid.", errors=[error])
    return query
