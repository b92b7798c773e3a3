"""What the webhooks' interface reads and answers."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from collab_document.webhooks.rules import EventName

__all__ = [
    "Delivery",
    "DeliveryPage",
    "DeliveryState",
    "DisableReason",
    "NewSecret",
    "NewWebhook",
    "Reach",
    "Webhook",
    "WebhookChange",
    "WebhookList",
    "WebhookWithSecret",
]

Url = Annotated[str, Meta(max_length=2000, description="An https address.", examples=["https://example.org/hook"])]
Events = Annotated[list[EventName], Meta(max_length=20)]
Reach = Literal["owned", "editable"]
WhichReach = Annotated[
    Reach, Meta(description="Events of the documents one owns, or of all that one owns or may edit.")
]
DisableReason = Literal["by-owner", "failing", "gone", "secret-unreadable", "owner-changed"]
DeliveryState = Literal["pending", "delivered", "failed"]
SigningSecret = Annotated[
    str, Meta(description="What messages are signed with (Standard Webhooks); shown this once.", examples=["whsec_…"])
]


class NewWebhook(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    url: Url
    events: Events
    reach: WhichReach = "owned"


class WebhookChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays as it is."""

    url: Url | UnsetType = UNSET
    events: Events | UnsetType = UNSET
    reach: WhichReach | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


class Webhook(Struct, frozen=True, kw_only=True):
    """`version` is its ETag; `failing_since` the first failure since something was last delivered."""

    id: UUID
    url: str
    events: list[EventName]
    reach: Reach
    enabled: bool
    disable_reason: DisableReason | None
    failing_since: datetime | None
    created_at: datetime
    version: int


class WebhookWithSecret(Webhook, frozen=True, kw_only=True):
    secret: SigningSecret


class WebhookList(Struct, frozen=True):
    items: list[Webhook]


class NewSecret(Struct, frozen=True, kw_only=True):
    """Until `old_valid_until` messages carry the signatures of both secrets."""

    secret: SigningSecret
    old_valid_until: datetime


class Delivery(Struct, frozen=True, kw_only=True):
    """One message to one webhook. `status`, `latency_ms`, `error` and `response_excerpt` are of the last attempt."""

    id: UUID
    message_id: UUID
    event: str
    state: DeliveryState
    attempts: int
    created_at: datetime
    last_attempt_at: datetime | None
    next_attempt_at: datetime | None
    status: int | None
    latency_ms: int | None
    error: str | None
    response_excerpt: str | None
    body: str


class DeliveryPage(Struct, frozen=True):
    """`next_cursor` is what to ask for the next page with, and `null` on the last."""

    items: list[Delivery]
    next_cursor: str | None
