"""What people may do now, by the document service: asked when what their tickets say is in doubt."""

import asyncio
import random
from collections.abc import Callable, Collection, Sequence
from typing import Final, Protocol
from uuid import UUID

import msgspec
from msgspec import Struct, field

from collab_collaboration.receiver import Receiver
from collab_kit.errors import PeerUnavailable
from collab_kit.http import Peer
from collab_kit.logging import get_logger
from collab_kit.tokens import Role

__all__ = ["CurrentRoles", "RoleSource", "Roles", "Roster"]

_AT_ONCE: Final = 200
"""People and links in one question."""
_ATTEMPTS: Final = 12
_MAX_PAUSE_S: Final = 15.0
_RANKS: Final[Sequence[Role]] = ("owner", "editor", "commenter", "viewer")

_log = get_logger()


class CurrentRoles(Struct, frozen=True):
    gone: bool = False
    """Nobody may open the document: it is in the trash, or deleted."""
    people: dict[UUID, Role | None] = field(default_factory=dict[UUID, Role | None])
    links: dict[UUID, Role | None] = field(default_factory=dict[UUID, Role | None])

    def of(self, user: UUID, link: UUID | None) -> Role | None:
        """The higher of what a person has by themselves and by the link they came with."""
        found = {self.people.get(user), self.links.get(link) if link else None}
        return next((role for role in _RANKS if role in found), None)


class RoleSource(Protocol):
    async def ask(self, document: UUID, people: Collection[UUID], links: Collection[UUID]) -> CurrentRoles:
        """Raises `PeerUnavailable`."""
        ...


class Roles:
    def __init__(self, documents: Peer) -> None:
        self._documents = documents

    async def ask(self, document: UUID, people: Collection[UUID], links: Collection[UUID]) -> CurrentRoles:
        """Raises `PeerUnavailable`."""
        path = f"/internal/documents/{document}/roles"
        found = CurrentRoles()
        everybody, every_link = list(people), list(links)
        while everybody or every_link:
            question = {"people": everybody[:_AT_ONCE], "links": every_link[:_AT_ONCE]}
            del everybody[:_AT_ONCE], every_link[:_AT_ONCE]
            response = await self._documents.call("POST", path, body=msgspec.json.encode(question))
            if response.status_code != 200:
                raise PeerUnavailable(f"The document service answers with {response.status_code}.")
            try:
                part = msgspec.json.decode(response.content, type=CurrentRoles)
            except msgspec.DecodeError as error:
                raise PeerUnavailable("The document service answers with something else.") from error
            found.people.update(part.people)
            found.links.update(part.links)
            if part.gone:
                return CurrentRoles(gone=True)
        return found


class Roster:
    """Goes over what everybody in a document may do, when that may have changed; one question at a time for each."""

    def __init__(
        self,
        roles: RoleSource,
        *,
        present: Callable[[UUID], Collection[Receiver]],
        on_role: Callable[[UUID, Receiver, Role | None], None],
        on_gone: Callable[[UUID], None],
    ) -> None:
        self._roles = roles
        self._present = present
        self._on_role = on_role
        self._on_gone = on_gone
        self._asked: dict[UUID, asyncio.Task[None]] = {}
        self._again: set[UUID] = set()

    def review(self, document: UUID) -> None:
        """Begin to; while an answer is under way, another question follows it."""
        if document in self._asked:
            self._again.add(document)
        elif self._present(document):
            task = asyncio.create_task(self._review(document), name=f"roles-{document}")
            self._asked[document] = task
            task.add_done_callback(lambda done: self._reviewed(document, done))

    def overtaken(self, document: UUID) -> None:
        """Something changed that an answer under way may not know: another question follows it."""
        if document in self._asked:
            self._again.add(document)

    async def close(self) -> None:
        tasks = list(self._asked.values())
        self._again.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _review(self, document: UUID) -> None:
        """Gives up after a few minutes: no ticket lives longer, and a renewed one says what is true by then."""
        for attempt in range(_ATTEMPTS):
            receivers = list(self._present(document))
            links = {receiver.link for receiver in receivers if receiver.link is not None}
            try:
                found = await self._roles.ask(document, {receiver.user for receiver in receivers}, links)
            except PeerUnavailable as error:
                _log.warning("roles not known", document=str(document), attempt=attempt + 1, reason=error.detail)
                await asyncio.sleep(min(_MAX_PAUSE_S, 0.2 * 2**attempt) * random.uniform(0.5, 1))  # noqa: S311  # jitter
                continue
            if found.gone:
                self._on_gone(document)
                return
            for receiver in receivers:
                self._on_role(document, receiver, found.of(receiver.user, receiver.link))
            return
        _log.error("roles not known, and not asked again", document=str(document))

    def _reviewed(self, document: UUID, task: "asyncio.Task[None]") -> None:
        del self._asked[document]
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("roles not reviewed", document=str(document), exc_info=error)
        if document in self._again:
            self._again.discard(document)
            self.review(document)
