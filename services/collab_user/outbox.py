"""What has to be done elsewhere after a change here: at least once, however long the other side is away.

A row is written in the transaction of the change it follows from. Whoever handles it looks at how things are by then,
so several changes of one subject may be told once.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Final, Literal

from msgspec import Struct
from prometheus_client import Gauge

from collab_kit.database import Connection, Database, execute
from collab_kit.errors import Problem
from collab_kit.logging import get_logger
from collab_user.queries import SQL

__all__ = ["Handler", "Kind", "Outbox", "Undelivered", "Waiting", "enqueue"]

MAX_ATTEMPTS: Final = 1000
"""About a week at the longest wait between two; then the row stays, counted as given up, for a person to look at."""
_BATCH: Final = 20
_MAX_BATCHES: Final = 50

_log = get_logger()
_rows = Gauge("collab_user_outbox_rows", "What is still to be told to others or deleted elsewhere", ["state"])

Kind = Literal["team", "avatar", "erasure"]


class Undelivered(Exception):  # noqa: N818  # named for what came of it
    """The other side did not take it; the message says why, and goes to the log."""


class Waiting(Struct, frozen=True):
    kind: Kind
    subject: str
    version: int
    attempts: int


class Count(Struct, frozen=True):
    waiting: int
    given_up: int


Handler = Callable[[Waiting], Awaitable[None]]


async def enqueue(
    connection: Connection, kind: Kind, subject: str, *, version: int = 0, after: timedelta = timedelta(0)
) -> None:
    """To be called in the transaction of the change; due at once, or `after` a while."""
    await execute(connection, SQL.enqueue, kind, subject, version, after)


class Outbox:
    def __init__(self, database: Database, handlers: Mapping[Kind, Handler]) -> None:
        """What there is no handler for waits, untouched, for a configuration that has one."""
        self._database = database
        self._handlers = dict(handlers)

    async def deliver_now(self, kind: Kind, subject: str) -> bool:
        """Try once, while whoever caused it waits; what fails is left to `deliver_due`, and is no error here."""
        if kind not in self._handlers:
            return False
        try:
            waiting = await self._database.fetch_one(Waiting, SQL.claim_one, kind, subject)
            return waiting is None or await self._deliver(waiting)
        except Problem as error:
            _log.warning("not delivered yet", kind=kind, subject=subject, reason=error.detail)
            return False

    async def deliver_due(self) -> None:
        """Deliver what is due, a bounded number; other replicas do the same, each row is only claimed by one."""
        for _ in range(_MAX_BATCHES):
            batch = await self._database.fetch_all(Waiting, SQL.claim_due, MAX_ATTEMPTS, list(self._handlers), _BATCH)
            delivered = [await self._deliver(waiting) for waiting in batch]
            if len(batch) < _BATCH or not all(delivered):
                break
        count = await self._database.fetch_one(Count, SQL.count_waiting, MAX_ATTEMPTS)
        if count is not None:
            _rows.labels("waiting").set(count.waiting)
            _rows.labels("given-up").set(count.given_up)

    async def _deliver(self, waiting: Waiting) -> bool:
        key = (waiting.kind, waiting.subject, waiting.version)
        try:
            await self._handlers[waiting.kind](waiting)
        except (Problem, Undelivered) as error:
            reason = error.detail if isinstance(error, Problem) else str(error)
            _log.warning("not delivered", kind=waiting.kind, subject=waiting.subject, reason=reason)
            await self._database.execute(SQL.note_failure, *key, reason)
            return False
        await self._database.execute(SQL.delete_delivered, *key)
        return True
