"""Which other replicas have a document open too: nobody else is told what happens to it.

The gateway sends all of a document's people to one replica, so mostly there is none, and a replica's work does not grow
with what the others do. Whoever opens a document says so, and is answered by those who have it open. Until the answers
can be in, and after every interruption, all are told. What is lost all the same is found by comparing with PostgreSQL.
"""

from typing import Final
from uuid import UUID

__all__ = ["Neighbours"]

ANSWER_S: Final = 2.0
"""Within which all answers to an announcement are expected."""
SILENCE_S: Final = 10.0
"""Every replica greets each second; one that has not for so long is gone."""


class Neighbours:
    """Pure bookkeeping; a replica is named by the `origin` of its messages, `now` is monotonic time in seconds."""

    def __init__(self) -> None:
        self._answered_by: dict[UUID, float] = {}
        self._of: dict[UUID, set[bytes]] = {}
        self._heard_at: dict[bytes, float] = {}

    def announced(self, document: UUID, now: float) -> None:
        """All others were asked who has `document` open."""
        self._answered_by[document] = now + ANSWER_S

    def heard(self, origin: bytes, now: float) -> None:
        """A replica is there."""
        self._heard_at[origin] = now

    def has_open(self, document: UUID, origin: bytes) -> bool:
        """A replica has `document` open; the answer is whether that is news."""
        origins = self._of.setdefault(document, set())
        if origin in origins:
            return False
        origins.add(origin)
        return True

    def closed(self, document: UUID, origin: bytes) -> None:
        origins = self._of.get(document)
        if origins is not None:
            origins.discard(origin)
            if not origins:
                del self._of[document]

    def forget(self, document: UUID) -> None:
        """It is not open here any more."""
        self._answered_by.pop(document, None)
        self._of.pop(document, None)

    def may_listen(self, document: UUID, now: float) -> bool:
        """Whether another replica has `document` open, as far as can be known."""
        return document in self._of or now < self._answered_by.get(document, now)

    def expire(self, now: float) -> None:
        """Forget the replicas that are gone."""
        gone = [origin for origin, heard_at in self._heard_at.items() if now - heard_at > SILENCE_S]
        for origin in gone:
            del self._heard_at[origin]
            for document in list(self._of):
                self.closed(document, origin)
