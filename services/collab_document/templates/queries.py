"""The queries of `queries.sql` by name, and the rows they answer with."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from collab_kit.database import load_queries

__all__ = ["SQL", "ContentRow", "ExportRow", "TemplateRow"]


class Queries(Struct, frozen=True, kw_only=True):
    lock_templates: str
    insert_template: str
    list_templates: str
    find_template: str
    find_template_content: str
    delete_template: str
    forget_templates: str
    export_templates: str


class TemplateRow(Struct, frozen=True, kw_only=True):
    id: UUID
    name: str
    created_at: datetime


class ContentRow(Struct, frozen=True, kw_only=True):
    name: str
    content: bytes


class ExportRow(TemplateRow, frozen=True, kw_only=True):
    content: bytes


SQL = load_queries(Queries, __package__ or "collab_document.templates")
