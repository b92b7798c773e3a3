"""Erasure and export, for the user service behind the internal token."""

from uuid import UUID

from litestar import Controller, delete, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from collab_document.erasure.service import Erasure, Export

__all__ = ["InternalPeopleController"]


class InternalPeopleController(Controller):
    path = "/internal/people/{user_id:uuid}"
    include_in_schema = False

    @delete("/")
    async def erase(self, user_id: FromPath[UUID], erasure: NamedDependency[Erasure]) -> None:
        await erasure.erase(user_id)

    @get("/export")
    async def export(self, user_id: FromPath[UUID], erasure: NamedDependency[Erasure]) -> Export:
        return await erasure.export(user_id)
