"""The queries of `queries.sql` by name, and the rows they answer with."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from collab_kit.database import load_queries
from collab_kit.tokens import Role

__all__ = ["SQL", "DocumentRow", "MemberCount", "MemberRow", "RoleRow"]


class Queries(Struct, frozen=True, kw_only=True):
    insert_document: str
    find_document: str
    list_documents: str
    find_role: str
    rename_document: str
    delete_document: str
    note_edit: str
    list_members: str
    count_others: str
    put_member: str
    delete_member: str


class DocumentRow(Struct, frozen=True, kw_only=True):
    id: UUID
    title: str
    role: Role
    owner_id: UUID
    created_at: datetime
    edited_at: datetime
    member_count: int


class MemberRow(Struct, frozen=True):
    user_id: UUID
    role: Role


class RoleRow(Struct, frozen=True):
    role: Role


class MemberCount(Struct, frozen=True):
    members: int


SQL = load_queries(Queries, "collab_document")
