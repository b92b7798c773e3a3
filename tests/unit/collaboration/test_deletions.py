"""Whether an update deletes anything new, found out without the document."""

import random
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from pycrdt import Doc, Text

from collab_collaboration.crdt import apply_observed, deletions_of, new_doc
from collab_collaboration.deletions import covers, read_deletions
from collab_collaboration.room import Budget, Room
from tests.unit.collaboration.documents import edit, history

RANGES = st.dictionaries(st.integers(1, 3), st.lists(st.tuples(st.integers(0, 30), st.integers(1, 6)), max_size=8))


def encoded(ranges: dict[int, list[tuple[int, int]]]) -> bytes:
    parts = [0, len(ranges)]
    for client, each in ranges.items():
        parts += [client, len(each), *(number for pair in each for number in pair)]
    return bytes(parts)


def clocks(ranges: dict[int, list[tuple[int, int]]]) -> set[tuple[int, int]]:
    return {
        (client, at) for client, each in ranges.items() for start, count in each for at in range(start, start + count)
    }


@given(RANGES, RANGES)
def test_covering_is_having_every_clock(
    whole: dict[int, list[tuple[int, int]]], part: dict[int, list[tuple[int, int]]]
) -> None:
    assert covers(read_deletions(encoded(whole)), read_deletions(encoded(part))) is (clocks(part) <= clocks(whole))


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 30), st.integers(0, 30))
def test_what_adds_nothing_is_what_changes_nothing(seed: int, here: int, there: int) -> None:
    """Of two copies that went on each by itself, as a reader's and the server's do."""
    doc, _ = history(seed, 20)
    theirs: Doc[Text] = Doc()
    theirs.apply_update(doc.get_update())
    chance = random.Random(seed)
    for copy, edits in ((doc, here), (theirs, there)):
        for _ in range(edits):
            edit(copy, chance)
    room = Room(UUID(int=1), new_doc(doc.get_update()), head=0, base=0, budget=Budget())
    for update in (theirs.get_update(), theirs.get_update(doc.get_state()), deletions_of(doc), doc.get_update()):
        assert room.adds_nothing(update) is (apply_observed(new_doc(doc.get_update()), update) is None)
