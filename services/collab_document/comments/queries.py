"""The queries of `queries.sql` by name, and the rows they answer with."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from collab_kit.database import load_queries

__all__ = ["SQL", "CommentRow", "ExportRow", "IdRow", "PersonRow", "ThreadRow"]


class Queries(Struct, frozen=True, kw_only=True):
    lock_comments: str
    insert_thread: str
    lock_thread: str
    insert_reply: str
    list_threads: str
    find_thread: str
    list_first_comments: str
    list_comments: str
    find_comment: str
    list_strangers: str
    list_participants: str
    update_comment: str
    empty_comment: str
    delete_comment: str
    delete_thread: str
    delete_empty_thread: str
    resolve_thread: str
    reopen_thread: str
    forget_person: str
    export_person: str


class ThreadRow(Struct, frozen=True, kw_only=True):
    id: UUID
    anchor_start: str
    anchor_end: str
    quote: str
    created_at: datetime
    resolved_at: datetime | None
    resolved_by: UUID | None
    resolved_guest: str | None
    comments: int


class CommentRow(Struct, frozen=True, kw_only=True):
    id: UUID
    thread_id: UUID
    author: UUID
    body: str
    mentions: list[UUID]
    version: int
    created_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    guest_name: str | None


class ExportRow(Struct, frozen=True, kw_only=True):
    id: UUID
    thread_id: UUID
    document_id: UUID
    body: str
    created_at: datetime
    edited_at: datetime | None


class IdRow(Struct, frozen=True):
    id: UUID


class PersonRow(Struct, frozen=True):
    person: UUID


SQL = load_queries(Queries, __package__ or "collab_document.comments")
