"""A room: what is shown when, to whom, how often, and that it can be built anew."""

import random
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycrdt import Doc, Text

from collab_collaboration.crdt import Unmergeable, clocks_of, new_doc
from collab_collaboration.lib0 import Malformed, write_string
from collab_collaboration.pairs import Pairs
from collab_collaboration.room import Budget, Room
from tests.unit.collaboration.documents import edit, history
from tests.unit.collaboration.receivers import FakeReceiver

DOCUMENT = UUID(int=9)
HOCUSPOCUS = write_string(str(DOCUMENT))
BROKEN = b"\x01\x01\x05\x00\x84\x05\x00\x01a\x00"


@pytest.fixture
def budget() -> Budget:
    return Budget()


@pytest.fixture
def room(budget: Budget) -> Room:
    return Room(DOCUMENT, new_doc(), head=0, base=0, budget=budget)


def typed(*texts: str, client: int = 1) -> list[bytes]:
    """An update for each text, one after another."""
    doc: Doc[Text] = Doc(client_id=client)
    text = doc.get("text", type=Text)
    updates: list[bytes] = []
    for each in texts:
        before = doc.get_state()
        text += each
        updates.append(doc.get_update(before))
    return updates


def offer(room: Room, sender: FakeReceiver, update: bytes, *, reduce: bool = False, messages: int = 1) -> bool:
    """Who edits has joined."""
    room.join(sender)
    return room.offer(sender, update, messages=messages, now=0, reduce=reduce)


def commit(room: Room) -> list[bytes]:
    """Everything queued goes through; the answer is what was stored."""
    prepared = room.prepare()
    room.finish(prepared)
    return [update for _, update in prepared.operations]


def test_nothing_is_shown_before_it_is_finished(room: Room) -> None:
    ann, bob, newcomer = FakeReceiver(1, HOCUSPOCUS), FakeReceiver(2), FakeReceiver(3)
    for receiver in (ann, bob):
        room.join(receiver)
    assert offer(room, ann, typed("hello")[0])
    prepared = room.prepare()
    room.join(newcomer)
    room.answer(newcomer, b"\x00")
    assert (ann.acknowledged, ann.text, bob.text, newcomer.bodies) == (0, "", "", [])
    room.finish(prepared)
    assert (ann.acknowledged, ann.text, bob.text, newcomer.text) == (1, "hello", "hello", "hello")


def test_a_batch_is_one_message_for_everybody_and_each_message_is_acknowledged(room: Room) -> None:
    ann, bob = FakeReceiver(1, HOCUSPOCUS), FakeReceiver(2, HOCUSPOCUS)
    room.join(ann)
    room.join(bob)
    for update in typed("a", "b", "c"):
        offer(room, ann, update)
    offer(room, bob, typed("x", client=2)[0])
    prepared = room.prepare()
    assert [author for author, _ in prepared.operations] == [ann.user] * 3 + [bob.user]
    room.finish(prepared)
    assert (ann.acknowledged, bob.acknowledged) == (3, 1)
    assert len(ann.bodies) == len(bob.bodies) == 1
    assert sorted(ann.text) == sorted("abcx")


def test_what_builds_on_something_missing_is_not_taken(room: Room) -> None:
    ann = FakeReceiver()
    first, second = typed("a", "b")
    assert not offer(room, ann, second)
    assert not room.has_queued
    assert offer(room, ann, first)
    assert offer(room, ann, second), "what is queued counts as being there"


def test_a_repetition_is_acknowledged_but_not_stored_or_shown(room: Room) -> None:
    ann, bob = FakeReceiver(1, HOCUSPOCUS), FakeReceiver(2)
    room.join(bob)
    (update,) = typed("hello")
    offer(room, ann, update)
    assert offer(room, ann, update), "the first is still queued"
    assert commit(room) == [update]
    assert offer(room, ann, update)
    assert commit(room) == []
    assert (ann.acknowledged, len(bob.bodies)) == (3, 1)


def test_an_answer_to_a_sync_request_is_stored_as_far_as_it_is_new(room: Room) -> None:
    doc, _ = history(3)
    everything = doc.get_update()
    ann = FakeReceiver(1, HOCUSPOCUS)
    assert offer(room, ann, everything, reduce=True, messages=2)
    assert len(commit(room)) == 1
    assert offer(room, ann, everything, reduce=True)
    assert commit(room) == []
    edit(doc, random.Random(5))
    assert offer(room, ann, doc.get_update(), reduce=True)
    (stored,) = commit(room)
    assert len(stored) < len(everything)
    assert ann.acknowledged == 4
    assert clocks_of(new_doc(room.state())) == clocks_of(doc)


def test_deletions_alone_are_an_edit(room: Room) -> None:
    doc: Doc[Text] = Doc()
    text = doc.get("text", type=Text)
    text += "hello"
    ann = FakeReceiver(1, HOCUSPOCUS)
    offer(room, ann, doc.get_update())
    commit(room)
    before = doc.get_state()
    del text[0:2]
    deletion = doc.get_update(before)
    assert not room.adds_nothing(deletion)
    offer(room, ann, deletion)
    assert len(commit(room)) == 1
    assert room.adds_nothing(deletion)
    assert room.adds_nothing(doc.get_update())


def test_who_leaves_gets_nothing_more(room: Room) -> None:
    ann, bob = FakeReceiver(1), FakeReceiver(2)
    room.join(ann)
    room.join(bob)
    room.leave(bob, 7.0)
    offer(room, ann, typed("x")[0])
    commit(room)
    assert (len(ann.bodies), bob.bodies, room.idle_since) == (1, [], None)
    room.leave(ann, 8.0)
    room.leave(ann, 9.0)
    assert room.idle_since == 8.0


def test_queued_bytes_are_counted_until_they_are_on_their_way(room: Room, budget: Budget) -> None:
    (update,) = typed("hello")
    offer(room, FakeReceiver(), update)
    assert budget.queued_bytes == len(update)
    commit(room)
    assert budget.queued_bytes == 0
    offer(room, FakeReceiver(), typed("hello", client=4)[0])
    room.close()
    assert budget.queued_bytes == 0


def test_another_replicas_operations_are_shown_and_built_upon(room: Room) -> None:
    ann = FakeReceiver()
    room.join(ann)
    first, second = typed("a", "b")
    room.merge_stored([first], 1)
    assert (ann.text, room.head) == ("a", 1)
    assert offer(room, ann, second)


def test_malformed_updates_change_nothing(room: Room) -> None:
    with pytest.raises(Malformed):
        offer(room, FakeReceiver(), BROKEN)
    assert not room.has_queued


def test_structs_that_wait_for_each_other_are_found_out(room: Room) -> None:
    """Two clients' first structs, each placed after the other's: complete by the numbers, and never merged."""
    circle = (
        b"\x02"
        + (b"\x01\x06\x00\x84\x05\x00" + write_string("b"))
        + (b"\x01\x05\x00\x84\x06\x00" + write_string("a"))
        + b"\x00"
    )
    eve, ann = FakeReceiver(1), FakeReceiver(2, HOCUSPOCUS)
    (update,) = typed("kept", client=7)
    room.join(ann)
    offer(room, ann, update)
    offer(room, eve, circle)
    with pytest.raises(Unmergeable):
        room.prepare()
    room.is_rebuilding = True
    room.answer(ann, b"\x00")
    assert ann.bodies == []
    assert room.rebuild(new_doc().get_update(), 0, Pairs()) == ([eve], [])
    assert commit(room) == [update]
    assert (ann.text, ann.acknowledged) == ("kept", 1)


def test_a_rebuild_keeps_what_is_good_and_shows_what_was_missed(room: Room) -> None:
    ann, eve, bob = FakeReceiver(1, HOCUSPOCUS), FakeReceiver(2), FakeReceiver(3)
    room.join(bob)
    stored, mine, later = typed("stored ", "mine ", "later")
    room.merge_stored([stored], 1)
    offer(room, ann, mine)
    room.acknowledge_later(ann, now=0)
    offer(room, ann, later)
    room.is_rebuilding = True
    assert room.rebuild(new_doc(stored).get_update(), 1, Pairs()) == ([], [])
    assert commit(room) == [mine, later]
    assert ann.acknowledged == 3
    assert bob.text == "stored mine later"
    assert eve.bodies == []


@settings(deadline=None)
@given(st.integers(0, 1000), st.integers(1, 6), st.booleans())
def test_any_division_into_commits_gives_the_same_document(seed: int, size: int, restart: bool) -> None:
    doc, updates = history(seed)
    room = Room(DOCUMENT, new_doc(), head=0, base=0, budget=Budget())
    ann, bob = FakeReceiver(1, HOCUSPOCUS), FakeReceiver(2)
    room.join(bob)
    stored: list[bytes] = []
    for at in range(0, len(updates), size):
        for update in updates[at : at + size]:
            assert offer(room, ann, update)
        stored += commit(room)
        if restart:
            room = Room(DOCUMENT, new_doc(*stored), head=len(stored), base=0, budget=Budget())
            room.join(bob)
    assert ann.acknowledged == len(updates)
    assert clocks_of(new_doc(*stored)) == clocks_of(doc)
    assert bob.text == str(doc.get("text", type=Text)) == str(new_doc(room.state()).inner.get("text", type=Text))
