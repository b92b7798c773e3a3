"""What reading files answers."""

from typing import Annotated

from msgspec import Meta

from collab_document.schemas import Document

__all__ = ["ImportedDocument"]


class ImportedDocument(Document, frozen=True, kw_only=True):
    warnings: Annotated[list[str], Meta(description="What of the file could not be kept, in words for a person.")]
