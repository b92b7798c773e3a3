"""Forgets people. The request is stored first, so that it is kept whatever happens; the work is done in small steps.

What someone owned passes to the editor who has been one for longest, and is deleted for good when there is none, or
when it was in the trash.
"""

import time
from typing import Final
from uuid import UUID

from msgspec import Struct

from collab_document.deletion import Deletion
from collab_document.erasure.store import ERASURE_SQL, ExportedDocument, ExportedFolder, ExportedLink
from collab_document.queries import SQL, IdRow, LockedRow
from collab_document.talk import emit, export, forget, notify
from collab_kit.database import Database, execute, fetch_all, fetch_one
from collab_kit.events import MemberChanged, Publisher
from collab_kit.logging import get_logger
from collab_kit.tokens import Role

__all__ = ["Erasure", "Export"]

_BATCH: Final = 100
_AT_ONCE_S: Final = 1.0
"""How long a request to erase works itself; what is left then is done in the background."""
_MAX_EXPORTED: Final = 100_000

_log = get_logger()


class Export(Struct, frozen=True, kw_only=True):
    """All that this service knows of a person; `complete` is false when there is more than an answer can hold."""

    documents: list[ExportedDocument]
    folders: list[ExportedFolder]
    links: list[ExportedLink]
    complete: bool
    more: dict[str, list[dict[str, object]]]


class Erasure:
    """Every method raises `StoreUnavailable`."""

    def __init__(self, database: Database, events: Publisher, deletion: Deletion) -> None:
        self._database = database
        self._events = events
        self._deletion = deletion

    async def erase(self, person: UUID) -> None:
        """Once this returns, the person will be forgotten; most have been already."""
        await self._database.execute(ERASURE_SQL.request_erasure, person)
        await self._work(person, until=time.monotonic() + _AT_ONCE_S)

    async def work(self) -> None:
        """Go on with what requests left over."""
        for row in await self._database.fetch_all(IdRow, ERASURE_SQL.find_erasures, _BATCH):
            await self._work(row.id, until=float("inf"))

    async def export(self, person: UUID) -> Export:
        documents: list[ExportedDocument] = []
        at = UUID(int=0)
        while len(documents) < _MAX_EXPORTED:
            some = await self._database.fetch_all(
                ExportedDocument, ERASURE_SQL.export_documents, person, at, _BATCH * 10
            )
            documents += some
            if len(some) < _BATCH * 10:
                break
            at = some[-1].id
        async with self._database.connection() as connection:
            more = await export(connection, person)
            links = await fetch_all(connection, ExportedLink, ERASURE_SQL.export_links, person, _MAX_EXPORTED)
            return Export(
                documents=documents,
                folders=await fetch_all(connection, ExportedFolder, ERASURE_SQL.export_folders, person),
                links=links,
                complete=len(documents) < _MAX_EXPORTED and len(links) < _MAX_EXPORTED,
                more=more,
            )

    async def _work(self, person: UUID, *, until: float) -> None:
        while owned := await self._database.fetch_all(IdRow, ERASURE_SQL.find_owned, person, _BATCH):
            for row in owned:
                await self._bequeath(person, row.id)
                if time.monotonic() > until:
                    return
        while left := await self._leave(person):
            for document in left:
                await self._tell(document, person)
            if time.monotonic() > until:
                return
        while await self._database.execute(ERASURE_SQL.delete_personal, person, _BATCH * 10):
            if time.monotonic() > until:
                return
        async with self._database.transaction() as connection:
            await execute(connection, SQL.lock_person, person)
            await execute(connection, ERASURE_SQL.loosen_folders, person)
            await execute(connection, ERASURE_SQL.delete_folders, person)
            await execute(connection, ERASURE_SQL.leave_teams, person)
            await execute(connection, ERASURE_SQL.delete_requests, person)
            await forget(connection, person)
            await execute(connection, ERASURE_SQL.finish_erasure, person)
        _log.info("forgotten", user=str(person))

    async def _bequeath(self, person: UUID, document: UUID) -> None:
        heir: IdRow | None = None
        async with self._database.transaction() as connection:
            locked = await fetch_one(connection, LockedRow, SQL.lock_document, document)
            owner = await fetch_one(connection, IdRow, SQL.find_owner, document)
            if owner is None or owner.id != person:
                return
            if locked is not None and not locked.trashed:
                heir = await fetch_one(connection, IdRow, ERASURE_SQL.find_heir, document, person)
            if heir is None:
                await self._deletion.delete(connection, document, by=None)
            else:
                # One after the other: at no moment are there two owners.
                await execute(connection, ERASURE_SQL.delete_any_member, document, person)
                await execute(connection, ERASURE_SQL.make_owner, document, heir.id)
                await notify(connection, kind="ownership", people=[heir.id], document=document, actor=person)
                data = {"member": str(heir.id), "role": "owner"}
                await emit(connection, "member.changed", document=document, by=None, data=data)
        if heir is None:
            await self._deletion.announce(document)
            return
        await self._tell(document, heir.id, "owner")
        await self._tell(document, person)

    async def _leave(self, person: UUID) -> list[UUID]:
        async with self._database.transaction() as connection:
            rows = await fetch_all(connection, IdRow, ERASURE_SQL.find_memberships, person, _BATCH)
            documents = [row.id for row in rows]
            await execute(connection, ERASURE_SQL.delete_memberships, person, documents)
            for document in documents:
                data = {"member": str(person), "role": None}
                await emit(connection, "member.changed", document=document, by=None, data=data)
        return documents

    async def _tell(self, document: UUID, person: UUID, role: Role | None = None) -> None:
        await self._events.publish(MemberChanged(document, person, role))
