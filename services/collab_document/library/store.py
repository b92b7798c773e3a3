"""Personal order as PostgreSQL has it."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from collab_document.problems import NoSuchFolder
from collab_kit.database import Connection, execute, fetch_one, load_queries

__all__ = ["LIBRARY_SQL", "FolderRow", "ParentRow", "find_folder", "place"]


class Queries(Struct, frozen=True, kw_only=True):
    set_favourite: str
    unset_favourite: str
    place_document: str
    list_folders: str
    find_folder: str
    count_folders: str
    insert_folder: str
    change_folder: str
    all_folders: str
    move_folders_up: str
    move_documents_up: str
    delete_folder: str


class FolderRow(Struct, frozen=True, kw_only=True):
    id: UUID
    parent_id: UUID | None
    name: str
    version: int
    created_at: datetime


class ParentRow(Struct, frozen=True):
    id: UUID
    parent_id: UUID | None


LIBRARY_SQL = load_queries(Queries, "collab_document.library")


async def find_folder(connection: Connection, person: UUID, folder: UUID) -> FolderRow:
    """Raises `NoSuchFolder`."""
    row = await fetch_one(connection, FolderRow, LIBRARY_SQL.find_folder, person, folder)
    if row is None:
        raise NoSuchFolder
    return row


async def place(connection: Connection, person: UUID, document: UUID, folder: UUID | None) -> None:
    """In a transaction that holds the person's lock, for a document they have a role in. Raises `NoSuchFolder`."""
    if folder is not None:
        await find_folder(connection, person, folder)
    await execute(connection, LIBRARY_SQL.place_document, person, document, folder)
