"""Documents over HTTP."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from collab_document.headers import ETAG, IdempotencyKey, IfMatch, tagged
from collab_document.problems import (
    IdempotencyKeyReused,
    NoSuchDocument,
    NoSuchFolder,
    NotInTrash,
    PreconditionFailed,
    RoleTooLow,
    TooManyDocuments,
)
from collab_document.refusals import ALWAYS
from collab_document.rules import PAGE_LIMIT_MAX, Listing, expected_versions
from collab_document.schemas import Document, DocumentChange, DocumentPage, Filter, NewDocument, Ticket
from collab_document.service import Documents
from collab_kit.errors import FieldError, InvalidRequest, problem_responses
from collab_kit.guard import BEARER_SECURITY, Caller
from collab_kit.tokens import JwkSet, Signer

__all__ = ["DocumentsController", "KeysController"]

Limit = Annotated[int, QueryParameter(ge=1, le=PAGE_LIMIT_MAX, description="Documents on a page.")]
Listed = Annotated[
    Filter,
    QueryParameter(
        description="`favourites`, `recent` and `trash` are ordered by when they became so, others by the last edit."
    ),
]


class DocumentsController(Controller):
    path = "/api/documents"
    tags = ("documents",)
    security = BEARER_SECURITY

    @post(
        "/",
        operation_id="createDocument",
        response_headers=[ETAG],
        responses=problem_responses(
            InvalidRequest, NoSuchDocument, NoSuchFolder, TooManyDocuments, IdempotencyKeyReused, *ALWAYS
        ),
    )
    async def create(
        self,
        data: JSONBody[NewDocument],
        principal: Caller,
        documents: NamedDependency[Documents],
        idempotency_key: IdempotencyKey = None,
    ) -> Response[Document]:
        """Make a document and own it."""
        return tagged(await documents.create(principal, data, key=idempotency_key))

    @get("/", operation_id="listDocuments", responses=problem_responses(InvalidRequest, *ALWAYS))
    async def page(
        self,
        principal: Caller,
        documents: NamedDependency[Documents],
        *,
        cursor: FromQuery[str | None] = None,
        limit: Limit = 50,
        filter: Listed = "all",  # noqa: A002  # the name that the query has, also in a refusal
        folder: FromQuery[UUID | None] = None,
    ) -> DocumentPage:
        """One's own documents and those shared with one, or some of them."""
        listing: Listing = filter
        if folder is not None:
            if filter != "all":
                error = FieldError("folder", "Expected no filter beside a folder.")
                raise InvalidRequest("The list is not valid.", errors=[error])
            listing = "folder"
        return await documents.page(principal, listing=listing, folder=folder, cursor=cursor, limit=limit)

    @get(
        "/{document_id:uuid}",
        operation_id="getDocument",
        response_headers=[ETAG],
        responses=problem_responses(NoSuchDocument, *ALWAYS),
    )
    async def one(
        self, document_id: FromPath[UUID], principal: Caller, documents: NamedDependency[Documents]
    ) -> Response[Document]:
        """One document."""
        return tagged(await documents.get(principal, document_id))

    @patch(
        "/{document_id:uuid}",
        operation_id="updateDocument",
        response_headers=[ETAG],
        responses=problem_responses(InvalidRequest, NoSuchDocument, RoleTooLow, PreconditionFailed, *ALWAYS),
    )
    async def update(
        self,
        document_id: FromPath[UUID],
        data: JSONBody[DocumentChange],
        principal: Caller,
        documents: NamedDependency[Documents],
        if_match: IfMatch = None,
    ) -> Response[Document]:
        """Rename a document; owners and editors."""
        expected = expected_versions(if_match)
        return tagged(await documents.update(principal, document_id, data, expected=expected))

    @delete(
        "/{document_id:uuid}",
        operation_id="deleteDocument",
        responses=problem_responses(InvalidRequest, NoSuchDocument, RoleTooLow, PreconditionFailed, *ALWAYS),
    )
    async def remove(
        self,
        document_id: FromPath[UUID],
        principal: Caller,
        documents: NamedDependency[Documents],
        if_match: IfMatch = None,
    ) -> None:
        """Move a document to the trash, out of everybody's sight; its owner."""
        await documents.trash(principal, document_id, expected=expected_versions(if_match))

    @post(
        "/{document_id:uuid}/restore",
        operation_id="restoreDocument",
        status_code=200,
        response_headers=[ETAG],
        responses=problem_responses(NoSuchDocument, RoleTooLow, *ALWAYS),
    )
    async def restore(
        self, document_id: FromPath[UUID], principal: Caller, documents: NamedDependency[Documents]
    ) -> Response[Document]:
        """Take a document out of the trash again, with everybody's roles; its owner."""
        return tagged(await documents.restore(principal, document_id))

    @delete(
        "/{document_id:uuid}/forever",
        operation_id="deleteDocumentForever",
        responses=problem_responses(NoSuchDocument, RoleTooLow, NotInTrash, *ALWAYS),
    )
    async def remove_forever(
        self, document_id: FromPath[UUID], principal: Caller, documents: NamedDependency[Documents]
    ) -> None:
        """Delete a document that is in the trash for good; its owner."""
        await documents.delete(principal, document_id)

    @post(
        "/{document_id:uuid}/ticket",
        operation_id="createTicket",
        status_code=200,
        responses=problem_responses(NoSuchDocument, *ALWAYS),
    )
    async def ticket(
        self, document_id: FromPath[UUID], principal: Caller, documents: NamedDependency[Documents]
    ) -> Response[Ticket]:
        """What a WebSocket client shows to open the document."""
        ticket = await documents.ticket(principal, document_id)
        return Response(ticket, headers={"Cache-Control": "no-store"})


class KeysController(Controller):
    path = "/.well-known"
    include_in_schema = False

    @get("/jwks.json", sync_to_thread=False)
    def jwks(self, signer: NamedDependency[Signer]) -> Response[JwkSet]:
        """The keys that tickets are signed with."""
        return Response(signer.jwks, headers={"Cache-Control": "public, max-age=300"})
