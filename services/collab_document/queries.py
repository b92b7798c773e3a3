"""The queries of `queries.sql` by name, and the rows they answer with."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from collab_kit.database import load_queries
from collab_kit.tokens import Role

__all__ = ["SQL", "CountRow", "DocumentRow", "IdRow", "KeyRow", "LockedRow"]


class Queries(Struct, frozen=True, kw_only=True):
    find_role: str
    find_visitor_role: str
    describe_documents: str
    count_seen: str
    list_all: str
    list_all_near: str
    list_mine: str
    list_mine_near: str
    list_shared: str
    list_shared_near: str
    list_favourites: str
    list_recent: str
    list_trash: str
    list_folder: str
    lock_person: str
    count_owned: str
    insert_document: str
    lock_document: str
    find_owner: str
    rename_document: str
    retitle_text: str
    trash_document: str
    restore_document: str
    note_edit: str
    note_opened: str
    find_to_purge: str
    lock_to_purge: str
    delete_document: str
    begin_request: str
    find_request: str
    finish_request: str
    purge_requests: str
    enqueue_call: str
    claim_calls: str
    delete_call: str
    note_call_failure: str
    count_calls: str


class DocumentRow(Struct, frozen=True, kw_only=True):
    id: UUID
    title: str
    version: int
    role: Role
    owner_id: UUID
    created_at: datetime
    edited_at: datetime
    trashed_at: datetime | None
    member_count: int
    team_count: int
    favourite: bool
    opened_at: datetime | None
    folder_id: UUID | None


class KeyRow(Struct, frozen=True):
    """A document's place in a list."""

    id: UUID
    at: datetime


class LockedRow(Struct, frozen=True):
    id: UUID
    title: str
    version: int
    trashed: bool


class IdRow(Struct, frozen=True):
    id: UUID


class CountRow(Struct, frozen=True):
    number: int


SQL = load_queries(Queries, "collab_document")
