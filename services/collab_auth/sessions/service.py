"""Ending sessions, one's own and, when an account may no longer be used, all of them."""

from uuid import UUID

from collab_auth.audit.store import Audit, AuditEntry
from collab_auth.device import Device
from collab_auth.problems import NoSuchSession
from collab_auth.sessions.liveness import Liveness
from collab_auth.sessions.store import EndReason, LivingSession, SessionStore
from collab_kit.database import Connection, Database
from collab_kit.guard import Principal

__all__ = ["Sessions"]


class Sessions:
    """Every method raises `StoreUnavailable`."""

    def __init__(self, *, database: Database, store: SessionStore, liveness: Liveness, audit: Audit) -> None:
        self._database = database
        self._store = store
        self._liveness = liveness
        self._audit = audit

    async def page(self, account: UUID, *, before: UUID, limit: int) -> list[LivingSession]:
        """Newest first."""
        return await self._store.living(account, before=before, limit=limit)

    async def end(self, principal: Principal, session: UUID, device: Device) -> None:
        """Raises `NoSuchSession`, for somebody else's too."""
        async with self._database.transaction() as connection:
            if not await self._store.end(connection, principal.id, session):
                raise NoSuchSession
            entry = AuditEntry(
                event="session.ended",
                account=principal.id,
                actor=principal.id,
                device=device,
                detail={"session": str(session), "reason": "revoked"},
            )
            await self._audit.record(entry, connection)
        self.forget()

    async def end_others(self, principal: Principal, device: Device) -> None:
        """End all of a person's sessions but the one they do it from."""
        async with self._database.transaction() as connection:
            ended = await self.end_all(connection, principal.id, reason="revoked", but=principal.session_id)
            entry = AuditEntry(
                event="sessions.ended",
                account=principal.id,
                actor=principal.id,
                device=device,
                detail={"sessions": ended, "reason": "revoked"},
            )
            await self._audit.record(entry, connection)
        self.forget()

    async def end_all(
        self, connection: Connection, account: UUID, *, reason: EndReason, but: UUID | None = None
    ) -> int:
        """End them in the transaction of `connection`; call `forget` once that is committed. The answer is how many."""
        return await self._store.end_all(connection, account, reason=reason, but=but)

    def forget(self) -> None:
        """What has been ended is asked for anew."""
        self._liveness.forget()
