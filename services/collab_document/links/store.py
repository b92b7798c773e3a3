"""Links as PostgreSQL has them."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from collab_document.schemas import SharingRole
from collab_kit.database import load_queries

__all__ = ["LINKS_SQL", "LinkRow", "OpenLinkRow"]


class Queries(Struct, frozen=True, kw_only=True):
    list_links: str
    find_link: str
    count_links: str
    insert_link: str
    change_link: str
    delete_link: str
    find_open_link: str


class LinkRow(Struct, frozen=True, kw_only=True):
    id: UUID
    token_hash: bytes
    token_sealed: bytes
    role: SharingRole
    has_password: bool
    expires_at: datetime | None
    version: int
    created_at: datetime


class OpenLinkRow(Struct, frozen=True, kw_only=True):
    id: UUID
    document_id: UUID
    title: str
    role: SharingRole
    password_hash: str | None
    expires_at: datetime | None
    pass_key: UUID


LINKS_SQL = load_queries(Queries, "collab_document.links")
