"""Restores versions: one more edit of the document, made in the worker and committed as everybody's are.

Whoever is connected gets it like any edit, on any replica; nobody is disconnected, and what others write meanwhile is
merged with it. What the text was just before is a version by then, so the restoring can itself be taken back.
"""

import asyncio
import hashlib
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Final
from uuid import UUID

from collab_collaboration.epoch import Stale
from collab_collaboration.history.problems import (
    DocumentDamaged,
    DocumentTooLarge,
    NoLongerAllowed,
    NoSuchDocument,
)
from collab_collaboration.history.store import HistoryStore, StoredVersion
from collab_collaboration.hub import Hub
from collab_collaboration.lib0 import Malformed
from collab_collaboration.room import Room
from collab_collaboration.snapshots import DamagedDocument, DeletedDocument
from collab_collaboration.tickets import may_write
from collab_collaboration.wire import Close, CloseReason
from collab_collaboration.work import RestorePlan, WorkProcess
from collab_kit.errors import StoreUnavailable
from collab_kit.logging import get_logger
from collab_kit.tokens import Role

__all__ = ["Restorer"]

_DEADLINE_S: Final = 13.0
"""Within what the gateway waits for an answer."""
_PAUSE_S: Final = 0.05

_log = get_logger()


class Restorer:
    def __init__(self, hub: Hub, store: HistoryStore, work: WorkProcess) -> None:
        self._hub = hub
        self._store = store
        self._work = work
        self._one_at_a_time = asyncio.Lock()

    async def restore(self, document: UUID, version: UUID, *, user: UUID, link: UUID | None) -> StoredVersion | None:
        """Make the text what it was in `version`, as an edit by `user`, who came with `link`.

        The answer is a version of what it was until then; `None` where it was that already.

        Raises:
            NoSuchVersion, NoSuchDocument, NoLongerAllowed, TooManyVersions, DocumentTooLarge, DocumentDamaged:
                nothing was changed; at most there is one more version.
            StoreUnavailable: perhaps it was changed; it can be asked for again.
        """
        try:
            async with (
                asyncio.timeout(_DEADLINE_S),
                self._one_at_a_time,
                self._store.restoring(document),
                self._taking_part(document, user, link) as (room, author),
            ):
                plan = await self._work.plan_restore(document, version, user=user)
                if plan is None:
                    return None
                await self._commit(room, author, plan)
                _log.info("version restored", document=str(document), version=str(version), bytes=len(plan.update))
                return await self._caught_up(room, plan)
        except TimeoutError as error:
            raise StoreUnavailable("The version could not be restored in time.") from error

    @asynccontextmanager
    async def _taking_part(
        self, document: UUID, user: UUID, link: UUID | None
    ) -> AsyncGenerator[tuple[Room, "_Author"]]:
        """In the document as a connected person is, so that an end of that is heard of."""
        try:
            room = await self._hub.open(document)
        except DeletedDocument as error:
            raise NoSuchDocument from error
        except DamagedDocument as error:
            raise DocumentDamaged from error
        author = _Author(user, link)
        room.join(author)
        try:
            yield room, author
        finally:
            room.leave(author, time.monotonic())

    async def _commit(self, room: Room, author: "_Author", plan: RestorePlan) -> None:
        while True:
            author.require_going_on()
            if room.is_closed or room.epoch != plan.epoch:
                raise StoreUnavailable("The document was being replaced.")
            if self._hub.is_full:
                raise StoreUnavailable("Too many edits are waiting to be stored.")
            try:
                if not room.has_space_for(plan.update):
                    raise DocumentTooLarge(f"Expected at most {self._hub.max_document_bytes} bytes.")
                if room.offer(author, plan.update, messages=1, now=time.monotonic()):
                    break
            except Malformed as error:
                raise DocumentDamaged from error
            except Stale as error:
                raise StoreUnavailable("The document was being replaced.") from error
            # The plan knows what another replica has stored just now, and the room is about to.
            await asyncio.sleep(_PAUSE_S)
        self._hub.submit(room)
        await author.stored

    async def _caught_up(self, room: Room, plan: RestorePlan) -> StoredVersion:
        """The version of what was before, with what others stored between its making and the restoring."""
        if room.head == plan.before.seq + 1:
            return plan.before
        try:
            return await self._work.catch_up(plan.before, until=hashlib.sha256(plan.update).digest())
        except (StoreUnavailable, DocumentDamaged) as error:
            _log.warning("a version lacks what was written while it was made", reason=str(error))
            return plan.before


class _Author:
    """Takes part in a document for one edit: a `Receiver` who needs no messages."""

    def __init__(self, user: UUID, link: UUID | None) -> None:
        self.address = b""
        self.user = user
        self.link = link
        self.stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._failure: Exception | None = None

    def require_going_on(self) -> None:
        """Raises `NoLongerAllowed`, `NoSuchDocument`, `StoreUnavailable`."""
        if self._failure is not None:
            raise self._failure

    def write(self, frames: bytes, /) -> None:
        pass

    def write_state(self, frames: Sequence[bytes], /) -> None:
        pass

    def acknowledgement(self, messages: int) -> bytes:  # noqa: ARG002  # it has sent one
        if not self.stored.done():
            self.stored.set_result(None)
        return b""

    def refuse(self) -> None:
        pass  # the commit is tried again

    def hold(self, seconds: float) -> None:
        pass

    def set_role(self, role: Role | None) -> None:
        # What was taken before is stored: as of anybody's edits.
        if role is None or not may_write(role):
            self._failure = NoLongerAllowed()

    def end(self, close: Close) -> None:
        if close == CloseReason.DELETED:
            self._failure = NoSuchDocument()
        elif close == CloseReason.NO_LONGER_ALLOWED:
            self._failure = NoLongerAllowed()
        else:
            self._failure = StoreUnavailable(close.reason)
        if not self.stored.done():
            self.stored.set_exception(self._failure)
            self.stored.exception()  # perhaps nobody waits for it
