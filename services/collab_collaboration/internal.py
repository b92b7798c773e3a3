"""What other services of the environment may ask, with the internal token."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from msgspec import Raw, Struct

from collab_collaboration.hub import Hub
from collab_collaboration.oplog import OperationLog
from collab_collaboration.work import Text, WorkProcess
from collab_kit.errors import Conflict, InvalidRequest

__all__ = ["InternalController"]

_MAX_CONTENT_BYTES = 64 * 1024 * 1024
"""The editor's JSON of the largest document there may be is some times as large as its state."""
_NOBODY = UUID(int=0)

Limit = Annotated[int, QueryParameter(ge=1, le=1000)]


class NotEmpty(Conflict):
    slug = "document-not-empty"
    title = "Somebody has written in the document already"


class Content(Struct, frozen=True):
    user: UUID
    content: Raw


class Progress(Struct, frozen=True):
    document: UUID
    sequence: int


class ProgressPage(Struct, frozen=True):
    items: list[Progress]
    next: UUID | None
    """To be given as `after`; none at the end, from which one may begin again."""


class InternalController(Controller):
    path = "/internal"
    include_in_schema = False

    @get("/edits")
    async def edits(
        self,
        log: NamedDependency[OperationLog],
        after: FromQuery[UUID | None] = None,
        limit: Limit = 1000,
    ) -> ProgressPage:
        """How far each document has come, all of them in the order of their ids."""
        found = await log.progress(after or _NOBODY, limit + 1)
        page = [Progress(head.id, head.head) for head in found[:limit]]
        return ProgressPage(page, page[-1].document if len(found) > limit else None)

    @delete("/documents/{document_id:uuid}")
    async def remove(self, document_id: FromPath[UUID], hub: NamedDependency[Hub]) -> None:
        """Delete a document for good; also one that is deleted already, or was never opened."""
        await hub.delete(document_id)

    @get("/documents/{document_id:uuid}/content")
    async def read(self, document_id: FromPath[UUID], work: NamedDependency[WorkProcess]) -> Text:
        """What is in a document, with everything that was acknowledged."""
        return await work.text(document_id)

    @post("/documents/{document_id:uuid}/content", status_code=204, request_max_body_size=_MAX_CONTENT_BYTES)
    async def fill(
        self,
        document_id: FromPath[UUID],
        request: Request[Any, Any, Any],
        work: NamedDependency[WorkProcess],
        hub: NamedDependency[Hub],
    ) -> Response[None]:
        """Let a document that nobody has written in begin with this."""
        try:
            # Not as a parameter: the content, which may be large, is read where nobody waits for anything else.
            data = msgspec.json.decode(await request.body(), type=Content)
        except msgspec.DecodeError as error:
            raise InvalidRequest(str(error)) from error
        if not await work.fill(document_id, data.content, user=data.user):
            raise NotEmpty
        hub.note_edit(document_id, data.user)
        return Response(None, status_code=204)
