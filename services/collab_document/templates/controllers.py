"""Templates over HTTP: each person's own, and those built in."""

from typing import Annotated

from litestar import Controller, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from collab_document.convert.problems import ConverterBusy, TooComplex, UnreadableFile
from collab_document.headers import ETAG, IdempotencyKey, tagged
from collab_document.problems import IdempotencyKeyReused, NoSuchDocument, NoSuchFolder, TooManyDocuments
from collab_document.refusals import ALWAYS
from collab_document.rules import PAGE_LIMIT_MAX
from collab_document.schemas import Document
from collab_document.templates.problems import NoSuchTemplate, TemplateTooLarge, TooManyTemplates
from collab_document.templates.schemas import NewFromTemplate, NewTemplate, Template, TemplatePage
from collab_document.templates.service import Templates
from collab_kit.errors import problem_responses
from collab_kit.guard import BEARER_SECURITY, Caller

__all__ = ["TemplatesController"]

Limit = Annotated[int, QueryParameter(ge=1, le=PAGE_LIMIT_MAX, description="Of one's own templates on a page.")]


class TemplatesController(Controller):
    path = "/api/documents/templates"
    tags = ("templates",)
    security = BEARER_SECURITY

    @get("/", operation_id="listTemplates", responses=problem_responses(*ALWAYS))
    async def page(
        self,
        principal: Caller,
        templates: NamedDependency[Templates],
        cursor: FromQuery[str | None] = None,
        limit: Limit = 50,
    ) -> TemplatePage:
        """Those built in, on the first page, and one's own, oldest first."""
        return await templates.page(principal, cursor=cursor, limit=limit)

    @post(
        "/",
        operation_id="createTemplate",
        responses=problem_responses(
            NoSuchDocument, NoSuchTemplate, TooManyTemplates, TemplateTooLarge, IdempotencyKeyReused, *ALWAYS
        ),
    )
    async def create(
        self,
        data: JSONBody[NewTemplate],
        principal: Caller,
        templates: NamedDependency[Templates],
        idempotency_key: IdempotencyKey = None,
    ) -> Template:
        """Keep what a document holds now as a template of one's own."""
        return await templates.create(principal, data, key=idempotency_key)

    @delete("/{template_id:str}", operation_id="deleteTemplate", responses=problem_responses(NoSuchTemplate, *ALWAYS))
    async def remove(
        self, template_id: FromPath[str], principal: Caller, templates: NamedDependency[Templates]
    ) -> None:
        """Remove a template of one's own; documents made of it stay."""
        await templates.delete(principal, template_id)

    @post(
        "/{template_id:str}/documents",
        operation_id="createDocumentFromTemplate",
        response_headers=[ETAG],
        responses=problem_responses(
            NoSuchTemplate,
            NoSuchDocument,
            NoSuchFolder,
            TooManyDocuments,
            IdempotencyKeyReused,
            TooComplex,
            UnreadableFile,
            ConverterBusy,
            *ALWAYS,
        ),
    )
    async def use(
        self,
        template_id: FromPath[str],
        data: JSONBody[NewFromTemplate],
        principal: Caller,
        templates: NamedDependency[Templates],
        idempotency_key: IdempotencyKey = None,
    ) -> Response[Document]:
        """Make a document that begins with a template."""
        return tagged(await templates.use(principal, template_id, data, key=idempotency_key))
