"""A person's own order. Folders change under that person's lock: no two moves make a cycle together."""

from uuid import UUID

from msgspec import UnsetType

from collab_document.access import Access, role_in
from collab_document.idempotency import Idempotency
from collab_document.library.rules import MAX_FOLDERS, check_move, decode_cursor, encode_cursor
from collab_document.library.schemas import Folder, FolderChange, FolderPage, NewFolder
from collab_document.library.store import LIBRARY_SQL, FolderRow, ParentRow, find_folder, place
from collab_document.problems import NoSuchDocument, TooManyFolders
from collab_document.queries import SQL, CountRow
from collab_document.rules import parse_key, parse_name, require_version
from collab_kit.database import Connection, Database, execute, fetch_all, fetch_row
from collab_kit.guard import Principal

__all__ = ["Library", "TaggedFolder"]

TaggedFolder = tuple[Folder, int]
"""A folder and the version that its ETag names."""


class Library:
    """Every method raises `StoreUnavailable`."""

    def __init__(self, database: Database, access: Access, idempotency: Idempotency) -> None:
        self._database = database
        self._access = access
        self._idempotency = idempotency

    async def set_favourite(self, caller: Principal, document: UUID) -> None:
        """Raises `NoSuchDocument`."""
        if not await self._database.execute(LIBRARY_SQL.set_favourite, caller.id, document):
            raise NoSuchDocument

    async def unset_favourite(self, caller: Principal, document: UUID) -> None:
        """Raises `NoSuchDocument`."""
        if not await self._database.execute(LIBRARY_SQL.unset_favourite, caller.id, document):
            # Perhaps it never was one.
            await self._access.require(caller, document)

    async def note_opened(self, caller: Principal, document: UUID) -> None:
        """Raises `NoSuchDocument`."""
        if not await self._database.execute(SQL.note_opened, caller.id, document):
            # Perhaps it was a moment ago.
            await self._access.require(caller, document)

    async def place(self, caller: Principal, document: UUID, folder: UUID | None) -> None:
        """Raises `NoSuchDocument` or `NoSuchFolder`."""
        async with self._database.transaction() as connection:
            await execute(connection, SQL.lock_person, caller.id)
            await role_in(connection, caller, document)
            await place(connection, caller.id, document, folder)

    async def folders(self, caller: Principal, *, cursor: str | None, limit: int) -> FolderPage:
        """Raises `InvalidRequest`."""
        after = decode_cursor(cursor)
        rows = await self._database.fetch_all(FolderRow, LIBRARY_SQL.list_folders, caller.id, after.id, limit + 1)
        page = rows[:limit]
        following = encode_cursor(page[-1].id) if len(rows) > limit else None
        return FolderPage([_present(row) for row in page], following)

    async def create_folder(self, caller: Principal, new: NewFolder, *, key: str | None) -> TaggedFolder:
        """Raises `InvalidRequest`, `NoSuchFolder`, `FoldersTooDeep`, `TooManyFolders` or `IdempotencyKeyReused`."""
        name = parse_name(new.name)
        key = parse_key(key)
        async with self._database.transaction() as connection:
            made = await self._idempotency.begin(connection, caller.id, key, operation="createFolder", body=new)
            if made is not None:
                row = await find_folder(connection, caller.id, made)
            else:
                row = await self._insert(connection, caller, name, new.parent)
                await self._idempotency.finish(connection, caller.id, key, row.id)
        return _present(row), row.version

    async def change_folder(
        self, caller: Principal, folder: UUID, change: FolderChange, *, expected: frozenset[int] | None
    ) -> TaggedFolder:
        """Raises `InvalidRequest`, `NoSuchFolder`, `FolderCycle`, `FoldersTooDeep` or `PreconditionFailed`."""
        wanted = None if isinstance(change.name, UnsetType) else parse_name(change.name)
        async with self._database.transaction() as connection:
            await execute(connection, SQL.lock_person, caller.id)
            row = await find_folder(connection, caller.id, folder)
            require_version(expected, row.version)
            parent = row.parent_id
            if not isinstance(change.parent, UnsetType):
                parent = change.parent
                await self._check(connection, caller, folder, parent)
            row = await fetch_row(
                connection, FolderRow, LIBRARY_SQL.change_folder, caller.id, folder, wanted or row.name, parent
            )
        return _present(row), row.version

    async def delete_folder(self, caller: Principal, folder: UUID) -> None:
        """What is in it moves to where it was. Raises `NoSuchFolder`."""
        async with self._database.transaction() as connection:
            await execute(connection, SQL.lock_person, caller.id)
            row = await find_folder(connection, caller.id, folder)
            await execute(connection, LIBRARY_SQL.move_folders_up, caller.id, folder, row.parent_id)
            await execute(connection, LIBRARY_SQL.move_documents_up, caller.id, folder, row.parent_id)
            await execute(connection, LIBRARY_SQL.delete_folder, caller.id, folder)

    async def _insert(self, connection: Connection, caller: Principal, name: str, parent: UUID | None) -> FolderRow:
        await execute(connection, SQL.lock_person, caller.id)
        count = await fetch_row(connection, CountRow, LIBRARY_SQL.count_folders, caller.id)
        if count.number >= MAX_FOLDERS:
            raise TooManyFolders(f"At most {MAX_FOLDERS}.")
        await self._check(connection, caller, None, parent)
        return await fetch_row(connection, FolderRow, LIBRARY_SQL.insert_folder, caller.id, parent, name)

    @staticmethod
    async def _check(connection: Connection, caller: Principal, folder: UUID | None, parent: UUID | None) -> None:
        if parent is None:
            return
        await find_folder(connection, caller.id, parent)
        rows = await fetch_all(connection, ParentRow, LIBRARY_SQL.all_folders, caller.id)
        check_move({row.id: row.parent_id for row in rows}, folder, parent)


def _present(row: FolderRow) -> Folder:
    return Folder(id=row.id, name=row.name, parent=row.parent_id, created_at=row.created_at)
