"""Presence: who may say what about whom, what is told to whom, and that nobody stays who has gone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collab_collaboration.lib0 import Malformed
from collab_collaboration.presence import (
    EXPIRY_S,
    MAX_STATE_BYTES,
    MAX_STATES_PER_OWNER,
    Presence,
    encode_states,
    read_states,
)

ANN, EVE = "ann", "eve"


def said(client: int, clock: int, state: str = '{"x":1}') -> bytes:
    return encode_states([(client, clock, state.encode())])


def gone(client: int, clock: int) -> bytes:
    return said(client, clock, "null")


@pytest.fixture
def presence() -> Presence[str]:
    return Presence()


def changes(presence: Presence[str]) -> list[tuple[int, int, bytes]]:
    return read_states(presence.take_changes()[0])


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2**53 - 1), st.integers(0, 2**53 - 1), st.sampled_from([b"null", b'"x"']))))
def test_states_come_back(states: list[tuple[int, int, bytes]]) -> None:
    assert read_states(encode_states(states)) == states


@pytest.mark.parametrize(
    "spoilt",
    [b"", b"\x01", said(1, 1) + b"x", said(1, 1, "{"), said(1, 1, '"' + "x" * MAX_STATE_BYTES + '"'), b"\xff\xff\x7f"],
)
def test_states_that_are_none(spoilt: bytes) -> None:
    with pytest.raises(Malformed):
        read_states(spoilt)


def test_a_change_is_told_once_and_newcomers_hear_all(presence: Presence[str]) -> None:
    presence.apply(said(1, 1), "session", ANN, 0)
    presence.apply(said(1, 2, '"moved"'), "session", ANN, 0)
    assert changes(presence) == [(1, 2, b'"moved"')]
    assert not presence.is_dirty
    assert read_states(presence.encode()) == [(1, 2, b'"moved"')]


def test_nobody_speaks_for_somebody_else(presence: Presence[str]) -> None:
    presence.apply(said(1, 1), "hers", ANN, 0)
    changes(presence)
    presence.apply(said(1, 9, '"moved by eve"'), "eves", EVE, 0)
    presence.apply(gone(1, 1), "eves", EVE, 0)
    assert not presence.is_dirty
    presence.leave("eves", 0)
    assert len(presence) == 1


def test_who_comes_back_takes_over_from_the_old_connection(presence: Presence[str]) -> None:
    presence.apply(said(1, 1), "old", ANN, 0)
    presence.apply(said(1, 2), "new", ANN, 0)
    presence.leave("old", 0)
    assert len(presence) == 1
    presence.leave("new", 0)
    assert len(presence) == 0


def test_who_comes_back_with_the_same_clock_is_there_again(presence: Presence[str]) -> None:
    presence.apply(said(1, 5), "old", ANN, 0)
    presence.leave("old", 0)
    assert changes(presence) == [(1, 5, b"null")]
    presence.apply(said(1, 5), "eves", EVE, 0)
    assert len(presence) == 0, "what others repeat of who has left brings nobody back"
    presence.apply(said(1, 5), "new", ANN, 0)
    assert len(presence) == 1


def test_a_session_speaks_for_so_many_only(presence: Presence[str]) -> None:
    for client in range(MAX_STATES_PER_OWNER + 5):
        presence.apply(said(client, 1), "session", ANN, 0)
    assert len(presence) == MAX_STATES_PER_OWNER


def test_other_replicas_are_told_of_our_own_only(presence: Presence[str]) -> None:
    presence.apply(said(1, 1), "session", ANN, 0)
    presence.apply_remote(said(2, 1), 0)
    everything, ours = presence.take_changes()
    assert [client for client, _, _ in read_states(everything)] == [1, 2]
    assert [client for client, _, _ in read_states(ours)] == [1]
    assert [client for client, _, _ in read_states(presence.encode(only_local=True))] == [1]
    presence.leave("session", 0)
    assert read_states(presence.take_changes()[1]) == [(1, 1, b"null")]
    presence.apply_remote(said(2, 2), 0)
    assert presence.take_changes()[1] == b""


def test_what_another_replica_does_not_renew_expires_and_is_forgotten(presence: Presence[str]) -> None:
    presence.apply_remote(said(2, 1), 0)
    changes(presence)
    presence.apply_remote(said(2, 1), EXPIRY_S)
    presence.expire(EXPIRY_S + 1)
    assert not presence.is_dirty, "it was renewed"
    presence.expire(2 * EXPIRY_S + 1)
    assert changes(presence) == [(2, 1, b"null")]
    presence.expire(4 * EXPIRY_S)
    presence.apply_remote(gone(2, 1), 4 * EXPIRY_S)
    assert not presence.is_dirty


def test_who_moves_to_another_replica_is_taken_over(presence: Presence[str]) -> None:
    presence.apply(said(1, 1), "session", ANN, 0)
    presence.apply_remote(said(1, 2, '"there"'), 0)
    presence.leave("session", 0)
    assert read_states(presence.encode()) == [(1, 2, b'"there"')]
    presence.apply(said(1, 3, '"back"'), "session", ANN, 0)
    assert read_states(presence.encode()) == [(1, 3, b'"back"')]


steps = st.lists(
    st.tuples(
        st.sampled_from(["say", "leave", "remote", "expire", "take"]),
        st.integers(1, 4),
        st.integers(0, 5),
        st.sampled_from(["a", "b", "c"]),
        st.booleans(),
    ),
    max_size=60,
)


@settings(deadline=None)
@given(steps)
def test_whatever_happens_nobody_is_left_when_all_have_gone(actions: list[tuple[str, int, int, str, bool]]) -> None:
    presence: Presence[str] = Presence()
    known: dict[int, tuple[int, bytes]] = {}
    for now, (action, client, clock, session, here) in enumerate(actions):
        states = said(client, clock) if here else gone(client, clock)
        if action == "say":
            presence.apply(states, session, session, now)
        elif action == "leave":
            presence.leave(session, now)
        elif action == "remote":
            presence.apply_remote(states, now)
        elif action == "expire":
            presence.expire(now * EXPIRY_S)
        if action == "take":
            known |= {told: (at, state) for told, at, state in changes(presence)}
    for session in "abc":
        presence.leave(session, 1000)
    presence.expire(1000 * EXPIRY_S)
    known |= {told: (at, state) for told, at, state in changes(presence)}
    assert len(presence) == 0
    assert all(state == b"null" for _, state in known.values())
