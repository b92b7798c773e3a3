"""The strict reader: takes everything a real client sends, and nothing that could harm the CRDT or a browser."""

import random

import pycrdt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycrdt import Doc, Text

from collab_collaboration.crdt import clocks_of
from collab_collaboration.lib0 import Malformed, write_bytes, write_string, write_uint
from collab_collaboration.yupdate import MAX_DEPTH, Extent, additions, read_extent, read_state_vector
from tests.unit.collaboration.documents import edit, history

ROOT = b"\x01" + write_string("text")


def update(*structs: bytes, client: int = 5, clock: int = 0, deletes: bytes = b"\x00") -> bytes:
    """One client's structs, put together by hand."""
    return b"\x01" + write_uint(len(structs)) + write_uint(client) + write_uint(clock) + b"".join(structs) + deletes


def string(text: str) -> bytes:
    return b"\x04" + ROOT + write_string(text)


@settings(deadline=None)
@given(st.integers(0, 10_000))
def test_extents_of_a_real_history_add_up_to_its_state(seed: int) -> None:
    doc, updates = history(seed)
    clocks: dict[int, int] = {}
    for each in updates:
        moved = additions(read_extent(each), clocks)
        assert moved is not None
        clocks.update(moved)
    assert clocks == clocks_of(doc)
    assert additions(read_extent(doc.get_update()), {}) == clocks
    assert all(additions(read_extent(each), clocks) == {} for each in updates), "a second time they add nothing"


@settings(deadline=None)
@given(st.integers(0, 10_000))
def test_an_update_of_one_client_needs_what_it_saw_of_another(seed: int) -> None:
    first, _ = history(seed, edits=10)
    second: Doc[Text] = Doc(client_id=99_999)
    second.apply_update(first.get_update())
    before = second.get_state()
    chance = random.Random(seed)
    for _ in range(5):
        edit(second, chance)
    added = read_extent(second.get_update(before))
    known = clocks_of(first)
    assert additions(added, known) is not None
    if added.needs:
        assert additions(added, {}) is None


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 500), st.data())
def test_what_passes_can_be_merged_and_what_cannot_does_not_pass(seed: int, data: st.DataObject) -> None:
    doc, updates = history(seed)
    spoilt = bytearray(data.draw(st.sampled_from([*updates, doc.get_update()])))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(spoilt) - 1))
        match data.draw(st.integers(0, 2)):
            case 0:
                spoilt[at] = data.draw(st.integers(0, 255))
            case 1 if len(spoilt) > 1:
                del spoilt[at]
            case _:
                spoilt[at:at] = data.draw(st.sampled_from([b"\xff\xff\xff\x0f", b"\xff" * 9 + b"\x01", b"\x75\x01"]))
    target: Doc[Text] = Doc()
    target.apply_update(doc.get_update())
    known = clocks_of(target)
    try:
        moved = additions(read_extent(bytes(spoilt)), known)
    except Malformed:
        return
    if moved is None:
        return
    pycrdt.merge_updates(bytes(spoilt), bytes(spoilt))
    target.apply_update(bytes(spoilt))
    assert clocks_of(target) == known | moved


HOSTILE = {
    "nothing": b"",
    "only a beginning": b"\x01",
    "bytes at the end": update(string("a")) + b"x",
    "a client id beyond 2^53": update(string("a"), client=2**53),
    "a clock beyond 2^31": update(string("a"), clock=2**31),
    "a length that overflows the clock": update(b"\x00" + write_uint(2**40)),
    "an empty string": update(string("")),
    "an empty range": update(b"\x00\x00"),
    "a string that is not UTF-8": update(b"\x04" + ROOT + write_bytes(b"\xff")),
    "an unknown content": update(b"\x0b" + ROOT),
    "an unknown type": update(b"\x07" + ROOT + b"\x07"),
    "an unknown value": update(b"\x08" + ROOT + b"\x01\x05"),
    "an integer beyond 2^53": update(b"\x08" + ROOT + b"\x01\x7d" + b"\xbf" + b"\xff" * 7 + b"\x01"),
    "a parent of neither kind": update(b"\x04\x02" + write_string("a")),
    "its own successor as origin": update(b"\x84" + write_uint(5) + write_uint(0) + write_string("a")),
    "the same item on both sides": b"\x01\x01\x05\x02\xc4\x05\x01\x85\x00\x01" + write_string("a") + b"\x00",
    "a format that is not JSON": update(b"\x06" + ROOT + write_string("bold") + write_string("{")),
    "an embed that is NaN": update(b"\x05" + ROOT + write_string("NaN")),
    "a subdocument without options": update(b"\x09" + ROOT + write_string("guid") + b"\x7e"),
    "arrays nested too deeply": update(b"\x08" + ROOT + b"\x01" + b"\x75\x01" * (MAX_DEPTH + 1) + b"\x7e"),
    "objects nested too deeply": update(b"\x08" + ROOT + b"\x01" + b"\x76\x01\x01a" * (MAX_DEPTH + 1) + b"\x7e"),
    "JSON nested too deeply": update(b"\x05" + ROOT + write_string("[" * 100 + "]" * 100)),
    "more structs than bytes": b"\x01" + write_uint(2**50) + b"\x05\x00" + string("a"),
    "more deletions than bytes": update(string("a"), deletes=b"\x01\x05" + write_uint(2**50) + b"\x00\x01"),
    "a deletion beyond 2^31": update(string("a"), deletes=b"\x01\x05\x01\x00" + write_uint(2**31)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_updates_are_malformed(name: str) -> None:
    with pytest.raises(Malformed):
        read_extent(HOSTILE[name])


def test_a_value_nested_as_deeply_as_allowed_passes() -> None:
    nested = update(b"\x08" + ROOT + b"\x01" + b"\x75\x01" * MAX_DEPTH + b"\x7e")
    assert read_extent(nested) == Extent([(5, 0, 1)], {}, deletes=False)


def test_lengths_are_in_utf_16() -> None:
    assert read_extent(update(string("ü🎉"))).spans == [(5, 0, 3)]


def test_a_gap_inside_an_update_is_filled_by_what_is_known() -> None:
    with_gap = update(string("ab"), b"\x0a\x03", b"\x84" + write_uint(5) + write_uint(4) + write_string("f"))
    extent = read_extent(with_gap)
    assert extent.spans == [(5, 0, 2), (5, 5, 6)]
    assert additions(extent, {}) is None
    assert additions(extent, {5: 4}) is None
    assert additions(extent, {5: 5}) == {5: 6}


def test_deletions_need_what_they_delete() -> None:
    deletion = b"\x00\x01\x05\x01\x02\x03"
    extent = read_extent(deletion)
    assert extent == Extent([], {5: 5}, deletes=True)
    assert additions(extent, {5: 4}) is None
    assert additions(extent, {5: 5}) == {}


def test_clients_in_one_update_may_stand_on_each_other() -> None:
    together = b"\x02" + (b"\x01\x05\x00" + string("a")) + (b"\x01\x06\x00\x84\x05\x00" + write_string("b")) + b"\x00"
    assert additions(read_extent(together), {}) == {5: 1, 6: 1}


@settings(deadline=None)
@given(st.dictionaries(st.integers(0, 2**53 - 1), st.integers(0, 2**31), max_size=20))
def test_state_vectors_come_back(clocks: dict[int, int]) -> None:
    written = write_uint(len(clocks)) + b"".join(write_uint(part) for pair in clocks.items() for part in pair)
    assert read_state_vector(written) == clocks


@pytest.mark.parametrize("spoilt", [b"", b"\x01", b"\x01\x05", b"\x00\x00", write_uint(2**50)])
def test_state_vectors_that_are_none(spoilt: bytes) -> None:
    with pytest.raises(Malformed):
        read_state_vector(spoilt)
