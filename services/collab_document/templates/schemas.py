"""What templates are over HTTP."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

__all__ = ["NewFromTemplate", "NewTemplate", "Template", "TemplatePage"]


class NewTemplate(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Annotated[str, Meta(description="1 to 200 characters.", examples=["Interview"])]
    document: Annotated[UUID, Meta(description="Whose text it is; any role in it will do.")]


class NewFromTemplate(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    title: Annotated[str | None, Meta(description="At most 200 characters; the template's name without.")] = None
    folder: Annotated[UUID | None, Meta(description="One of the caller's own folders.")] = None


class Template(Struct, frozen=True, kw_only=True):
    id: Annotated[str, Meta(description="A UUID, or the name of one that is built in.")]
    name: str
    kind: Literal["built-in", "own"]
    created_at: Annotated[datetime | None, Meta(description="`null` for those built in.")]


class TemplatePage(Struct, frozen=True):
    """`next_cursor` is what to ask for the next page with, and `null` on the last."""

    items: list[Template]
    next_cursor: str | None
