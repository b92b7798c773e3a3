"""Tells the document service that a document was edited: at most once in five seconds each."""

from datetime import datetime
from typing import Final
from uuid import UUID

from collab_kit.events import DocumentEdited

__all__ = ["EditedEvents"]

INTERVAL_S: Final = 5.0


class EditedEvents:
    """Pure bookkeeping: `note` every edit, `take` what is due."""

    def __init__(self) -> None:
        self._due: dict[UUID, DocumentEdited] = {}
        self._told_at: dict[UUID, float] = {}

    def note(self, document: UUID, user: UUID, at: datetime) -> None:
        self._due[document] = DocumentEdited(document, user, at)

    def take(self, now: float) -> list[DocumentEdited]:
        """The events to publish now; those of documents that were told of too recently are kept for later."""
        for document in [document for document, told_at in self._told_at.items() if now - told_at >= INTERVAL_S]:
            del self._told_at[document]
        ready = [event for document, event in self._due.items() if document not in self._told_at]
        for event in ready:
            del self._due[event.document]
            self._told_at[event.document] = now
        return ready
