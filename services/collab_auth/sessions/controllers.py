"""One's sessions over HTTP."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, delete, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from collab_auth.device import device_of
from collab_auth.paging import Limit, after_of, cursor_of
from collab_auth.problems import NoSuchSession
from collab_auth.sessions.schemas import SessionInfo, SessionPage
from collab_auth.sessions.service import Sessions
from collab_kit.errors import StoreUnavailable, Unauthenticated, problem_responses
from collab_kit.guard import BEARER_SECURITY, Caller, SessionsOnly

__all__ = ["SessionsController"]

_CURSOR = "sessions"


class SessionsController(Controller):
    path = "/api/auth/sessions"
    tags = ("sessions",)
    security = BEARER_SECURITY

    @get(
        "/",
        operation_id="listSessions",
        responses=problem_responses(Unauthenticated, SessionsOnly, StoreUnavailable),
    )
    async def page(
        self,
        principal: Caller,
        sessions: NamedDependency[Sessions],
        cursor: FromQuery[str | None] = None,
        limit: Limit = 50,
    ) -> SessionPage:
        """Where one is signed in, newest first."""
        found = await sessions.page(principal.id, before=after_of(_CURSOR, cursor), limit=limit + 1)
        items = [
            SessionInfo(
                id=each.id,
                current=each.id == principal.session_id,
                created_at=each.created_at,
                last_used_at=each.last_used_at,
                address=each.address,
                user_agent=each.user_agent,
            )
            for each in found[:limit]
        ]
        return SessionPage(items, cursor_of(_CURSOR, items[-1].id) if len(found) > limit else None)

    @delete(
        "/{session_id:uuid}",
        operation_id="endSession",
        responses=problem_responses(Unauthenticated, SessionsOnly, NoSuchSession, StoreUnavailable),
    )
    async def end(
        self,
        session_id: FromPath[UUID],
        principal: Caller,
        sessions: NamedDependency[Sessions],
        request: Request[Any, Any, Any],
    ) -> None:
        """Sign out somewhere else, or here."""
        await sessions.end(principal, session_id, device_of(request))

    @delete(
        "/",
        operation_id="endOtherSessions",
        responses=problem_responses(Unauthenticated, SessionsOnly, StoreUnavailable),
    )
    async def end_others(
        self, principal: Caller, sessions: NamedDependency[Sessions], request: Request[Any, Any, Any]
    ) -> None:
        """Sign out everywhere else."""
        await sessions.end_others(principal, device_of(request))
