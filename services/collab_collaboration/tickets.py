"""Who may do what: collaboration tickets, and what has changed since they were issued."""

import time
from collections.abc import Hashable
from typing import Final, Generic, Self, TypeVar
from uuid import UUID

from collab_collaboration.roles import RoleSource
from collab_kit.tokens import TICKET_AUDIENCE, TICKET_ISSUER, InvalidToken, RemoteKeys, Role, TicketClaims, Verifier

__all__ = ["Forbidden", "Gone", "Ticket", "Tickets", "may_write"]

_WRITERS: Final = frozenset[Role]({"owner", "editor"})
_CHANGE_MEMORY_S: Final = 3700.0
"""Longer than any ticket lives (`COLLAB_TICKET_TTL_S` is an hour at most)."""
_MAX_CHANGES: Final = 100_000

KeyT = TypeVar("KeyT", bound=Hashable)
ValueT = TypeVar("ValueT")


class Ticket(TicketClaims, frozen=True, kw_only=True):
    iat: int


class Forbidden(Exception):  # noqa: N818  # named for what it says
    """The ticket was good, but its holder has been removed from the document since."""


class Gone(Forbidden):
    """The ticket was good, but nobody may open the document any more."""


def may_write(role: Role) -> bool:
    return role in _WRITERS


class Tickets:
    def __init__(self, verifier: Verifier[Ticket], roles: RoleSource) -> None:
        self._verifier = verifier
        self._roles = roles
        self._changes = _Recent[tuple[UUID, UUID], Role | None]()
        self._doubts = _Recent[UUID, None]()
        self._ended = _Recent[UUID, None]()
        self.notes = 0
        """How many changes were noted: a ticket verified before the last of them may say too much by now."""

    @classmethod
    def of_document_service(cls, base_url: str, roles: RoleSource, *, ca_file: str | None = None) -> Self:
        keys = RemoteKeys(f"{base_url}/.well-known/jwks.json", ca_file=ca_file)
        return cls(Verifier(keys, Ticket, issuer=TICKET_ISSUER, audience=TICKET_AUDIENCE), roles)

    async def verify(self, token: str, document: UUID) -> tuple[Ticket, Role]:
        """The ticket, and the role its holder has now.

        Raises:
            InvalidToken: it is missing, wrong, expired, or for another document.
            Forbidden: its holder was removed after it was issued; `Gone` where everybody was.
            PeerUnavailable: the keys cannot be had, or the role is in doubt and cannot be asked for.
        """
        ticket = await self._verifier.verify(token)
        if ticket.doc != document:
            raise InvalidToken("The ticket is for another document.")
        if ticket.iat <= self._ended.time_of(ticket.sub):
            raise Forbidden
        changed_at, doubted_at = self._changes.time_of((document, ticket.sub)), self._doubts.time_of(document)
        if ticket.iat > max(changed_at, doubted_at):
            return ticket, ticket.role
        role = self._changes.get((document, ticket.sub))
        # What is noted of a person says nothing of the link they came with.
        if doubted_at >= changed_at or ticket.link is not None:
            found = await self._roles.ask(document, [ticket.sub], [ticket.link] if ticket.link else [])
            if found.gone:
                raise Gone
            role = found.of(ticket.sub, ticket.link)
        if role is None:
            raise Forbidden
        return ticket, role

    def note_change(self, document: UUID, user: UUID, role: Role | None) -> None:
        """Tickets issued until now no longer say what `user` may do."""
        self.notes += 1
        self._changes.note((document, user), role)

    def note_doubt(self, document: UUID) -> None:
        """Tickets for `document` issued until now may no longer say what their holders may do."""
        self.notes += 1
        self._doubts.note(document, None)

    def note_end(self, user: UUID) -> None:
        """Tickets of `user` issued until now are good for nothing."""
        self.notes += 1
        self._ended.note(user, None)


class _Recent(Generic[KeyT, ValueT]):
    """What was noted last of each key and when, for as long as a ticket from before may come."""

    def __init__(self) -> None:
        self._noted: dict[KeyT, tuple[float, ValueT]] = {}

    def note(self, key: KeyT, value: ValueT) -> None:
        now = time.time()
        self._noted.pop(key, None)
        self._noted[key] = (now, value)
        # In the order of their times: the oldest come first.
        while self._noted:
            oldest = next(iter(self._noted))
            if len(self._noted) <= _MAX_CHANGES and self._noted[oldest][0] > now - _CHANGE_MEMORY_S:
                break
            del self._noted[oldest]

    def time_of(self, key: KeyT) -> float:
        """When, by the clock on the wall; 0 for what was not noted."""
        return self._noted[key][0] if key in self._noted else 0.0

    def get(self, key: KeyT) -> ValueT | None:
        return self._noted[key][1] if key in self._noted else None
