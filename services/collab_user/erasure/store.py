"""Erasing a person: written down first, then done a step at a time, each safe to repeat.

The account ends first: nobody signs in to what is half removed. What is here goes last, since until then it is what
knows that there is something left to do.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

from msgspec import Struct

from collab_kit.database import Database, execute, fetch_one, load_queries
from collab_kit.errors import PeerUnavailable, Unavailable
from collab_kit.http import Peer
from collab_kit.logging import get_logger
from collab_user import queries
from collab_user.accounts import Accounts, LastAdmin
from collab_user.outbox import Undelivered, Waiting, enqueue
from collab_user.problems import NoSuchPerson
from collab_user.teams.store import Teams

__all__ = ["Erasures"]

_FIRST_RETRY: Final = timedelta(seconds=15)
"""After whoever asked has tried."""

_log = get_logger()


class Queries(Struct, frozen=True):
    ask: str
    find_erasure: str
    note_account_ended: str
    note_documents_removed: str
    withdraw: str
    find_avatar_key: str
    delete_profile: str
    note_done: str


class Progress(Struct, frozen=True):
    asked_by: UUID
    account_ended: bool
    documents_removed: bool


class AvatarKey(Struct, frozen=True):
    key: str | None


SQL: Final = load_queries(Queries, "collab_user.erasure")


class Erasures:
    def __init__(self, database: Database, accounts: Accounts, documents: Peer | None, teams: Teams) -> None:
        self._database = database
        self._accounts = accounts
        self._documents = documents
        self._teams = teams

    async def erase(self, person: UUID, *, by: UUID) -> None:
        """Erase as much as can be at once; the rest is done as soon as the others answer.

        Raises:
            NoSuchPerson: there is no profile.
            LastAdmin: nothing was erased.
            PeerUnavailable: this environment has no document service; nothing was erased.
        """
        if self._documents is None:
            raise PeerUnavailable("This environment has no document service to ask.")
        async with self._database.transaction() as connection:
            await execute(connection, queries.SQL.lock_person, person)
            asked = await execute(connection, SQL.ask, person, by)
            if not asked and await fetch_one(connection, Progress, SQL.find_erasure, person) is None:
                raise NoSuchPerson
            await enqueue(connection, "erasure", str(person), after=_FIRST_RETRY)
        try:
            await self._proceed(person)
        except (Unavailable, Undelivered) as error:
            reason = error.detail if isinstance(error, Unavailable) else str(error)
            _log.warning("erasure not finished yet", person=str(person), reason=reason)

    async def continue_one(self, waiting: Waiting) -> None:
        """The outbox's handler. Raises `Undelivered`, `PeerUnavailable`, `StoreUnavailable`."""
        person = UUID(waiting.subject)
        try:
            await self._proceed(person)
        except LastAdmin:
            _log.warning("erasure withdrawn: the last administrator", person=str(person))

    async def _proceed(self, person: UUID) -> None:
        progress = await self._database.fetch_one(Progress, SQL.find_erasure, person)
        if progress is None:
            return
        if not progress.account_ended:
            try:
                await self._accounts.end(person, by=progress.asked_by)
            except LastAdmin:
                await self._database.execute(SQL.withdraw, person)
                raise
            await self._database.execute(SQL.note_account_ended, person)
        if not progress.documents_removed:
            await self._remove_documents(person)
            await self._database.execute(SQL.note_documents_removed, person)
        await self._finish(person)
        _log.info("person erased", person=str(person))

    async def _remove_documents(self, person: UUID) -> None:
        if self._documents is None:
            raise Undelivered("this environment has no document service")
        answer = await self._documents.call("DELETE", f"/internal/people/{person}")
        if not answer.is_success:
            raise Undelivered(f"document: status {answer.status_code}: {answer.text[:300]}")

    async def _finish(self, person: UUID) -> None:
        async with self._database.transaction() as connection:
            await execute(connection, queries.SQL.lock_person, person)
            await self._teams.leave_all(connection, person)
            avatar = await fetch_one(connection, AvatarKey, SQL.find_avatar_key, person)
            if avatar is not None and avatar.key is not None:
                await enqueue(connection, "avatar", avatar.key)
            await execute(connection, SQL.delete_profile, person)
            await execute(connection, SQL.note_done, person)
