"""People's webhooks and their messages, as PostgreSQL has them. Every method raises `StoreUnavailable`."""

import base64
import os
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

import msgspec
from msgspec import UNSET

from collab_document.idempotency import Idempotency
from collab_document.rules import expected_versions, parse_key, require_version
from collab_document.webhooks.events import MAX_WAITING, message
from collab_document.webhooks.problems import (
    DeliveryPending,
    NoSuchDelivery,
    NoSuchWebhook,
    TooManyWebhooks,
    WebhookDisabled,
)
from collab_document.webhooks.queries import SQL, DeliveryRow, ExportRow, WebhookRow
from collab_document.webhooks.schemas import NewWebhook, WebhookChange
from collab_kit.database import Connection, Database, execute, fetch_all, fetch_one, fetch_row
from collab_kit.sealing import SealBroken, Sealer

__all__ = ["MAX_WEBHOOKS", "OLD_SECRET_LIFE", "Webhooks", "export", "forget"]

MAX_WEBHOOKS: Final = 20
"""Of one person."""
OLD_SECRET_LIFE: Final = timedelta(hours=24)
_SECRET_BYTES: Final = 32


class Webhooks:
    def __init__(self, database: Database, sealer: Sealer, idempotency: Idempotency) -> None:
        self._database = database
        self._sealer = sealer
        self._idempotency = idempotency

    async def create(self, person: UUID, new: NewWebhook, *, key: str | None) -> tuple[WebhookRow, str]:
        """The webhook and its secret, which cannot be had again, except by who repeats the request with its key.

        Raises `InvalidRequest`, `IdempotencyKeyReused`, `TooManyWebhooks`, `NoSuchWebhook` (deleted since).
        """
        key = parse_key(key)
        identity, secret = uuid4(), _new_secret()
        sealed = self._sealer.seal(secret.encode(), context=identity.bytes)
        async with self._database.transaction() as connection:
            made = await self._idempotency.begin(connection, person, key, operation="create webhook", body=new)
            if made is not None:
                return await self._made_before(connection, person, made)
            await execute(connection, SQL.lock_person, person)
            row = await fetch_one(
                connection,
                WebhookRow,
                SQL.insert_webhook,
                identity,
                person,
                new.url,
                new.events,
                new.reach,
                sealed,
                MAX_WEBHOOKS,
            )
            if row is None:
                raise TooManyWebhooks(f"At most {MAX_WEBHOOKS}.")
            await self._idempotency.finish(connection, person, key, identity)
        return row, secret

    async def all(self, person: UUID) -> list[WebhookRow]:
        return await self._database.fetch_all(WebhookRow, SQL.list_webhooks, person, MAX_WEBHOOKS)

    async def get(self, person: UUID, webhook: UUID) -> WebhookRow:
        """Raises `NoSuchWebhook`."""
        row = await self._database.fetch_one(WebhookRow, SQL.find_webhook, person, webhook)
        if row is None:
            raise NoSuchWebhook
        return row

    async def update(self, person: UUID, webhook: UUID, change: WebhookChange, *, if_match: str | None) -> WebhookRow:
        """Raises `NoSuchWebhook`, `PreconditionFailed`."""
        expected = expected_versions(if_match)
        async with self._database.transaction() as connection:
            row = await fetch_one(connection, WebhookRow, SQL.lock_webhook, person, webhook)
            if row is None:
                raise NoSuchWebhook
            require_version(expected, row.version)
            enabled = row.disabled_at is None if change.enabled is UNSET else change.enabled
            changed = await fetch_row(
                connection,
                WebhookRow,
                SQL.update_webhook,
                webhook,
                row.url if change.url is UNSET else change.url,
                row.events if change.events is UNSET else change.events,
                row.reach if change.reach is UNSET else change.reach,
                enabled,
            )
            if not enabled:
                await execute(connection, SQL.give_up_waiting, webhook)
            return changed

    async def delete(self, person: UUID, webhook: UUID) -> None:
        """Raises `NoSuchWebhook`."""
        if not await self._database.execute(SQL.delete_webhook, person, webhook):
            raise NoSuchWebhook

    async def rotate(self, person: UUID, webhook: UUID) -> tuple[WebhookRow, str]:
        """Another secret; the one before stays valid for `OLD_SECRET_LIFE`. Raises `NoSuchWebhook`."""
        secret = _new_secret()
        sealed = self._sealer.seal(secret.encode(), context=webhook.bytes)
        row = await self._database.fetch_one(WebhookRow, SQL.rotate_secret, person, webhook, sealed, OLD_SECRET_LIFE)
        if row is None:
            raise NoSuchWebhook
        return row, secret

    async def test(self, person: UUID, webhook: UUID) -> DeliveryRow:
        """Queue a message that says it is one. Raises `NoSuchWebhook`, `WebhookDisabled`, `DeliveryPending`."""
        await self._require_enabled(person, webhook)
        body = message("webhook.test", {"webhook": webhook})
        row = await self._database.fetch_one(
            DeliveryRow, SQL.insert_test, webhook, uuid4(), "webhook.test", body, MAX_WAITING
        )
        if row is None:
            raise DeliveryPending(f"{MAX_WAITING} messages wait to be delivered already.")
        return row

    async def deliveries(self, person: UUID, webhook: UUID, *, before: UUID, limit: int) -> list[DeliveryRow]:
        """Newest first. Raises `NoSuchWebhook`."""
        await self.get(person, webhook)
        return await self._database.fetch_all(DeliveryRow, SQL.list_deliveries, webhook, before, limit)

    async def redeliver(self, person: UUID, webhook: UUID, delivery: UUID) -> DeliveryRow:
        """Begin again with a message that was delivered or given up.

        Raises `NoSuchWebhook`, `NoSuchDelivery`, `WebhookDisabled`, `DeliveryPending`.
        """
        await self._require_enabled(person, webhook)
        row = await self._database.fetch_one(DeliveryRow, SQL.redeliver, webhook, delivery)
        if row is not None:
            return row
        if await self._database.fetch_one(DeliveryRow, SQL.find_delivery, webhook, delivery) is None:
            raise NoSuchDelivery
        raise DeliveryPending

    async def _made_before(self, connection: Connection, person: UUID, webhook: UUID) -> tuple[WebhookRow, str]:
        row = await fetch_one(connection, WebhookRow, SQL.find_webhook, person, webhook)
        if row is None:
            raise NoSuchWebhook
        try:
            return row, self._sealer.open(row.secret, context=webhook.bytes).decode()
        except SealBroken:
            raise NoSuchWebhook("Its secret cannot be read any more: rotate it.") from None

    async def _require_enabled(self, person: UUID, webhook: UUID) -> None:
        row = await self.get(person, webhook)
        if row.disabled_at is not None:
            raise WebhookDisabled("Enable it first.")


async def forget(connection: Connection, person: UUID) -> None:
    """What is kept of a person whose account is erased goes, in the caller's transaction."""
    await execute(connection, SQL.forget_person, person)
    await execute(connection, SQL.forget_edits, person)


async def export(connection: Connection, person: UUID) -> list[dict[str, object]]:
    """What is kept of a person, without secrets."""
    rows = await fetch_all(connection, ExportRow, SQL.export_person, person)
    return [msgspec.to_builtins(row) for row in rows]


def _new_secret() -> str:
    """As Standard Webhooks writes them."""
    return "whsec_" + base64.b64encode(os.urandom(_SECRET_BYTES)).decode()
