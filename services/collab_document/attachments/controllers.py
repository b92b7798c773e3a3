"""Attachments over HTTP; their content goes between the client and the object store."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, delete, get, post
from litestar.datastructures import ResponseHeader
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from collab_document.attachments.problems import (
    AttachmentsOff,
    NoSuchAttachment,
    QuotaReached,
    UploadDiffers,
    UploadMissing,
)
from collab_document.attachments.rules import PAGE_LIMIT_MAX
from collab_document.attachments.schemas import Attachment, AttachmentPage, Download, NewAttachment, Upload
from collab_document.attachments.service import Attachments
from collab_document.attachments.store import StoredAttachment
from collab_document.authors import present_author
from collab_document.headers import IdempotencyKey
from collab_document.id_pages import AFTER_ALL, decode_id_cursor, encode_id_cursor
from collab_document.people import People
from collab_document.problems import IdempotencyKeyReused, NoSuchDocument, RoleTooLow, TooManyWrites
from collab_document.visitors import BY_PASS, Anyone, operation
from collab_kit.errors import StoreUnavailable, Unauthenticated, problem_responses
from collab_kit.guard import BEARER_SECURITY, ScopeMissing

__all__ = ["AttachmentsController", "LinkedAttachmentsController"]

_READS = (NoSuchDocument, Unauthenticated, ScopeMissing, StoreUnavailable)
_WRITES = (RoleTooLow, TooManyWrites, *_READS)
_CURSOR = "attachments"
Limit = Annotated[int, QueryParameter(ge=1, le=PAGE_LIMIT_MAX, description="Attachments on a page.")]


class AttachmentsController(Controller):
    path = "/api/documents/{document_id:uuid}/attachments"
    tags = ("attachments",)
    security = BEARER_SECURITY

    @post(
        "/",
        operation_id=operation("createAttachment"),
        responses=problem_responses(NoSuchAttachment, AttachmentsOff, QuotaReached, IdempotencyKeyReused, *_WRITES),
    )
    async def begin(
        self,
        document_id: FromPath[UUID],
        data: JSONBody[NewAttachment],
        principal: Anyone,
        attachments: NamedDependency[Attachments],
        idempotency_key: IdempotencyKey = None,
    ) -> Response[Upload]:
        """Announce a file, and learn where to upload it to; owners and editors."""
        upload = await attachments.begin(principal, document_id, data, key=idempotency_key)
        return Response(upload, headers={"Cache-Control": "no-store"})

    @get("/", operation_id=operation("listAttachments"), responses=problem_responses(*_READS))
    async def page(
        self,
        document_id: FromPath[UUID],
        principal: Anyone,
        attachments: NamedDependency[Attachments],
        people: NamedDependency[People],
        *,
        cursor: FromQuery[str | None] = None,
        limit: Limit = 50,
    ) -> AttachmentPage:
        """The files of a document, newest first; any role."""
        before = decode_id_cursor(_CURSOR, cursor, first=AFTER_ALL)
        found = await attachments.page(principal, document_id, before=before, limit=limit + 1)
        page = found[:limit]
        following = encode_id_cursor(_CURSOR, page[-1].id) if len(found) > limit else None
        return AttachmentPage(await _present(page, people), following)

    @post(
        "/{attachment_id:uuid}/complete",
        operation_id=operation("completeAttachment"),
        status_code=200,
        responses=problem_responses(NoSuchAttachment, AttachmentsOff, UploadMissing, UploadDiffers, *_WRITES),
    )
    async def complete(
        self,
        document_id: FromPath[UUID],
        attachment_id: FromPath[UUID],
        principal: Anyone,
        attachments: NamedDependency[Attachments],
        people: NamedDependency[People],
    ) -> Attachment:
        """Say that a file has been uploaded; owners and editors."""
        done = await attachments.complete(principal, document_id, attachment_id)
        return (await _present([done], people))[0]

    @get(
        "/{attachment_id:uuid}",
        operation_id=operation("getAttachment"),
        status_code=303,
        response_headers=[
            ResponseHeader(
                name="Location", value="https://…", description="Where it is for a minute.", documentation_only=True
            )
        ],
        responses={
            303: ResponseSpec(None, description="Where it is for a minute.", generate_examples=False),
            **problem_responses(NoSuchAttachment, AttachmentsOff, *_READS),
        },
    )
    async def fetch(
        self,
        document_id: FromPath[UUID],
        attachment_id: FromPath[UUID],
        principal: Anyone,
        attachments: NamedDependency[Attachments],
    ) -> Response[None]:
        """To the file itself; any role."""
        found = await attachments.download(principal, document_id, attachment_id)
        return Response(None, status_code=303, headers={"Location": found.url, "Cache-Control": "no-store"})

    @get(
        "/{attachment_id:uuid}/url",
        operation_id=operation("getAttachmentUrl"),
        responses=problem_responses(NoSuchAttachment, AttachmentsOff, *_READS),
    )
    async def url(
        self,
        document_id: FromPath[UUID],
        attachment_id: FromPath[UUID],
        principal: Anyone,
        attachments: NamedDependency[Attachments],
    ) -> Response[Download]:
        """Where the file is for a minute, to be put into a page; any role."""
        found = await attachments.download(principal, document_id, attachment_id)
        return Response(found, headers={"Cache-Control": "no-store"})

    @delete(
        "/{attachment_id:uuid}",
        operation_id=operation("deleteAttachment"),
        responses=problem_responses(NoSuchAttachment, *_WRITES),
    )
    async def remove(
        self,
        document_id: FromPath[UUID],
        attachment_id: FromPath[UUID],
        principal: Anyone,
        attachments: NamedDependency[Attachments],
    ) -> None:
        """Delete a file for good; owners and editors."""
        await attachments.delete(principal, document_id, attachment_id)


class LinkedAttachmentsController(AttachmentsController):
    """For whoever came by a share link, with the pass that opening it gave as the access token."""

    path = "/api/documents/linked/{document_id:uuid}/attachments"
    dependencies = BY_PASS


async def _present(rows: list[StoredAttachment], people: People) -> list[Attachment]:
    profiles = await people.find(row.uploader for row in rows if row.uploader is not None)
    return [
        Attachment(
            id=row.id,
            name=row.name,
            type=row.media_type,
            size=row.size_bytes,
            sha256=None if row.sha256 is None else row.sha256.hex(),
            uploaded_by=None if row.uploader is None else present_author(row.uploader, profiles),
            created_at=row.created_at,
        )
        for row in rows
    ]
