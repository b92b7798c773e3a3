"""Puts comments, notifications, webhooks and attachments together, for `app.create` to take into the service."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Final

from litestar.types import ControllerRouterHandler
from msgspec import Struct

from collab_document.access import Access
from collab_document.attachments.controllers import AttachmentsController, LinkedAttachmentsController
from collab_document.attachments.objects import BucketSettings, Objects
from collab_document.attachments.service import Attachments
from collab_document.attachments.store import AttachmentStore, Quotas
from collab_document.comments.controllers import CommentsController, LinkedCommentsController
from collab_document.comments.store import Comments
from collab_document.idempotency import Idempotency
from collab_document.notifications.controllers import NotificationsController
from collab_document.notifications.mailing import Mailing
from collab_document.notifications.store import Notifications
from collab_document.settings import DocumentSettings
from collab_document.webhooks.controllers import AddressPolicy, WebhooksController
from collab_document.webhooks.delivery import Deliveries
from collab_document.webhooks.owners import Owners
from collab_document.webhooks.sending import Sender
from collab_document.webhooks.store import Webhooks
from collab_kit.database import Database
from collab_kit.events import DocumentEdited, Event, Publisher
from collab_kit.http import Peer
from collab_kit.sealing import Sealer
from collab_kit.tasks import background, periodically

__all__ = ["Talk", "wire_talk"]

_DELIVER_INTERVAL_S: Final = 1.0
_MAIL_INTERVAL_S: Final = 5.0
_SWEEP_INTERVAL_S: Final = 60.0
_PURGE_INTERVAL_S: Final = 3600.0


class Talk(Struct, frozen=True):
    """What `create_app` is to be given beside the rest, and what is to hear of events."""

    route_handlers: list[ControllerRouterHandler]
    dependencies: dict[str, object]
    lifespan: list[AbstractAsyncContextManager[object]]
    on_event: Callable[[Event], Awaitable[None]]
    attachments: Attachments


def wire_talk(
    settings: DocumentSettings,
    database: Database,
    events: Publisher,
    idempotency: Idempotency,
    *,
    users: Peer,
    auth: Peer,
) -> Talk:
    """Raises `SettingsError` when the signing key is not one."""
    access = Access(database)
    comments = Comments(database, events, idempotency)
    notifications = Notifications(database)
    mailing = Mailing(
        notifications,
        users=users,
        auth=auth,
        public_url=settings.public_url,
        delay=timedelta(seconds=settings.notification_mail_delay_s),
    )
    sealer = Sealer(settings.signing_key, purpose="document/webhook-secrets")
    webhooks = Webhooks(database, sealer, idempotency)
    sender = Sender(ca_file=settings.ca_file, allow_private=settings.webhook_private_networks)
    deliveries = Deliveries(
        database,
        sealer,
        sender,
        Owners(users),
        edit_quiet=timedelta(seconds=settings.webhook_edit_quiet_s),
        disable_after=timedelta(days=settings.webhook_disable_days),
    )
    policy = AddressPolicy(
        allow_http=settings.webhook_http,
        allow_private=settings.webhook_private_networks,
    )
    quotas = Quotas(document=settings.attachment_document_bytes, owner=settings.attachment_owner_bytes)
    attachments = Attachments(
        AttachmentStore(database, idempotency, quotas),
        access,
        events,
        _objects(settings),
        max_bytes=settings.attachment_max_bytes,
    )

    async def on_event(event: Event) -> None:
        if isinstance(event, DocumentEdited):
            await deliveries.on_edit(event)

    async def purge() -> None:
        await notifications.purge()
        await deliveries.purge()

    work = {
        "webhooks": periodically(deliveries.run_due, interval_s=_DELIVER_INTERVAL_S, name="webhooks"),
        "notification-mails": periodically(mailing.send_due, interval_s=_MAIL_INTERVAL_S, name="notification-mails"),
        "attachments": periodically(attachments.sweep, interval_s=_SWEEP_INTERVAL_S, name="attachments"),
        "talk-purge": periodically(purge, interval_s=_PURGE_INTERVAL_S, name="talk-purge"),
    }
    return Talk(
        route_handlers=[
            CommentsController,
            LinkedCommentsController,
            NotificationsController,
            WebhooksController,
            AttachmentsController,
            LinkedAttachmentsController,
        ],
        dependencies={
            "comments": comments,
            "notifications": notifications,
            "webhooks": webhooks,
            "address_policy": policy,
            "attachments": attachments,
        },
        lifespan=[sender, *(background(each, name=name) for name, each in work.items())],
        on_event=on_event,
        attachments=attachments,
    )


def _objects(settings: DocumentSettings) -> Objects | None:
    if settings.s3_endpoint is None or settings.s3_bucket is None:
        return None
    bucket = BucketSettings(
        endpoint=settings.s3_endpoint,
        public_url=settings.s3_public_url or settings.public_url,
        bucket=settings.s3_bucket,
        region=settings.s3_region,
        access_key=settings.s3_access_key,
        secret_key=settings.s3_secret_key,
        ca_file=settings.ca_file,
    )
    return Objects(bucket)
