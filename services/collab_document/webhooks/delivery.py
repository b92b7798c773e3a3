"""Messages leave for their webhooks: at least once, each under an id that stays the same over attempts."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from prometheus_client import Counter, Gauge, Histogram
from standardwebhooks import Webhook

from collab_document.notifications.store import notify_webhook_disabled
from collab_document.webhooks.events import emit
from collab_document.webhooks.owners import Owners
from collab_document.webhooks.queries import SQL, ClaimedDelivery, ClaimedEdit, DeliveryCounts, WebhookRow
from collab_document.webhooks.rules import retry_delay_s
from collab_document.webhooks.schemas import DisableReason
from collab_document.webhooks.sending import MAX_AT_ONCE, Outcome, Sender
from collab_kit.database import Connection, Database, execute, fetch_all, fetch_one
from collab_kit.errors import PeerUnavailable
from collab_kit.events import DocumentEdited
from collab_kit.logging import get_logger
from collab_kit.sealing import SealBroken, Sealer

__all__ = ["Deliveries", "signed_headers"]

KEEP: Final = timedelta(days=30)
"""How long messages that are done stay in the log."""
_AT_ONCE_PER_WEBHOOK: Final = 4
_LEASE: Final = timedelta(seconds=60)
"""Longer than an attempt with all of its writes: after that somebody else makes it."""
_DISABLED_WAIT: Final = timedelta(seconds=60)
"""How long after an account is enabled again its webhooks hear of what happened meanwhile, at the latest."""
_UNKNOWN_WAIT: Final = timedelta(seconds=5)
_MAX_ROUNDS: Final = 50
_EDITS: Final = 50
_PURGED_AT_ONCE: Final = 1000
_GONE: Final = 410

_log = get_logger()
_attempts = Counter("collab_document_webhook_attempts_total", "Attempts to deliver a message", ["outcome"])
_disabled = Counter("collab_document_webhooks_disabled_total", "Webhooks that were disabled", ["reason"])
_seconds = Histogram("collab_document_webhook_seconds", "Time of an attempt", buckets=(0.05, 0.1, 0.5, 1, 2, 5, 10))
_rows = Gauge("collab_document_webhook_deliveries", "Messages not yet delivered", ["state"])


class Deliveries:
    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        sender: Sender,
        owners: Owners,
        *,
        edit_quiet: timedelta,
        disable_after: timedelta,
    ) -> None:
        self._database = database
        self._owners = owners
        self._sealer = sealer
        self._sender = sender
        self._edit_quiet = edit_quiet
        self._disable_after = disable_after
        # The pool is small, and requests come first.
        self._writing = asyncio.Semaphore(1)

    async def on_edit(self, event: DocumentEdited) -> None:
        """Every replica hears of every edit; noting it twice is the same as once."""
        await self._database.execute(SQL.note_edit, event.document, event.user, self._edit_quiet)

    async def run_due(self) -> None:
        """Deliver what is due, up to a bound; other replicas may be doing the same. Raises `StoreUnavailable`."""
        await self._emit_edits()
        for _ in range(_MAX_ROUNDS):
            claimed = await self._database.fetch_all(
                ClaimedDelivery, SQL.claim_deliveries, MAX_AT_ONCE, _AT_ONCE_PER_WEBHOOK, _LEASE
            )
            try:
                active = await self._of_active(claimed)
            except PeerUnavailable as error:
                _log.warning("owners of webhooks not known", reason=error.detail)
                await self._put_back(claimed, _UNKNOWN_WAIT, None)
                break
            outcomes = await asyncio.gather(*map(self._attempt, active), return_exceptions=True)
            for failure in filter(None, outcomes):
                raise failure
            if len(claimed) < MAX_AT_ONCE:
                break
        counts = await self._database.fetch_one(DeliveryCounts, SQL.count_deliveries)
        if counts is not None:
            _rows.labels("due").set(counts.due)
            _rows.labels("waiting").set(counts.waiting)

    async def purge(self) -> None:
        """Remove a bounded number of messages that are done for long enough. Raises `StoreUnavailable`."""
        for _ in range(_MAX_ROUNDS):
            if await self._database.execute(SQL.purge_deliveries, KEEP, _PURGED_AT_ONCE) < _PURGED_AT_ONCE:
                return

    async def _emit_edits(self) -> None:
        async with self._database.transaction() as connection:
            for edit in await fetch_all(connection, ClaimedEdit, SQL.claim_edits, _EDITS):
                await emit(connection, "document.edited", document=edit.document_id, by=edit.person)

    async def _of_active(self, claimed: list[ClaimedDelivery]) -> list[ClaimedDelivery]:
        """Those whose owners may hear of anything now; the others are put back. Raises `PeerUnavailable`."""
        if not claimed:
            return []
        active = await self._owners.active(delivery.person for delivery in claimed)
        of_others = [delivery for delivery in claimed if delivery.person not in active]
        if of_others:
            await self._put_back(of_others, _DISABLED_WAIT, "The account of the webhook's owner is disabled.")
        ready: list[ClaimedDelivery] = []
        strange: set[UUID] = set()
        for delivery in claimed:
            owner = active.get(delivery.person)
            if owner is not None and owner.claimed_at is not None and delivery.confirmed_at < owner.claimed_at:
                strange.add(delivery.webhook_id)
            elif owner is not None:
                ready.append(delivery)
        for webhook in strange:
            async with self._writing, self._database.transaction() as connection:
                await self._disable(connection, webhook, "owner-changed")
        return ready

    async def _put_back(self, claimed: list[ClaimedDelivery], wait: timedelta, error: str | None) -> None:
        _attempts.labels("put-back").inc(len(claimed))
        ids, attempts = [delivery.id for delivery in claimed], [delivery.attempts for delivery in claimed]
        await self._database.execute(SQL.put_back, ids, attempts, wait, error)

    async def _attempt(self, delivery: ClaimedDelivery) -> None:
        try:
            secrets = [self._sealer.open(delivery.secret, context=delivery.webhook_id.bytes).decode()]
            if delivery.old_secret is not None:
                secrets.append(self._sealer.open(delivery.old_secret, context=delivery.webhook_id.bytes).decode())
        except SealBroken:
            outcome = Outcome(latency_ms=0, error="The secret cannot be read: rotate it.")
            await self._note_failure(delivery, outcome, disable="secret-unreadable")
            return
        headers = signed_headers(secrets, delivery.message_id, delivery.body)
        outcome = await self._sender.send(delivery.url, headers, delivery.body)
        _seconds.observe(outcome.latency_ms / 1000)
        if outcome.error is None:
            await self._note_success(delivery, outcome)
        else:
            await self._note_failure(delivery, outcome, disable="gone" if outcome.status == _GONE else "failing")

    async def _note_success(self, delivery: ClaimedDelivery, outcome: Outcome) -> None:
        _attempts.labels("delivered").inc()
        async with self._writing, self._database.transaction() as connection:
            noted = (delivery.id, delivery.attempts, outcome.status, outcome.latency_ms, outcome.excerpt)
            await execute(connection, SQL.note_success, *noted)
            await execute(connection, SQL.note_working, delivery.webhook_id)

    async def _note_failure(self, delivery: ClaimedDelivery, outcome: Outcome, *, disable: DisableReason) -> None:
        _attempts.labels("failed").inc()
        delay_s = retry_delay_s(delivery.attempts, random.random())  # noqa: S311  # jitter
        delay = None if delay_s is None else timedelta(seconds=delay_s)
        async with self._writing, self._database.transaction() as connection:
            noted = (outcome.status, outcome.latency_ms, outcome.error, outcome.excerpt, delay)
            await execute(connection, SQL.note_failure, delivery.id, delivery.attempts, *noted)
            await execute(connection, SQL.note_failing, delivery.webhook_id)
            await self._disable(connection, delivery.webhook_id, disable)

    async def _disable(self, connection: Connection, webhook: UUID, reason: DisableReason) -> None:
        row = await fetch_one(connection, WebhookRow, SQL.disable, webhook, reason, self._disable_after)
        if row is None:
            return
        await execute(connection, SQL.give_up_waiting, webhook)
        await notify_webhook_disabled(connection, person=row.person, webhook=webhook)
        _disabled.labels(reason).inc()
        _log.warning("webhook disabled", webhook=str(webhook), reason=reason)


def signed_headers(secrets: list[str], message: UUID, body: str) -> dict[str, str]:
    """As Standard Webhooks has them: one signature for each secret that is valid."""
    message_id, now = f"msg_{message.hex}", datetime.now(UTC)
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(message_id, now, body) for secret in secrets),
    }
