"""What bounds a document: its rate, its size, and what joiners of it cost; and the process that compacts."""

import random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY
from pycrdt import Doc, Text

from collab_collaboration.crdt import new_doc
from collab_collaboration.joining import Joining
from collab_collaboration.lib0 import Malformed, read_bytes
from collab_collaboration.pace import Pace
from collab_collaboration.room import Budget, Room
from collab_collaboration.work import CompactionProcess
from collab_kit.errors import StoreUnavailable
from tests.unit.collaboration.documents import edit, history
from tests.unit.collaboration.receivers import FakeReceiver
from tests.unit.collaboration.test_room import BROKEN, HOCUSPOCUS, commit, offer, typed

DOCUMENT = UUID(int=9)


def room_of(text: str, *, max_bytes: int) -> tuple[Room, Doc[Text]]:
    """A room holding `text`, and a client's document with the same."""
    doc: Doc[Text] = Doc()
    shared = doc.get("text", type=Text)
    shared += text
    room = Room(DOCUMENT, new_doc(doc.get_update()), head=0, base=0, budget=Budget(), max_bytes=max_bytes)
    return room, doc


def change(doc: Doc[Text], *, add: str = "", remove: int = 0) -> bytes:
    """The update of removing from the beginning and adding at the end."""
    before = doc.get_state()
    text = doc.get("text", type=Text)
    if remove:
        del text[:remove]
    if add:
        text += add
    return doc.get_update(before)


# Rate


def test_a_pace_lets_a_burst_through_and_then_asks_to_wait() -> None:
    pace = Pace(100)
    assert pace.spend(100, 10.0) == 0
    assert pace.spend(50, 10.0) == pytest.approx(0.5)
    assert pace.spend(0, 10.5) == pytest.approx(0)
    assert pace.spend(10_000, 10.5) == 1.0, "nobody waits longer than a second at a time"
    assert pace.spend(1, 1000.0) == 0, "nothing is owed for ever"


@given(st.lists(st.tuples(st.integers(1, 50), st.floats(0, 0.3)), min_size=1, max_size=100))
def test_who_waits_as_asked_is_never_faster_than_allowed(spending: list[tuple[int, float]]) -> None:
    pace, now, spent = Pace(20), 5.0, 0
    for count, pause_s in spending:
        now += pause_s + pace.spend(count, now)
        spent += count
    # A second's worth at once, the last spending not yet waited for, and waits of no more than a second each.
    assert spent <= 20 * (now - 5.0 + 1) + 50 + sum(max(0, count - 20) for count, _ in spending)


# Size


def test_a_document_at_its_limit_may_shrink_and_not_grow() -> None:
    room, doc = room_of("x" * 900, max_bytes=1000)
    ann = FakeReceiver()
    assert room.has_space_for(typed("y" * 20, client=7)[0])
    assert not room.has_space_for(typed("y" * 100, client=7)[0])
    deletion = change(doc, remove=500)
    offer(room, ann, deletion)
    commit(room)
    assert room.has_space_for(typed("y" * 100, client=7)[0])


def test_deletions_are_taken_by_a_document_beyond_its_limit() -> None:
    room, doc = room_of("x" * 900, max_bytes=500)
    assert not room.has_space_for(typed("y", client=7)[0])
    assert room.has_space_for(change(doc, remove=5))
    with pytest.raises(Malformed):
        room.has_space_for(BROKEN)


def test_what_is_queued_counts() -> None:
    room, _ = room_of("", max_bytes=1000)
    assert room.has_space_for(typed("y" * 600, client=7)[0])
    offer(room, FakeReceiver(), typed("x" * 600, client=8)[0])
    assert not room.has_space_for(typed("y" * 600, client=7)[0])


def test_many_small_updates_are_not_taken_for_a_large_document() -> None:
    room, _ = room_of("", max_bytes=1500)
    ann = FakeReceiver()
    for update in typed(*"a" * 600):
        assert room.has_space_for(update), "600 letters, of which each takes 20 bytes on its way"
        offer(room, ann, update)
        commit(room)
    assert 600 <= room.size_bytes <= 1500


# Joiners


def joined(messages: list[bytes]) -> Doc[Text]:
    doc: Doc[Text] = Doc()
    for message in messages:
        doc.apply_update(read_bytes(message, 2)[0])
    return doc


def encoded() -> float:
    return REGISTRY.get_sample_value("collab_states_encoded_total") or 0.0


def test_a_storm_of_joiners_under_typing_encodes_the_state_once() -> None:
    room, doc = room_of("x" * 5000, max_bytes=2**20)
    ann = FakeReceiver(1, HOCUSPOCUS)
    room.join(ann)
    before = encoded()
    joiners = [FakeReceiver(number, HOCUSPOCUS if number % 2 else b"") for number in range(300)]
    for number, joiner in enumerate(joiners):
        room.join(joiner)
        if number % 10 == 0:
            offer(room, ann, change(doc, add="!"))
            prepared = room.prepare()
            room.answer(joiner, b"\x00")
            room.finish(prepared)
        else:
            room.answer(joiner, b"\x00")
    assert encoded() == before, "whoever opened the document had it encoded"
    assert {joiner.text for joiner in joiners[-10:]} == {"x" * 5000 + "!" * 30}
    bodies = {id(part) for joiner in joiners for parts in joiner.states for part in parts if len(part) > 5000}
    assert len(bodies) == 1, "one copy for all, of either protocol"


def test_those_who_know_the_same_share_the_difference() -> None:
    room, doc = room_of("x" * 5000, max_bytes=2**20)
    ann = FakeReceiver()
    known = doc.get_state()
    offer(room, ann, change(doc, add="y" * 100))
    commit(room)
    before = encoded()
    for number in range(50):
        room.answer(FakeReceiver(number), known)
    assert encoded() == before + 1


@given(st.integers(0, 1000), st.lists(st.integers(0, 4), max_size=60))
def test_what_joiners_get_is_the_document(seed: int, steps: list[int]) -> None:
    doc, _ = history(seed, 20)
    chance = random.Random(seed)
    joining = Joining()
    known = Doc[Text]()
    for step in steps:
        if step < 3:
            before = doc.get_state()
            edit(doc, chance)
            joining.committed(doc.get_update(before))
        elif step == 3:
            assert joined(joining.messages(doc, b"\x00")).get_state() == doc.get_state()
        else:
            for message in joining.messages(doc, known.get_state()):
                known.apply_update(read_bytes(message, 2)[0])
            assert known.get_state() == doc.get_state()


def test_a_state_is_given_up_when_nobody_asks_or_too_much_follows() -> None:
    doc, _ = history(1)
    joining = Joining()
    joining.messages(doc, b"\x00")
    for _ in range(11):
        assert joining.size_bytes > 0
        joining.tick()
    assert joining.size_bytes == 0
    (state,) = joining.messages(doc, b"\x00")
    joining.committed(b"x" * len(state))
    assert joining.size_bytes == 0


# The process that compacts


async def test_a_process_that_cannot_start_is_a_store_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLLAB_DATABASE_URL", raising=False)
    async with CompactionProcess() as process:
        for _ in range(2):
            with pytest.raises(StoreUnavailable, match="worker failed"):
                await process.compact(DOCUMENT, min_operations=1)
            assert process.pid is None
