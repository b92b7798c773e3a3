"""Notices over HTTP, for the other services, behind the internal token."""

from uuid import UUID

from litestar import Controller, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from collab_auth.notices.courier import Courier
from collab_auth.notices.schemas import Notice
from collab_kit.errors import StoreUnavailable, problem_responses

__all__ = ["NoticesController"]


class NoticesController(Controller):
    path = "/internal/notices"
    include_in_schema = False

    @put("/{notice_id:uuid}", status_code=204, responses=problem_responses(StoreUnavailable))
    async def take(self, notice_id: FromPath[UUID], data: JSONBody[Notice], courier: NamedDependency[Courier]) -> None:
        """Once for each id, however often it is asked; who gets no mail from here is left out without a word."""
        await courier.take(notice_id, data)
