"""What is to be forgotten or told, as PostgreSQL has it."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from collab_document.schemas import SharingRole
from collab_kit.database import load_queries
from collab_kit.tokens import Role

__all__ = ["ERASURE_SQL", "ExportedDocument", "ExportedFolder", "ExportedLink"]


class Queries(Struct, frozen=True, kw_only=True):
    request_erasure: str
    find_erasures: str
    finish_erasure: str
    find_owned: str
    find_heir: str
    delete_any_member: str
    make_owner: str
    find_memberships: str
    delete_memberships: str
    delete_personal: str
    loosen_folders: str
    delete_folders: str
    leave_teams: str
    delete_requests: str
    export_documents: str
    export_folders: str
    export_links: str


class ExportedDocument(Struct, frozen=True, kw_only=True):
    id: UUID
    title: str
    role: Role
    created_at: datetime
    edited_at: datetime
    trashed_at: datetime | None
    favourite_at: datetime | None
    opened_at: datetime | None
    folder: str | None


class ExportedFolder(Struct, frozen=True, kw_only=True):
    id: UUID
    parent_id: UUID | None
    name: str
    created_at: datetime


class ExportedLink(Struct, frozen=True, kw_only=True):
    id: UUID
    document_id: UUID
    role: SharingRole
    expires_at: datetime | None
    created_at: datetime


ERASURE_SQL = load_queries(Queries, "collab_document.erasure")
