"""What the attachments' interface reads and answers."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from collab_document.authors import Author

__all__ = ["Attachment", "AttachmentPage", "Download", "NewAttachment", "Upload", "UploadTarget"]

Name = Annotated[str, Meta(description="1 to 200 printable characters.", examples=["Plan.pdf"])]
MediaType = Annotated[
    str, Meta(max_length=100, description="Of the list of allowed ones.", examples=["application/pdf"])
]
Size = Annotated[int, Meta(description="In bytes; at most 50 MiB, unless set otherwise.", examples=[4096])]
Sha256 = Annotated[str | None, Meta(description="In hexadecimal; given, the upload is checked against it.")]


class NewAttachment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Name
    size: Size
    type: MediaType
    sha256: Sha256 = None


class UploadTarget(Struct, frozen=True, kw_only=True):
    """Send the file to `url` with exactly these headers before `expires_at`, then call `complete`."""

    url: str
    method: Literal["PUT"] = "PUT"
    headers: dict[str, str]
    expires_at: datetime


class Upload(Struct, frozen=True, kw_only=True):
    id: UUID
    upload: UploadTarget


class Attachment(Struct, frozen=True, kw_only=True):
    id: UUID
    name: Name
    type: MediaType
    size: Size
    sha256: Sha256
    uploaded_by: Author | None
    created_at: datetime


class AttachmentPage(Struct, frozen=True):
    """`next_cursor` is what to ask for the next page with, and `null` on the last."""

    items: list[Attachment]
    next_cursor: str | None


class Download(Struct, frozen=True, kw_only=True):
    """For who cannot follow a redirect."""

    url: str
    expires_at: datetime
