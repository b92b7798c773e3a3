"""People search over HTTP."""

from typing import Annotated

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter

from collab_kit.errors import problem_responses
from collab_kit.guard import BEARER_SECURITY, Caller
from collab_user.controllers import ALWAYS
from collab_user.search.schemas import FoundPeople
from collab_user.search.store import SEARCH_LIMIT_MAX, Search

__all__ = ["SearchController"]

Limit = Annotated[int, QueryParameter(ge=1, le=SEARCH_LIMIT_MAX, description="People at most.")]


class SearchController(Controller):
    path = "/api/users/search"
    tags = ("profiles",)
    security = BEARER_SECURITY

    @get("/", operation_id="searchPeople", responses=problem_responses(*ALWAYS))
    async def search(
        self, q: FromQuery[str], principal: Caller, search: NamedDependency[Search], limit: Limit = SEARCH_LIMIT_MAX
    ) -> Response[FoundPeople]:
        """People by the beginnings of the words of their name, or by their whole e-mail address."""
        found = await search.find(principal.id, q, limit=limit)
        return Response(FoundPeople(found), headers={"Cache-Control": "private, no-store"})
