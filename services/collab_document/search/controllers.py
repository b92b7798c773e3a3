"""The search over HTTP."""

from typing import Annotated

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter

from collab_document.refusals import ALWAYS
from collab_document.search.schemas import HitPage
from collab_document.search.service import Search
from collab_kit.errors import InvalidRequest, problem_responses
from collab_kit.guard import BEARER_SECURITY, Caller

__all__ = ["SearchController"]

Limit = Annotated[int, QueryParameter(ge=1, le=50, description="Documents on a page.")]
Query = Annotated[
    str,
    QueryParameter(
        description='Words that all occur; "in quotes" next to each other; `or`; -without. The last may be unfinished.'
    ),
]


class SearchController(Controller):
    path = "/api/documents/search"
    tags = ("search",)
    security = BEARER_SECURITY

    @get("/", operation_id="searchDocuments", responses=problem_responses(InvalidRequest, *ALWAYS))
    async def find(
        self,
        principal: Caller,
        search: NamedDependency[Search],
        *,
        q: Query = "",
        cursor: FromQuery[str | None] = None,
        limit: Limit = 20,
    ) -> HitPage:
        """Find documents by their title and text, the best first; accents and case do not matter."""
        return await search.find(principal, q, cursor=cursor, limit=limit)
