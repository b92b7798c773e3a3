"""Notifications over HTTP: each person's own."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody, QueryParameter

from collab_document.authors import present_author
from collab_document.id_pages import AFTER_ALL, decode_id_cursor, encode_id_cursor
from collab_document.notifications.schemas import (
    MarkRead,
    Notification,
    NotificationCount,
    NotificationPage,
    Subject,
)
from collab_document.notifications.store import Notifications, StoredNotification
from collab_document.people import People, Profile
from collab_kit.errors import FieldError, InvalidRequest, StoreUnavailable, Unauthenticated, problem_responses
from collab_kit.guard import BEARER_SECURITY, Caller, ScopeMissing

__all__ = ["NotificationsController"]

_ALWAYS = (Unauthenticated, ScopeMissing, StoreUnavailable)
_CURSOR = "notifications"
Limit = Annotated[int, QueryParameter(ge=1, le=100, description="Notifications on a page.")]


class NotificationsController(Controller):
    path = "/api/documents/notifications"
    tags = ("notifications",)
    security = BEARER_SECURITY

    @get("/", operation_id="listNotifications", responses=problem_responses(*_ALWAYS))
    async def page(
        self,
        principal: Caller,
        notifications: NamedDependency[Notifications],
        people: NamedDependency[People],
        *,
        cursor: FromQuery[str | None] = None,
        unread: FromQuery[bool] = False,
        limit: Limit = 50,
    ) -> NotificationPage:
        """What others did that concerns one, newest first; kept for ninety days."""
        before = decode_id_cursor(_CURSOR, cursor, first=AFTER_ALL)
        found = await notifications.page(principal.id, before=before, unread=unread, limit=limit + 1)
        page = found[:limit]
        profiles = await people.find(row.actor for row in page if row.actor is not None)
        following = encode_id_cursor(_CURSOR, page[-1].id) if len(found) > limit else None
        return NotificationPage([_present(row, profiles) for row in page], following)

    @get("/count", operation_id="countNotifications", responses=problem_responses(*_ALWAYS))
    async def count(
        self, principal: Caller, notifications: NamedDependency[Notifications]
    ) -> Response[NotificationCount]:
        """How many are unread."""
        return await _count(principal, notifications)

    @post("/read", operation_id="markNotificationsRead", status_code=200, responses=problem_responses(*_ALWAYS))
    async def read(
        self, data: JSONBody[MarkRead], principal: Caller, notifications: NamedDependency[Notifications]
    ) -> Response[NotificationCount]:
        """Mark some as read, or all that there are now. Ids of others' are passed over."""
        if data.all == bool(data.ids):
            error = FieldError("ids", "Expected either some ids, or all as true.")
            raise InvalidRequest("It is not clear which.", errors=[error])
        if data.all:
            await notifications.mark_all_read(principal.id)
        else:
            await notifications.mark_read(principal.id, data.ids)
        return await _count(principal, notifications)


async def _count(principal: Caller, notifications: Notifications) -> Response[NotificationCount]:
    unread = await notifications.count_unread(principal.id)
    return Response(NotificationCount(unread), headers={"Cache-Control": "no-store"})


def _present(row: StoredNotification, profiles: dict[UUID, Profile]) -> Notification:
    return Notification(
        id=row.id,
        kind=row.kind,
        actor=None if row.actor is None else present_author(row.actor, profiles, guest_name=row.guest_name),
        document=None if row.document_id is None else Subject(id=row.document_id, title=row.title or ""),
        thread=row.thread_id,
        comment=row.comment_id,
        webhook=row.webhook_id,
        excerpt=row.excerpt,
        read=row.read_at is not None,
        created_at=row.created_at,
    )
