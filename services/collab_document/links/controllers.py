"""Links over HTTP: for their owner, and for whoever has one."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from collab_document.headers import ETAG, IdempotencyKey, IfMatch, tagged
from collab_document.links.passwords import Busy
from collab_document.links.schemas import Link, LinkChange, LinkList, NewLink, OpenedLink, Opening
from collab_document.links.service import Links
from collab_document.problems import (
    IdempotencyKeyReused,
    LinkPasswordNeeded,
    LinkPasswordWrong,
    NoSuchDocument,
    NoSuchLink,
    PreconditionFailed,
    RoleTooLow,
    TooManyAttempts,
    TooManyLinks,
)
from collab_document.refusals import ALWAYS
from collab_document.rules import expected_versions
from collab_kit.errors import InvalidRequest, problem_responses
from collab_kit.guard import BEARER_SECURITY, Caller, client_address, principal_of, require_scope
from collab_kit.tokens import AccessClaims, Verifier

__all__ = ["LinksController", "OpenLinksController"]


class LinksController(Controller):
    path = "/api/documents/{document_id:uuid}/links"
    tags = ("links",)
    security = BEARER_SECURITY

    @get("/", operation_id="listLinks", responses=problem_responses(NoSuchDocument, RoleTooLow, *ALWAYS))
    async def all(self, document_id: FromPath[UUID], principal: Caller, links: NamedDependency[Links]) -> LinkList:
        """The links of a document with their addresses; its owner."""
        return await links.list(principal, document_id)

    @post(
        "/",
        operation_id="createLink",
        response_headers=[ETAG],
        responses=problem_responses(
            InvalidRequest, NoSuchDocument, NoSuchLink, RoleTooLow, TooManyLinks, IdempotencyKeyReused, Busy, *ALWAYS
        ),
    )
    async def create(
        self,
        document_id: FromPath[UUID],
        data: JSONBody[NewLink],
        principal: Caller,
        links: NamedDependency[Links],
        idempotency_key: IdempotencyKey = None,
    ) -> Response[Link]:
        """Make a link that gives a role to whoever has it; the owner."""
        return tagged(await links.create(principal, document_id, data, key=idempotency_key))

    @patch(
        "/{link_id:uuid}",
        operation_id="updateLink",
        response_headers=[ETAG],
        responses=problem_responses(
            InvalidRequest, NoSuchDocument, NoSuchLink, RoleTooLow, PreconditionFailed, Busy, *ALWAYS
        ),
    )
    async def change(
        self,
        document_id: FromPath[UUID],
        link_id: FromPath[UUID],
        data: JSONBody[LinkChange],
        principal: Caller,
        links: NamedDependency[Links],
        *,
        if_match: IfMatch = None,
    ) -> Response[Link]:
        """Change what a link gives, its password or its expiry, also for who came in by it; the owner."""
        expected = expected_versions(if_match)
        return tagged(await links.change(principal, document_id, link_id, data, expected=expected))

    @delete(
        "/{link_id:uuid}",
        operation_id="deleteLink",
        responses=problem_responses(NoSuchDocument, NoSuchLink, RoleTooLow, *ALWAYS),
    )
    async def remove(
        self,
        document_id: FromPath[UUID],
        link_id: FromPath[UUID],
        principal: Caller,
        links: NamedDependency[Links],
    ) -> None:
        """Revoke a link, also for who came in by it; the owner."""
        await links.delete(principal, document_id, link_id)


class OpenLinksController(Controller):
    path = "/api/documents/links"
    tags = ("links",)

    @post(
        "/open",
        operation_id="openLink",
        status_code=200,
        security=[{}, *BEARER_SECURITY],
        responses=problem_responses(
            InvalidRequest, LinkPasswordNeeded, LinkPasswordWrong, NoSuchLink, TooManyAttempts, Busy, *ALWAYS
        ),
    )
    async def open(
        self,
        data: JSONBody[Opening],
        request: Request[Any, Any, Any],
        links: NamedDependency[Links],
        verifier: NamedDependency[Verifier[AccessClaims]],
    ) -> Response[OpenedLink]:
        """Come in by a link, as a guest or (with an access token) as oneself."""
        caller = None
        if authorization := request.headers.get("authorization"):
            caller = await principal_of(authorization, verifier)
            require_scope(caller, "documents", reads=False)
        opened = await links.open(data, caller=caller, address=client_address(request))
        return Response(opened, headers={"Cache-Control": "no-store"})
