"""The HTTP interface of the document service."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from collab_document.problems import (
    NoSuchDocument,
    NoSuchMember,
    NoSuchPerson,
    OwnerRoleFixed,
    RoleTooLow,
    TooManyMembers,
)
from collab_document.rules import PAGE_LIMIT_MAX
from collab_document.schemas import (
    Document,
    DocumentChange,
    DocumentPage,
    Member,
    MemberList,
    NewDocument,
    Sharing,
    Ticket,
)
from collab_document.service import Documents
from collab_kit.errors import InvalidRequest, PeerUnavailable, StoreUnavailable, Unauthenticated, problem_responses
from collab_kit.guard import BEARER_SECURITY, Caller
from collab_kit.tokens import JwkSet, Signer

__all__ = ["DocumentsController", "KeysController"]

Limit = Annotated[int, QueryParameter(ge=1, le=PAGE_LIMIT_MAX, description="Documents on a page.")]
_ALWAYS = (Unauthenticated, StoreUnavailable)


class DocumentsController(Controller):
    path = "/api/documents"
    tags = ("documents",)
    security = BEARER_SECURITY

    @post("/", operation_id="createDocument", responses=problem_responses(InvalidRequest, *_ALWAYS))
    async def create(
        self, data: JSONBody[NewDocument], principal: Caller, documents: NamedDependency[Documents]
    ) -> Document:
        """Make a document and own it."""
        return await documents.create(principal, data)

    @get("/", operation_id="listDocuments", responses=problem_responses(InvalidRequest, *_ALWAYS))
    async def page(
        self,
        principal: Caller,
        documents: NamedDependency[Documents],
        cursor: FromQuery[str | None] = None,
        limit: Limit = 50,
    ) -> DocumentPage:
        """One's own documents and those shared with one, last edited first."""
        return await documents.page(principal, cursor=cursor, limit=limit)

    @get("/{document_id:uuid}", operation_id="getDocument", responses=problem_responses(NoSuchDocument, *_ALWAYS))
    async def one(
        self, document_id: FromPath[UUID], principal: Caller, documents: NamedDependency[Documents]
    ) -> Document:
        """One document."""
        return await documents.get(principal, document_id)

    @patch(
        "/{document_id:uuid}",
        operation_id="updateDocument",
        responses=problem_responses(InvalidRequest, NoSuchDocument, RoleTooLow, *_ALWAYS),
    )
    async def update(
        self,
        document_id: FromPath[UUID],
        data: JSONBody[DocumentChange],
        principal: Caller,
        documents: NamedDependency[Documents],
    ) -> Document:
        """Rename a document; owners and editors."""
        return await documents.update(principal, document_id, data)

    @delete(
        "/{document_id:uuid}",
        operation_id="deleteDocument",
        responses=problem_responses(NoSuchDocument, RoleTooLow, *_ALWAYS),
    )
    async def remove(
        self, document_id: FromPath[UUID], principal: Caller, documents: NamedDependency[Documents]
    ) -> None:
        """Delete a document for everyone; its owner."""
        await documents.delete(principal, document_id)

    @get(
        "/{document_id:uuid}/members",
        operation_id="listMembers",
        responses=problem_responses(NoSuchDocument, *_ALWAYS),
    )
    async def members(
        self, document_id: FromPath[UUID], principal: Caller, documents: NamedDependency[Documents]
    ) -> MemberList:
        """Who has which role, the owner first."""
        return await documents.members(principal, document_id)

    @put(
        "/{document_id:uuid}/members",
        operation_id="putMember",
        responses=problem_responses(
            InvalidRequest,
            NoSuchDocument,
            NoSuchPerson,
            RoleTooLow,
            OwnerRoleFixed,
            TooManyMembers,
            PeerUnavailable,
            *_ALWAYS,
        ),
    )
    async def put_member(
        self,
        document_id: FromPath[UUID],
        data: JSONBody[Sharing],
        principal: Caller,
        documents: NamedDependency[Documents],
    ) -> Member:
        """Share a document with someone, or change their role; its owner."""
        return await documents.share(principal, document_id, data)

    @delete(
        "/{document_id:uuid}/members/{user_id:uuid}",
        operation_id="deleteMember",
        responses=problem_responses(NoSuchDocument, NoSuchMember, RoleTooLow, OwnerRoleFixed, *_ALWAYS),
    )
    async def delete_member(
        self,
        document_id: FromPath[UUID],
        user_id: FromPath[UUID],
        principal: Caller,
        documents: NamedDependency[Documents],
    ) -> None:
        """Take someone's role away, by the owner, or leave."""
        await documents.remove_member(principal, document_id, user_id)

    @post(
        "/{document_id:uuid}/ticket",
        operation_id="createTicket",
        status_code=200,
        responses=problem_responses(NoSuchDocument, *_ALWAYS),
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
