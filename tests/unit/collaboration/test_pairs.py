"""No edit comes between the two halves of a character outside the basic plane, wherever that was learned from."""

from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collab_collaboration.crdt import new_doc
from collab_collaboration.lib0 import Malformed, write_string
from collab_collaboration.pairs import Pairs
from collab_collaboration.room import Budget, Room
from tests.unit.collaboration.receivers import FakeReceiver
from tests.unit.collaboration.yupdates import ADA, deleted, inserted

TEXTS = st.text(st.sampled_from("aü🎉👩\U0010ffff\U000e0067"), min_size=1, max_size=12)


def a_room(*updates: bytes) -> Room:
    return Room(UUID(int=1), new_doc(*updates), head=0, base=0, budget=Budget())


def offer(room: Room, update: bytes) -> bool:
    return room.offer(FakeReceiver(1), update, messages=1, now=0)


def seconds(text: str) -> set[int]:
    """The clocks of second halves, as the words of UTF-16 say."""
    words = memoryview(text.encode("utf-16-le")).cast("H")
    return {clock for clock, word in enumerate(words) if 0xDC00 <= word < 0xE000}


def length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def taken(update: bytes, *, by: Room) -> bool:
    try:
        assert offer(by, update)
    except Malformed:
        return False
    return True


def learned(text: str, way: str) -> Room:
    """A room that has `text` from its state, from an edit, or from another replica."""
    update = inserted(text)
    if way == "state":
        return a_room(update)
    room = a_room()
    if way == "edit":
        assert offer(room, update)
    else:
        room.merge_stored([update], 1)
    return room


@pytest.mark.parametrize("way", ["state", "edit", "replica"])
@settings(deadline=None)
@given(text=TEXTS)
def test_edits_are_taken_beside_characters_and_never_inside(way: str, text: str) -> None:
    inside, end = seconds(text), length(text)
    for clock in range(1, end):
        put = inserted("x", client=7, between=(clock - 1, clock))
        assert taken(put, by=learned(text, way)) is (clock not in inside)
    for clock in range(end):
        for after in range(clock + 1, end + 1):
            cut = deleted(clock, after - clock)
            assert taken(cut, by=learned(text, way)) is not bool({clock, after} & inside)


def test_an_update_must_not_divide_its_own_characters() -> None:
    own = b"\x02" + (b"\x01\x07\x00\xc4\xac\x02\x00\xac\x02\x01" + write_string("x"))
    own += b"\x01\xac\x02\x00\x04\x01\x01t" + write_string("🎉") + b"\x00"
    with pytest.raises(Malformed, match="halves"):
        offer(a_room(), own)


def test_who_says_something_else_of_what_is_known_cannot_divide_by_it() -> None:
    room = a_room(inserted("a"))
    # The first tick is known as "a", so only the second half of this would be merged.
    with pytest.raises(Malformed, match="halves"):
        offer(room, inserted("🎉"))


def test_what_is_not_merged_keeps_nobody_from_editing() -> None:
    room = a_room(inserted("abc"))
    assert offer(room, inserted("🎉bcd"))
    assert offer(room, inserted("x", client=7, between=(0, 1)))


@settings(deadline=None)
@given(TEXTS, TEXTS)
def test_texts_of_one_client_after_another(first: str, then: str) -> None:
    state = new_doc(inserted(first), inserted(then, clock=length(first))).get_update()
    pairs, inside = Pairs.of_state(state), seconds(first + then)
    assert bool(pairs) is bool(inside)
    for clock in range(length(first + then) + 1):
        assert pairs.divided_by([(ADA, clock)]) is (clock in inside)
        assert not pairs.divided_by([(ADA + 1, clock)])
