"""Internal calls to other services that have to arrive, however long those are away: at least once, in any order."""

import asyncio
from collections.abc import Mapping
from typing import Literal

import msgspec
from msgspec import Struct
from prometheus_client import Gauge

from collab_document.queries import SQL
from collab_kit.database import Connection, Database, execute
from collab_kit.errors import Problem
from collab_kit.http import Peer
from collab_kit.logging import get_logger

__all__ = ["Method", "Outbox"]

Method = Literal["DELETE", "PUT"]
"""Idempotent ones: a call may arrive more than once."""

MAX_ATTEMPTS = 1000
"""About a week at the longest wait between two; then the row stays, counted as given up, for a person to look at."""
INTERVAL_S = 5.0
_BATCH = 20

_log = get_logger()
_rows = Gauge("collab_document_outbox_rows", "Calls not yet delivered to other services", ["state"])


class _Call(Struct, frozen=True):
    id: int
    peer: str
    method: Method
    path: str
    body: bytes | None
    generation: int
    attempts: int


class _Count(Struct, frozen=True):
    waiting: int
    given_up: int


class Outbox:
    """`peers` are those this environment has; calls to others wait until it does."""

    def __init__(self, database: Database, peers: Mapping[str, Peer]) -> None:
        self._database = database
        self._peers = dict(peers)
        self._nudged = asyncio.Event()

    async def enqueue(
        self, connection: Connection, peer: str, method: Method, path: str, *, key: str, body: object | None = None
    ) -> None:
        """In the caller's transaction; one that waits under the same `key` is replaced, for it is out of date now."""
        raw = None if body is None else msgspec.json.encode(body)
        await execute(connection, SQL.enqueue_call, peer, key, method, path, raw)

    def nudge(self) -> None:
        """Call it after the transaction: the delivery then need not wait for its next turn."""
        self._nudged.set()

    async def run(self) -> None:
        """Runs until cancelled."""
        while True:
            try:
                while await self.deliver_due() == _BATCH:
                    pass
            except Problem as error:
                _log.warning("outbox not delivered", reason=error.detail)
            try:
                async with asyncio.timeout(INTERVAL_S):
                    await self._nudged.wait()
            except TimeoutError:
                continue
            self._nudged.clear()

    async def deliver_due(self) -> int:
        """Deliver a batch of what is due, and say how much it was; no other replica claims the same at a time."""
        calls = await self._database.fetch_all(_Call, SQL.claim_calls, MAX_ATTEMPTS, _BATCH, list(self._peers))
        for call in calls:
            await self._deliver(call)
        count = await self._database.fetch_one(_Count, SQL.count_calls, MAX_ATTEMPTS)
        if count is not None:
            _rows.labels("waiting").set(count.waiting)
            _rows.labels("given-up").set(count.given_up)
        return len(calls)

    async def _deliver(self, call: _Call) -> None:
        try:
            response = await self._peers[call.peer].call(call.method, call.path, body=call.body)
            reason = None if response.is_success else f"status {response.status_code}: {response.text[:300]}"
        except Problem as error:
            reason = error.detail
        if reason is None:
            # Unless it was replaced meanwhile: then the new one is still to be delivered.
            await self._database.execute(SQL.delete_call, call.id, call.generation)
            return
        _log.warning("call not delivered", peer=call.peer, path=call.path, attempts=call.attempts, reason=reason)
        await self._database.execute(SQL.note_call_failure, call.id, reason)
