"""The queries of `queries.sql` by name, and the rows they answer with."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from collab_document.webhooks.rules import EventName
from collab_document.webhooks.schemas import DeliveryState, DisableReason, Reach
from collab_kit.database import load_queries

__all__ = [
    "SQL",
    "ClaimedDelivery",
    "ClaimedEdit",
    "DeliveryCounts",
    "DeliveryRow",
    "ExportRow",
    "IdRow",
    "TitleRow",
    "WebhookRow",
]


class Queries(Struct, frozen=True, kw_only=True):
    lock_person: str
    insert_webhook: str
    list_webhooks: str
    find_webhook: str
    lock_webhook: str
    update_webhook: str
    delete_webhook: str
    rotate_secret: str
    give_up_waiting: str
    find_listeners: str
    find_title: str
    insert_deliveries: str
    insert_test: str
    list_deliveries: str
    find_delivery: str
    redeliver: str
    claim_deliveries: str
    put_back: str
    note_success: str
    note_working: str
    note_failure: str
    note_failing: str
    disable: str
    note_edit: str
    claim_edits: str
    purge_deliveries: str
    count_deliveries: str
    forget_person: str
    forget_edits: str
    export_person: str


class WebhookRow(Struct, frozen=True, kw_only=True):
    id: UUID
    person: UUID
    url: str
    events: list[EventName]
    reach: Reach
    secret: bytes
    old_secret: bytes | None
    old_secret_until: datetime | None
    created_at: datetime
    confirmed_at: datetime
    version: int
    failing_since: datetime | None
    disabled_at: datetime | None
    disable_reason: DisableReason | None


class DeliveryRow(Struct, frozen=True, kw_only=True):
    id: UUID
    webhook_id: UUID
    message_id: UUID
    event: str
    body: str
    state: DeliveryState
    attempts: int
    created_at: datetime
    next_attempt_at: datetime
    last_attempt_at: datetime | None
    status: int | None
    latency_ms: int | None
    error: str | None
    response_excerpt: str | None


class ClaimedDelivery(Struct, frozen=True, kw_only=True):
    id: UUID
    webhook_id: UUID
    message_id: UUID
    body: str
    attempts: int
    person: UUID
    confirmed_at: datetime
    url: str
    secret: bytes
    old_secret: bytes | None


class ClaimedEdit(Struct, frozen=True, kw_only=True):
    document_id: UUID
    person: UUID


class DeliveryCounts(Struct, frozen=True, kw_only=True):
    due: int
    waiting: int


class ExportRow(Struct, frozen=True, kw_only=True):
    id: UUID
    url: str
    events: list[EventName]
    reach: Reach
    created_at: datetime
    disabled_at: datetime | None


class IdRow(Struct, frozen=True):
    id: UUID


class TitleRow(Struct, frozen=True):
    title: str


SQL = load_queries(Queries, __package__ or "collab_document.webhooks")
