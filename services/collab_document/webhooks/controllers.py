"""Webhooks over HTTP: each person's own."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import UNSET, Struct, structs

from collab_document.headers import ETAG, IdempotencyKey, IfMatch, tagged
from collab_document.id_pages import AFTER_ALL, decode_id_cursor, encode_id_cursor
from collab_document.problems import IdempotencyKeyReused, PreconditionFailed
from collab_document.rules import etag_of
from collab_document.webhooks.problems import (
    DeliveryPending,
    NoSuchDelivery,
    NoSuchWebhook,
    TooManyWebhooks,
    WebhookDisabled,
)
from collab_document.webhooks.queries import DeliveryRow, WebhookRow
from collab_document.webhooks.rules import PAGE_LIMIT_MAX, parse_events, parse_url
from collab_document.webhooks.schemas import (
    Delivery,
    DeliveryPage,
    NewSecret,
    NewWebhook,
    Webhook,
    WebhookChange,
    WebhookList,
    WebhookWithSecret,
)
from collab_document.webhooks.store import Webhooks
from collab_kit.errors import StoreUnavailable, Unauthenticated, problem_responses
from collab_kit.guard import BEARER_SECURITY, Caller, ScopeMissing

__all__ = ["AddressPolicy", "WebhooksController"]

_ALWAYS = (Unauthenticated, ScopeMissing, StoreUnavailable)
_CURSOR = "deliveries"
Limit = Annotated[int, QueryParameter(ge=1, le=PAGE_LIMIT_MAX, description="Deliveries on a page.")]


class AddressPolicy(Struct, frozen=True):
    """Which addresses this installation delivers to."""

    allow_http: bool
    allow_private: bool

    def parse(self, url: str) -> str:
        """Raises `InvalidRequest`."""
        return parse_url(url, allow_http=self.allow_http, allow_private=self.allow_private)


class WebhooksController(Controller):
    path = "/api/documents/webhooks"
    tags = ("webhooks",)
    security = BEARER_SECURITY

    @get("/", operation_id="listWebhooks", responses=problem_responses(*_ALWAYS))
    async def all(self, principal: Caller, webhooks: NamedDependency[Webhooks]) -> WebhookList:
        """One's webhooks, oldest first."""
        return WebhookList([_present(row) for row in await webhooks.all(principal.id)])

    @post(
        "/",
        operation_id="createWebhook",
        response_headers=[ETAG],
        responses=problem_responses(TooManyWebhooks, IdempotencyKeyReused, NoSuchWebhook, *_ALWAYS),
    )
    async def create(
        self,
        data: JSONBody[NewWebhook],
        principal: Caller,
        webhooks: NamedDependency[Webhooks],
        address_policy: NamedDependency[AddressPolicy],
        idempotency_key: IdempotencyKey = None,
    ) -> Response[WebhookWithSecret]:
        """Have messages sent to an address. Their signing secret is in this answer, and never again."""
        new = structs.replace(data, url=address_policy.parse(data.url), events=parse_events(data.events))
        row, secret = await webhooks.create(principal.id, new, key=idempotency_key)
        made = WebhookWithSecret(**structs.asdict(_present(row)), secret=secret)
        return Response(made, headers={"ETag": etag_of(row.version), "Cache-Control": "no-store"})

    @get(
        "/{webhook_id:uuid}",
        operation_id="getWebhook",
        response_headers=[ETAG],
        responses=problem_responses(NoSuchWebhook, *_ALWAYS),
    )
    async def one(
        self, webhook_id: FromPath[UUID], principal: Caller, webhooks: NamedDependency[Webhooks]
    ) -> Response[Webhook]:
        """One webhook."""
        return _answer(await webhooks.get(principal.id, webhook_id))

    @patch(
        "/{webhook_id:uuid}",
        operation_id="updateWebhook",
        response_headers=[ETAG],
        responses=problem_responses(NoSuchWebhook, PreconditionFailed, *_ALWAYS),
    )
    async def update(
        self,
        webhook_id: FromPath[UUID],
        data: JSONBody[WebhookChange],
        principal: Caller,
        webhooks: NamedDependency[Webhooks],
        address_policy: NamedDependency[AddressPolicy],
        *,
        if_match: IfMatch = None,
    ) -> Response[Webhook]:
        """Change a webhook, or enable one again. What waits for one that is disabled is given up."""
        url = data.url if data.url is UNSET else address_policy.parse(data.url)
        events = data.events if data.events is UNSET else parse_events(data.events)
        change = structs.replace(data, url=url, events=events)
        return _answer(await webhooks.update(principal.id, webhook_id, change, if_match=if_match))

    @delete("/{webhook_id:uuid}", operation_id="deleteWebhook", responses=problem_responses(NoSuchWebhook, *_ALWAYS))
    async def remove(self, webhook_id: FromPath[UUID], principal: Caller, webhooks: NamedDependency[Webhooks]) -> None:
        """Delete a webhook and its log."""
        await webhooks.delete(principal.id, webhook_id)

    @post(
        "/{webhook_id:uuid}/secret",
        operation_id="rotateWebhookSecret",
        status_code=200,
        responses=problem_responses(NoSuchWebhook, *_ALWAYS),
    )
    async def rotate(
        self, webhook_id: FromPath[UUID], principal: Caller, webhooks: NamedDependency[Webhooks]
    ) -> Response[NewSecret]:
        """Another signing secret. For a day messages are signed with the one before as well."""
        row, secret = await webhooks.rotate(principal.id, webhook_id)
        valid_until = row.old_secret_until or row.created_at
        return Response(NewSecret(secret=secret, old_valid_until=valid_until), headers={"Cache-Control": "no-store"})

    @post(
        "/{webhook_id:uuid}/test",
        operation_id="testWebhook",
        status_code=202,
        responses=problem_responses(NoSuchWebhook, WebhookDisabled, DeliveryPending, *_ALWAYS),
    )
    async def test(
        self, webhook_id: FromPath[UUID], principal: Caller, webhooks: NamedDependency[Webhooks]
    ) -> Delivery:
        """Send a message of the type `webhook.test`; the log of deliveries tells how that went."""
        return _present_delivery(await webhooks.test(principal.id, webhook_id))

    @get(
        "/{webhook_id:uuid}/deliveries",
        operation_id="listWebhookDeliveries",
        responses=problem_responses(NoSuchWebhook, *_ALWAYS),
    )
    async def deliveries(
        self,
        webhook_id: FromPath[UUID],
        principal: Caller,
        webhooks: NamedDependency[Webhooks],
        cursor: FromQuery[str | None] = None,
        limit: Limit = 50,
    ) -> DeliveryPage:
        """What was and is to be delivered, newest first; kept for thirty days."""
        before = decode_id_cursor(_CURSOR, cursor, first=AFTER_ALL)
        found = await webhooks.deliveries(principal.id, webhook_id, before=before, limit=limit + 1)
        page = found[:limit]
        following = encode_id_cursor(_CURSOR, page[-1].id) if len(found) > limit else None
        return DeliveryPage([_present_delivery(row) for row in page], following)

    @post(
        "/{webhook_id:uuid}/deliveries/{delivery_id:uuid}/redeliver",
        operation_id="redeliverWebhookMessage",
        status_code=202,
        responses=problem_responses(NoSuchWebhook, NoSuchDelivery, WebhookDisabled, DeliveryPending, *_ALWAYS),
    )
    async def redeliver(
        self,
        webhook_id: FromPath[UUID],
        delivery_id: FromPath[UUID],
        principal: Caller,
        webhooks: NamedDependency[Webhooks],
    ) -> Delivery:
        """Deliver a message again, under the same message id."""
        return _present_delivery(await webhooks.redeliver(principal.id, webhook_id, delivery_id))


def _answer(row: WebhookRow) -> Response[Webhook]:
    return tagged((_present(row), row.version))


def _present(row: WebhookRow) -> Webhook:
    return Webhook(
        id=row.id,
        url=row.url,
        events=row.events,
        reach=row.reach,
        enabled=row.disabled_at is None,
        disable_reason=row.disable_reason,
        failing_since=row.failing_since,
        created_at=row.created_at,
        version=row.version,
    )


def _present_delivery(row: DeliveryRow) -> Delivery:
    return Delivery(
        id=row.id,
        message_id=row.message_id,
        event=row.event,
        state=row.state,
        attempts=row.attempts,
        created_at=row.created_at,
        last_attempt_at=row.last_attempt_at,
        next_attempt_at=row.next_attempt_at if row.state == "pending" else None,
        status=row.status,
        latency_ms=row.latency_ms,
        error=row.error,
        response_excerpt=row.response_excerpt,
        body=row.body,
    )
