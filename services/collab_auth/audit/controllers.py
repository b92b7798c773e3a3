"""The audit log over HTTP: one's own entries, and for administrators everybody's."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from collab_auth.audit.events import AuditEvent
from collab_auth.audit.schemas import AuditItem, AuditPage
from collab_auth.audit.store import Audit, AuditRow
from collab_auth.paging import Limit, after_of, cursor_of
from collab_kit.errors import StoreUnavailable, Unauthenticated, problem_responses
from collab_kit.guard import BEARER_SECURITY, AdminsOnly, Caller, SessionsOnly, require_admin

__all__ = ["AuditController"]

_CURSOR = "audit"


class AuditController(Controller):
    path = "/api/auth/audit"
    tags = ("audit",)
    security = BEARER_SECURITY

    @get("/", operation_id="listAudit", responses=problem_responses(Unauthenticated, SessionsOnly, StoreUnavailable))
    async def own(
        self,
        principal: Caller,
        audit: NamedDependency[Audit],
        cursor: FromQuery[str | None] = None,
        limit: Limit = 50,
    ) -> AuditPage:
        """What was done to one's own account, newest first."""
        before = after_of(_CURSOR, cursor)
        return _page(await audit.page(account=principal.id, event=None, before=before, limit=limit + 1), limit)

    @get(
        "/all",
        operation_id="listAllAudit",
        responses=problem_responses(Unauthenticated, SessionsOnly, AdminsOnly, StoreUnavailable),
    )
    async def everybodys(
        self,
        principal: Caller,
        audit: NamedDependency[Audit],
        account: FromQuery[UUID | None] = None,
        event: FromQuery[AuditEvent | None] = None,
        cursor: FromQuery[str | None] = None,
        *,
        limit: Limit = 50,
    ) -> AuditPage:
        """What was done to all accounts, or to one, newest first; administrators."""
        require_admin(principal)
        before = after_of(_CURSOR, cursor)
        return _page(await audit.page(account=account, event=event, before=before, limit=limit + 1), limit)


def _page(found: list[AuditRow], limit: int) -> AuditPage:
    items = [_present(row) for row in found[:limit]]
    return AuditPage(items, cursor_of(_CURSOR, items[-1].id) if len(found) > limit else None)


def _present(row: AuditRow) -> AuditItem:
    return AuditItem(
        id=row.id,
        event=row.event,
        account=row.account,
        actor=row.actor,
        address=row.address,
        user_agent=row.user_agent,
        at=row.at,
        detail=msgspec.json.decode(row.detail, type=dict[str, Any]),
    )
