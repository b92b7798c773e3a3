"""Who may do what: collaboration tickets, and what has changed since they were issued."""

import time
from typing import Final, Self
from uuid import UUID

from collab_kit.tokens import TICKET_AUDIENCE, TICKET_ISSUER, InvalidToken, RemoteKeys, Role, TicketClaims, Verifier

__all__ = ["Forbidden", "Ticket", "Tickets", "may_write"]

_WRITERS: Final = frozenset[Role]({"owner", "editor"})
_CHANGE_MEMORY_S: Final = 3700.0
"""Longer than any ticket lives (`COLLAB_TICKET_TTL_S` is an hour at most)."""
_MAX_CHANGES: Final = 100_000


class Ticket(TicketClaims, frozen=True, kw_only=True):
    iat: int


class Forbidden(Exception):  # noqa: N818  # named for what it says
    """The ticket was good, but its holder has been removed from the document since."""


def may_write(role: Role) -> bool:
    return role in _WRITERS


class Tickets:
    def __init__(self, verifier: Verifier[Ticket]) -> None:
        self._verifier = verifier
        self._changes: dict[tuple[UUID, UUID], tuple[float, Role | None]] = {}

    @classmethod
    def of_document_service(cls, base_url: str, *, ca_file: str | None = None) -> Self:
        keys = RemoteKeys(f"{base_url}/.well-known/jwks.json", ca_file=ca_file)
        return cls(Verifier(keys, Ticket, issuer=TICKET_ISSUER, audience=TICKET_AUDIENCE))

    async def verify(self, token: str, document: UUID) -> tuple[Ticket, Role]:
        """The ticket, and the role its holder has now.

        Raises:
            InvalidToken: it is missing, wrong, expired, or for another document.
            Forbidden: its holder was removed after it was issued.
            PeerUnavailable: the keys cannot be had.
        """
        ticket = await self._verifier.verify(token)
        if ticket.doc != document:
            raise InvalidToken("The ticket is for another document.")
        changed_at, role = self._changes.get((document, ticket.sub), (0.0, ticket.role))
        if ticket.iat > changed_at:
            return ticket, ticket.role
        if role is None:
            raise Forbidden
        return ticket, role

    def note_change(self, document: UUID, user: UUID, role: Role | None) -> None:
        """Tickets issued until now no longer say what `user` may do."""
        now = time.time()
        self._changes.pop((document, user), None)
        self._changes[document, user] = (now, role)
        # In the order of their times: the oldest come first.
        while self._changes:
            oldest = next(iter(self._changes))
            if len(self._changes) <= _MAX_CHANGES and self._changes[oldest][0] > now - _CHANGE_MEMORY_S:
                break
            del self._changes[oldest]
