"""A session's yes is remembered for a moment, its no never."""

from uuid import UUID, uuid4

import pytest

from collab_auth.sessions import liveness
from collab_auth.sessions.liveness import REMEMBER_S, Liveness
from collab_auth.sessions.store import SessionStore

ACCOUNT = UUID(int=1)


class CountingStore(SessionStore):
    """Answers as it is told, and counts how often it is asked."""

    def __init__(self) -> None:
        self.goes_on = True
        self.asked = 0

    async def is_living(self, session: UUID, account: UUID, *, as_admin: bool) -> bool:
        self.asked += 1
        assert account == ACCOUNT
        return self.goes_on and session != ACCOUNT and not as_admin


async def test_asked_once_in_a_while():
    now, store, session = 0.0, CountingStore(), uuid4()
    alive = Liveness(store, clock=lambda: now)
    for _ in range(3):
        assert await alive.is_living(session, ACCOUNT, as_admin=False)
    assert store.asked == 1
    assert not await alive.is_living(session, ACCOUNT, as_admin=True)
    store.goes_on = False
    now = REMEMBER_S - 0.1
    assert await alive.is_living(session, ACCOUNT, as_admin=False)
    now = REMEMBER_S
    assert not await alive.is_living(session, ACCOUNT, as_admin=False)


async def test_what_ended_here_is_asked_for_at_once():
    store, session = CountingStore(), uuid4()
    alive = Liveness(store)
    assert await alive.is_living(session, ACCOUNT, as_admin=False)
    store.goes_on = False
    alive.forget()
    assert not await alive.is_living(session, ACCOUNT, as_admin=False)


async def test_no_more_is_remembered_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(liveness, "_MAX_REMEMBERED", 3)
    store = CountingStore()
    alive = Liveness(store, clock=lambda: 0.0)
    sessions = [uuid4() for _ in range(5)]
    for session in sessions:
        assert await alive.is_living(session, ACCOUNT, as_admin=False)
    asked = store.asked
    assert await alive.is_living(sessions[-1], ACCOUNT, as_admin=False)
    assert store.asked == asked
    assert await alive.is_living(sessions[0], ACCOUNT, as_admin=False)
    assert store.asked == asked + 1
