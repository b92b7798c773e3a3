"""Markers: invisible to every type, in every state vector, and exchanged without a trace."""

from collections.abc import Mapping
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycrdt import Doc, Text, merge_updates

from collab_collaboration.crdt import apply_observed, clocks_of, new_doc
from collab_collaboration.epoch import (
    MAX_EPOCH,
    Stale,
    in_epoch,
    marker_deletion,
    marker_of,
    marker_update,
    other_epoch,
    require_life,
    without_markers,
)
from collab_collaboration.lib0 import MAX_UINT, Malformed, write_uint
from collab_collaboration.room import Budget, Room
from collab_collaboration.yupdate import additions, read_extent
from tests.unit.collaboration.documents import history
from tests.unit.collaboration.receivers import FakeReceiver
from tests.unit.collaboration.test_room import commit, offer, typed

epochs = st.integers(0, MAX_EPOCH)
EPOCH, FORMER = 12, 11


def vector(clocks: Mapping[int, int]) -> bytes:
    return write_uint(len(clocks)) + b"".join(
        write_uint(client) + write_uint(clock) for client, clock in clocks.items()
    )


def room_of(*updates: bytes, epoch: int = EPOCH) -> Room:
    return Room(UUID(int=9), new_doc(*updates, marker_update(epoch)), head=0, base=0, budget=Budget(), epoch=epoch)


@given(epochs)
def test_every_epoch_has_a_legal_client_id_of_its_own_that_no_browser_draws(epoch: int) -> None:
    assert 2**32 <= marker_of(epoch) <= MAX_UINT
    assert clocks_of(new_doc(marker_update(epoch))) == {marker_of(epoch): 1}
    assert additions(read_extent(marker_update(epoch)), {}) == {marker_of(epoch): 1}


@given(epochs)
def test_the_next_epoch_is_another_and_never_that_of_documents_without_one(epoch: int) -> None:
    assert other_epoch(epoch) not in (0, epoch)
    assert 0 < other_epoch(epoch) <= MAX_EPOCH


@settings(deadline=None)
@given(st.integers(0, 1000), epochs, epochs)
def test_a_state_goes_from_one_epoch_to_another_and_back_without_a_trace(seed: int, one: int, two: int) -> None:
    doc, updates = history(seed)
    state = merge_updates(*updates)
    first = in_epoch(state, one)
    second = in_epoch(first, two)
    assert clocks_of(new_doc(second)) == {**clocks_of(doc), marker_of(two): 1}
    bare = without_markers(second)
    assert bare == without_markers(state)
    assert clocks_of(new_doc(bare)) == clocks_of(doc)
    # Deletions are in no state vector: neither has one that the other lacks.
    assert apply_observed(new_doc(state), bare) is None
    assert apply_observed(new_doc(bare), state) is None


@settings(deadline=None)
@given(st.integers(0, 1000))
def test_a_marker_is_in_the_state_vector_and_in_nothing_else(seed: int) -> None:
    doc, _ = history(seed)
    marked = new_doc(in_epoch(doc.get_update(), EPOCH))
    assert clocks_of(marked) == {**clocks_of(doc), marker_of(EPOCH): 1}
    assert str(marked.inner.get("text", type=Text)) == str(doc.get("text", type=Text))
    assert apply_observed(marked, marker_update(EPOCH)) is None
    assert clocks_of(new_doc(merge_updates(doc.get_update(), marker_update(EPOCH)))) == clocks_of(marked)


def test_a_state_that_is_not_whole_is_no_state() -> None:
    _, second = typed("a", "b")
    for state in (second, b"", b"\x01\x00", typed("a")[0] + b"\x00"):
        with pytest.raises(Malformed):
            without_markers(state)


def test_who_knows_this_life_or_none_is_let_in() -> None:
    (text,) = typed("hello")
    room, ann = room_of(text), FakeReceiver()
    room.join(ann)
    room.answer(ann, vector({}))
    assert ann.text == "hello"
    for known in ({1: 5}, {marker_of(EPOCH): 1}, {1: 5, marker_of(EPOCH): 1, 77: 3}):
        ann.bodies.clear()
        room.answer(ann, vector(known))
        assert [body[:2] for body in ann.bodies] == [b"\x00\x01", b"\x00\x00"]


@pytest.mark.parametrize(
    "known",
    [
        {marker_of(FORMER): 1},
        {1: 5, marker_of(FORMER): 1},
        {marker_of(EPOCH): 1, marker_of(0): 1},
        {marker_of(EPOCH): 2},
    ],
)
def test_who_knows_another_life_is_told_nothing(known: dict[int, int]) -> None:
    room, ann = room_of(*typed("hello")), FakeReceiver()
    room.join(ann)
    with pytest.raises(Stale):
        room.answer(ann, vector(known))
    assert ann.bodies == []


def test_nothing_of_another_life_is_taken() -> None:
    first, second = typed("hello", " world")
    room, eve = room_of(in_epoch(typed("hello", client=2)[0], EPOCH)), FakeReceiver(2)
    former = new_doc(first, second, marker_update(FORMER))
    stale = (
        former.get_update(),
        former.get_update(vector({1: 11})),
        former.get_update(vector({1: 11, marker_of(FORMER): 1})),
        marker_update(FORMER),
        marker_deletion(FORMER),
        # Two tabs of a browser, one of each life, tell each other everything without asking the server.
        new_doc(room.state(), former.get_update()).get_update(),
        new_doc(room.state(), former.get_update()).get_update(vector({2: 5, marker_of(EPOCH): 1})),
        # Nobody writes behind a marker, whether it is the right one or not.
        b"\x01\x01" + write_uint(marker_of(EPOCH)) + b"\x00\x00\x02\x00",
        b"\x01\x01" + write_uint(marker_of(EPOCH)) + b"\x01\x00\x01\x00",
        b"\x01\x01" + write_uint(marker_of(EPOCH)) + b"\x01\x04\x01\x04text\x01x\x00",
    )
    for update in stale:
        for reduce in (False, True):
            with pytest.raises(Stale):
                offer(room, eve, update, reduce=reduce)
    assert not room.has_queued
    assert clocks_of(new_doc(room.state())) == {2: 5, marker_of(EPOCH): 1}


def test_an_edit_of_another_life_that_names_no_marker_waits_for_what_it_builds_on() -> None:
    """And being asked for that, its sender sends the marker too."""
    _, second = typed("hello", " world")
    room = room_of(*typed("hello", client=2))
    assert not offer(room, FakeReceiver(), second)


def test_repeating_the_marker_is_no_edit() -> None:
    room, ann = room_of(*typed("hello")), FakeReceiver(1, b"\x01a")
    for update in (marker_update(EPOCH), marker_deletion(EPOCH), room.state()):
        assert room.adds_nothing(update)
        assert offer(room, ann, update, reduce=True)
    assert commit(room) == []
    assert ann.acknowledged == 3


def test_an_update_of_a_client_that_knows_the_marker_is_stored_as_it_came() -> None:
    room = room_of()
    doc: Doc[Text] = Doc(client_id=5)
    doc.apply_update(room.state())
    before = doc.get_state()
    text = doc.get("text", type=Text)
    text += "hello"
    update = doc.get_update(before)
    assert offer(room, FakeReceiver(), update)
    (stored,) = commit(room)
    assert clocks_of(new_doc(stored, marker_update(EPOCH))) == {5: 5, marker_of(EPOCH): 1}


def test_ids_below_the_range_are_ordinary_clients() -> None:
    """`yrs` draws 53 bits."""
    require_life({marker_of(0) - 1: 7, 2**32: 1, 2**52: 3}, {})
    with pytest.raises(Stale):
        require_life({marker_of(MAX_EPOCH): 1}, {})
