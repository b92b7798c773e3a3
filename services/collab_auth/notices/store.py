"""Notices that wait, as PostgreSQL has them."""

from uuid import UUID

from msgspec import Struct

from collab_auth.notices.schemas import Notice
from collab_kit.database import Database, load_queries

__all__ = ["NoticeStore", "WaitingNotice"]


class Queries(Struct, frozen=True):
    queue_notice: str
    claim_due_notices: str
    delete_notice: str
    note_notice_failure: str
    count_notices: str
    purge_notices: str


class WaitingNotice(Struct, frozen=True, kw_only=True):
    """`recipient` is `None` when there is nobody to send it to any more."""

    id: UUID
    subject: str
    paragraphs: list[str]
    link: str
    link_text: str
    recipient: str | None


class _Count(Struct, frozen=True):
    number: int


class NoticeStore:
    """Every method raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queries = load_queries(Queries, "collab_auth.notices")

    async def queue(self, notice_id: UUID, notice: Notice) -> bool:
        """False when it waits already, or may not be sent."""
        values = (notice_id, notice.account, notice.subject, list(notice.paragraphs), notice.link, notice.link_text)
        return await self._database.execute(self._queries.queue_notice, *values) == 1

    async def claim_due(self, limit: int) -> list[WaitingNotice]:
        return await self._database.fetch_all(WaitingNotice, self._queries.claim_due_notices, limit)

    async def delete(self, notice: UUID) -> None:
        await self._database.execute(self._queries.delete_notice, notice)

    async def note_failure(self, notice: UUID, reason: str) -> None:
        await self._database.execute(self._queries.note_notice_failure, notice, reason)

    async def count(self) -> int:
        found = await self._database.fetch_one(_Count, self._queries.count_notices)
        return found.number if found else 0

    async def purge(self) -> None:
        await self._database.execute(self._queries.purge_notices)
