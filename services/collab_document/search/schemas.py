"""What the search answers."""

from typing import Annotated

from msgspec import Meta, Struct

from collab_document.schemas import Document

__all__ = ["Hit", "HitPage"]


class Hit(Struct, frozen=True, kw_only=True):
    document: Document
    title_html: Annotated[
        str, Meta(description="The title, escaped; `<mark>` around what was found is all its markup.")
    ]
    snippet_html: Annotated[str, Meta(description="Parts of the text, in the same way; empty when there is none.")]
    rank: float


class HitPage(Struct, frozen=True):
    """`next_cursor` is what to ask for the next page with, and `null` on the last."""

    items: list[Hit]
    next_cursor: str | None
