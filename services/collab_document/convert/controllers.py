"""Import and export over HTTP."""

from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import (
    OpenAPIFormat,
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    RequestBody,
    Schema,
)
from litestar.params import FromPath, FromQuery, HeaderParameter, QueryParameter

from collab_document.convert.formats import EXPORT_TYPES, IMPORT_TYPES, MAX_IMPORT_BYTES, content_disposition
from collab_document.convert.problems import (
    BodyTooLarge,
    ConverterBusy,
    TooComplex,
    UnreadableFile,
    UnsupportedFormat,
)
from collab_document.convert.rules import ExportFormat
from collab_document.convert.schemas import ImportedDocument
from collab_document.convert.service import Files
from collab_document.headers import ETAG, IdempotencyKey, tagged
from collab_document.problems import IdempotencyKeyReused, NoSuchDocument, NoSuchFolder, TooManyDocuments
from collab_document.refusals import ALWAYS
from collab_kit.errors import problem_responses
from collab_kit.guard import BEARER_SECURITY, Caller

__all__ = ["FilesController"]

_MAX_ETAGS: Final = 20
FileName = Annotated[
    str, QueryParameter(max_length=500, description="Its stem becomes the title; its ending tells an unknown type.")
]
Wanted = Annotated[ExportFormat, QueryParameter(description="The kind of file.")]
IfNoneMatch = Annotated[
    str | None, HeaderParameter(name="If-None-Match", description="Answer 304 while this is still its ETag.")
]


@dataclass
class ImportOperation(Operation):
    """Litestar describes bodies by the types that handlers take, and has none for a file."""

    def __post_init__(self) -> None:
        file = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
        self.request_body = RequestBody(
            content={kind: OpenAPIMediaType(schema=file) for kind in (*IMPORT_TYPES, "application/octet-stream")},
            description=f"The file, of at most {MAX_IMPORT_BYTES} bytes.",
            required=True,
        )


@dataclass
class ExportOperation(Operation):
    """Litestar describes an answer by one type; this one is of the format that was asked for."""

    def __post_init__(self) -> None:
        file = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
        answer = (self.responses or {})["200"]
        if isinstance(answer, OpenAPIResponse):
            answer.content = {kind: OpenAPIMediaType(schema=file) for kind in EXPORT_TYPES.values()}
            answer.content[EXPORT_TYPES["json"]] = OpenAPIMediaType(schema=Schema(type=OpenAPIType.OBJECT))


class FilesController(Controller):
    path = "/api/documents"
    tags = ("files",)
    security = BEARER_SECURITY

    @post(
        "/import",
        operation_id="importDocument",
        operation_class=ImportOperation,
        request_max_body_size=MAX_IMPORT_BYTES,
        response_headers=[ETAG],
        responses=problem_responses(
            NoSuchDocument,
            NoSuchFolder,
            TooManyDocuments,
            IdempotencyKeyReused,
            UnsupportedFormat,
            UnreadableFile,
            TooComplex,
            BodyTooLarge,
            ConverterBusy,
            *ALWAYS,
        ),
    )
    async def read(
        self,
        request: Request[Any, Any, Any],
        principal: Caller,
        files: NamedDependency[Files],
        *,
        filename: FileName = "",
        folder: FromQuery[UUID | None] = None,
        idempotency_key: IdempotencyKey = None,
    ) -> Response[ImportedDocument]:
        """Make a document of a file: Markdown, HTML, DOCX or plain text."""
        body = await request.body()
        content_type = request.headers.get("content-type", "")
        made = await files.read(
            principal, body, content_type=content_type, filename=filename, folder=folder, key=idempotency_key
        )
        return tagged(made)

    @get(
        "/{document_id:uuid}/export",
        operation_id="exportDocument",
        operation_class=ExportOperation,
        response_headers=[ETAG],
        responses=problem_responses(NoSuchDocument, TooComplex, UnreadableFile, ConverterBusy, *ALWAYS)
        | {
            200: ResponseSpec(
                data_container=bytes,
                generate_examples=False,
                description="The file, as an attachment.",
                media_type="application/octet-stream",
            ),
            304: ResponseSpec(data_container=None, generate_examples=False, description="It has not changed."),
        },
    )
    async def write(
        self,
        document_id: FromPath[UUID],
        principal: Caller,
        files: NamedDependency[Files],
        format: Wanted,  # noqa: A002  # as the query has it, and as problems name it
        if_none_match: IfNoneMatch = None,
    ) -> Response[bytes]:
        """The document as a file; everybody who may read it."""
        exported = await files.write(principal, document_id, format, known=_tags(if_none_match))
        headers = {"ETag": exported.etag, "Cache-Control": "private, no-cache"}
        if exported.file is None:
            return Response(b"", status_code=304, headers=headers)
        headers |= {
            "Content-Disposition": content_disposition(exported.title, format),
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
        }
        return Response(exported.file, media_type=EXPORT_TYPES[format], headers=headers)


def _tags(header: str | None) -> frozenset[str]:
    """As weak as the comparison of If-None-Match is."""
    return frozenset(part.strip().removeprefix("W/") for part in (header or "").split(",", _MAX_ETAGS) if part.strip())
