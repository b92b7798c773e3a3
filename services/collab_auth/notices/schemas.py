"""What another service says that a person is to be told."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

__all__ = ["Notice"]

Subject = Annotated[str, Meta(min_length=1, max_length=300)]
Paragraph = Annotated[str, Meta(min_length=1, max_length=1000)]
Link = Annotated[str, Meta(pattern="^https?://", max_length=2000)]


class Notice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Plain text; `link` stands below it."""

    account: UUID
    subject: Subject
    paragraphs: Annotated[list[Paragraph], Meta(min_length=1, max_length=50)]
    link: Link
    link_text: Annotated[str, Meta(min_length=1, max_length=100)]
