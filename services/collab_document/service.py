"""What the document service does with documents themselves.

What changes one takes its row's lock first: the roles it is judged by then hold until it is done.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec import UnsetType

from collab_document.access import Access, role_in
from collab_document.deletion import Deletion
from collab_document.idempotency import Idempotency
from collab_document.library.store import place
from collab_document.people import People
from collab_document.presenting import Presenter
from collab_document.problems import NoSuchDocument, NotInTrash, RoleTooLow, TooManyDocuments
from collab_document.queries import SQL, CountRow, IdRow, KeyRow, LockedRow
from collab_document.rules import Listing, decode_cursor, encode_cursor, parse_key, parse_title, require_version
from collab_document.schemas import Document, DocumentChange, DocumentPage, NewDocument, Ticket
from collab_document.talk import emit
from collab_document.tickets import Tickets
from collab_kit.database import Connection, Database, execute, fetch_one, fetch_row
from collab_kit.events import AccessChanged, DocumentEdited, DocumentNews, Event, Publisher
from collab_kit.guard import Principal

__all__ = ["MANY", "REACH", "Documents", "Tagged"]

_LISTS: Final[dict[Listing, str]] = {
    "all": SQL.list_all,
    "mine": SQL.list_mine,
    "shared": SQL.list_shared,
    "favourites": SQL.list_favourites,
    "recent": SQL.list_recent,
    "trash": SQL.list_trash,
    "folder": SQL.list_folder,
}
_NEAR: Final[dict[Listing, tuple[str, str]]] = {
    "all": (SQL.count_seen, SQL.list_all_near),
    "mine": (SQL.count_owned, SQL.list_mine_near),
    "shared": (SQL.count_seen, SQL.list_shared_near),
}
"""Lists that may be of thousands of documents, with what counts those."""
MANY: Final = 4000
"""Who sees more than so many probably finds a page of theirs among what anybody edited last: not all are sorted."""
REACH: Final = 3000
"""How far that is looked for."""

Tagged = tuple[Document, int]
"""A document and the version that its ETag names."""


class Documents:
    """Every method raises `StoreUnavailable`."""

    def __init__(
        self,
        *,
        database: Database,
        access: Access,
        people: People,
        presenter: Presenter,
        idempotency: Idempotency,
        deletion: Deletion,
        events: Publisher,
        tickets: Tickets,
        max_owned: int,
    ) -> None:
        self._database = database
        self._access = access
        self._people = people
        self._presenter = presenter
        self._idempotency = idempotency
        self._deletion = deletion
        self._events = events
        self._tickets = tickets
        self._max_owned = max_owned

    async def create(self, caller: Principal, new: NewDocument, *, key: str | None) -> Tagged:
        """Raises `InvalidRequest`, `NoSuchFolder`, `TooManyDocuments` or `IdempotencyKeyReused`.

        What a key made before is answered as it is now, and with `NoSuchDocument` when it is gone.
        """
        title = parse_title(new.title)
        key = parse_key(key)
        async with self._database.transaction() as connection:
            document = await self._idempotency.begin(connection, caller.id, key, operation="createDocument", body=new)
            if document is None:
                document = await self.create_in(connection, caller, title=title, folder=new.folder)
                await self._idempotency.finish(connection, caller.id, key, document)
        return await self.get(caller, document)

    async def create_in(
        self, connection: Connection, caller: Principal, *, title: str, folder: UUID | None = None
    ) -> UUID:
        """In a transaction, with a title that has been parsed. Raises `NoSuchFolder` or `TooManyDocuments`."""
        await execute(connection, SQL.lock_person, caller.id)
        owned = await fetch_row(connection, CountRow, SQL.count_owned, caller.id, self._max_owned)
        if owned.number >= self._max_owned:
            raise TooManyDocuments(f"At most {self._max_owned}, what is in the trash included.")
        created = await fetch_row(connection, IdRow, SQL.insert_document, caller.id, title)
        if folder is not None:
            await place(connection, caller.id, created.id, folder)
        await emit(connection, "document.created", document=created.id, by=caller.id)
        return created.id

    async def get(self, caller: Principal, document: UUID) -> Tagged:
        """Raises `NoSuchDocument`."""
        rows = await self._presenter.rows(caller.id, [document])
        if not rows or rows[0].trashed_at is not None:
            raise NoSuchDocument
        return (await self._presenter.present(rows))[0], rows[0].version

    async def page(
        self, caller: Principal, *, listing: Listing, folder: UUID | None, cursor: str | None, limit: int
    ) -> DocumentPage:
        """What the caller owns or was given, in the order of that list. Raises `InvalidRequest`."""
        after = decode_cursor(cursor, listing)
        # One more than asked for tells whether there is a next page.
        arguments = (caller.id, after.at, after.id, limit + 1)
        keys = await self._near(listing, arguments)
        if len(keys) <= limit:
            more = () if folder is None else (folder,)
            keys = await self._database.fetch_all(KeyRow, _LISTS[listing], *arguments, *more)
        page = keys[:limit]
        rows = await self._presenter.rows(caller.id, [key.id for key in page])
        following = encode_cursor(listing, page[-1].at, page[-1].id) if len(keys) > limit else None
        return DocumentPage(await self._presenter.present(rows), following)

    async def _near(self, listing: Listing, arguments: tuple[UUID, datetime, UUID, int]) -> list[KeyRow]:
        """The page as far as it is soon found, if the person sees many documents."""
        if listing not in _NEAR:
            return []
        count, near = _NEAR[listing]
        seen = await self._database.fetch_one(CountRow, count, arguments[0], MANY + 1)
        if seen is None or seen.number <= MANY:
            return []
        return await self._database.fetch_all(KeyRow, near, *arguments, REACH)

    async def update(
        self, caller: Principal, document: UUID, change: DocumentChange, *, expected: frozenset[int] | None
    ) -> Tagged:
        """Raises `InvalidRequest`, `NoSuchDocument`, `RoleTooLow` or `PreconditionFailed`."""
        title = None if isinstance(change.title, UnsetType) else parse_title(change.title)
        async with self._database.transaction() as connection:
            locked = await _lock(connection, document)
            await role_in(connection, caller, document, "owner", "editor")
            require_version(expected, locked.version)
            if title is not None:
                await execute(connection, SQL.rename_document, document, title)
                await execute(connection, SQL.retitle_text, document, title)
                await emit(connection, "document.renamed", document=document, by=caller.id, data={"title": title})
        if title is not None:
            await self._events.publish(DocumentNews(document, "title"))
        return await self.get(caller, document)

    async def trash(self, caller: Principal, document: UUID, *, expected: frozenset[int] | None) -> None:
        """Out of everybody's sight. Raises `NoSuchDocument`, `RoleTooLow` or `PreconditionFailed`."""
        async with self._database.transaction() as connection:
            locked = await _lock(connection, document)
            await role_in(connection, caller, document, "owner")
            require_version(expected, locked.version)
            await execute(connection, SQL.trash_document, document)
            await emit(connection, "document.trashed", document=document, by=caller.id)
        await self._events.publish(AccessChanged(document))

    async def restore(self, caller: Principal, document: UUID) -> Tagged:
        """Out of the trash, with everything it had; one that is not there stays as it is. As `trash`."""
        async with self._database.transaction() as connection:
            trashed = await self._lock_own(connection, caller, document)
            if trashed:
                await execute(connection, SQL.restore_document, document)
                await emit(connection, "document.restored", document=document, by=caller.id)
        if trashed:
            await self._events.publish(AccessChanged(document))
        return await self.get(caller, document)

    async def delete(self, caller: Principal, document: UUID) -> None:
        """For good, out of the trash. Raises `NoSuchDocument`, `RoleTooLow` or `NotInTrash`."""
        async with self._database.transaction() as connection:
            if not await self._lock_own(connection, caller, document):
                raise NotInTrash("Move it to the trash first.")
            await self._deletion.delete(connection, document, by=caller.id)
        await self._deletion.announce(document)

    async def ticket(self, caller: Principal, document: UUID) -> Ticket:
        """Raises `NoSuchDocument`."""
        role = await self._access.require(caller, document)
        profile = (await self._people.find([caller.id])).get(caller.id)
        # Carets need a name; the e-mail's first part is what a person who has no profile yet is known by.
        name = profile.name if profile else caller.email.partition("@")[0]
        await self._database.execute(SQL.note_opened, caller.id, document)
        return self._tickets.issue(person=caller.id, document=document, role=role, name=name)

    async def on_event(self, event: Event) -> None:
        if isinstance(event, DocumentEdited):
            await self._database.execute(SQL.note_edit, event.document, event.at)

    @staticmethod
    async def _lock_own(connection: Connection, caller: Principal, document: UUID) -> bool:
        """Whether it is in the trash, where only its owner knows of it. Raises `NoSuchDocument` or `RoleTooLow`."""
        locked = await _lock(connection, document)
        owner = await fetch_one(connection, IdRow, SQL.find_owner, document)
        if owner is not None and owner.id == caller.id:
            return locked.trashed
        await role_in(connection, caller, document)
        raise RoleTooLow("Only its owner may do this.")


async def _lock(connection: Connection, document: UUID) -> LockedRow:
    locked = await fetch_one(connection, LockedRow, SQL.lock_document, document)
    if locked is None:
        raise NoSuchDocument
    return locked
