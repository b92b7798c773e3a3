"""Whether a session goes on: asked of PostgreSQL, and remembered for a moment, since the gateway asks often."""

import time
from collections.abc import Callable
from uuid import UUID

from collab_auth.sessions.store import SessionStore

__all__ = ["Liveness"]

REMEMBER_S = 2.0
"""How long a session that was ended elsewhere may go on here."""
_MAX_REMEMBERED = 10_000


class Liveness:
    def __init__(self, store: SessionStore, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        # In the order of asking: what is oldest comes first, and goes first.
        self._asked_at: dict[tuple[UUID, UUID, bool], float] = {}

    async def is_living(self, session: UUID, account: UUID, *, as_admin: bool) -> bool:
        """Raises `StoreUnavailable`. Only a yes is remembered: a session that has ended does not come back."""
        key = (session, account, as_admin)
        asked_at = self._asked_at.get(key)
        now = self._clock()
        if asked_at is not None and now - asked_at < REMEMBER_S:
            return True
        self._asked_at.pop(key, None)
        if not await self._store.is_living(session, account, as_admin=as_admin):
            return False
        self._trim(now)
        self._asked_at.pop(key, None)
        self._asked_at[key] = now
        return True

    def forget(self) -> None:
        """Ask anew from now on: something ended here."""
        self._asked_at.clear()

    def _trim(self, now: float) -> None:
        for key, asked_at in list(self._asked_at.items()):
            if len(self._asked_at) < _MAX_REMEMBERED and now - asked_at < REMEMBER_S:
                return
            del self._asked_at[key]
