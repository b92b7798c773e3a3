"""A document put together from what is good, and who wrote as which client."""

import random
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from collab_collaboration.attribution import authors_of_clients
from collab_collaboration.content.tree import read_roots
from collab_collaboration.crdt import Readable, clocks_of
from collab_collaboration.doctor.rebuilding import Rebuilding, Span
from collab_collaboration.doctor.store import WrittenOperation
from collab_collaboration.epoch import marker_update
from tests.unit.collaboration.documents import history

ADA, BOB = UUID(int=1), UUID(int=2)


def written(updates: list[bytes], first: int = 1) -> list[WrittenOperation]:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    return [
        WrittenOperation(seq=seq, author=ADA, committed_at=at, payload=update)
        for seq, update in enumerate(updates, first)
    ]


def holds(doc: Readable) -> tuple[dict[int, int], object]:
    """What can be compared: the same document may be cut into structs in more than one way."""
    return clocks_of(doc), read_roots(doc.get_update())


def rebuilt(operations: list[WrittenOperation], head: int, *states: bytes, after: int = 0) -> Rebuilding:
    made = Rebuilding(states, after=after)
    for operation in operations:
        made.add(operation)
    made.finish(head)
    return made


@pytest.mark.parametrize("seed", range(5))
def test_what_is_whole_is_put_together_whole(seed: int) -> None:
    doc, updates = history(seed, edits=1200)
    made = rebuilt(written(updates), len(updates))
    assert holds(made.doc) == holds(doc)
    assert (made.left_out, made.missing) == ([], [])


@pytest.mark.parametrize("seed", range(5))
def test_rubbish_among_operations_changes_nothing_else(seed: int) -> None:
    doc, updates = history(seed, edits=60)
    chance = random.Random(seed)
    places = sorted(chance.sample(range(1, len(updates)), 5))
    poisoned = list(updates)
    for shift, place in enumerate(places):
        poisoned.insert(place + shift, chance.choice([b"\xff" * 9, b"\x01", updates[0][:-1]]))
    made = rebuilt(written(poisoned), len(poisoned))
    assert holds(made.doc) == holds(doc)
    assert [each.seq for each in made.left_out] == [place + shift + 1 for shift, place in enumerate(places)]
    assert all(each.payload == poisoned[each.seq - 1] for each in made.left_out)


def test_what_stands_on_a_gap_is_left_out_and_another_clients_edits_are_not() -> None:
    ours, our_updates = history(1, edits=20)
    _, their_updates = history(2, edits=20)
    lost = 5
    operations = written(our_updates + their_updates)
    del operations[len(our_updates) + lost]
    made = rebuilt(operations, len(our_updates) + len(their_updates))
    assert made.missing == [Span(len(our_updates) + lost + 1, len(our_updates) + lost + 1)]
    assert made.left_out
    assert all(each.seq > len(our_updates) + lost for each in made.left_out)
    assert made.clocks[ours.client_id] == rebuilt(written(our_updates), len(our_updates)).clocks[ours.client_id]


def test_a_state_covers_what_the_log_has_lost() -> None:
    doc, updates = history(3, edits=30)
    half = rebuilt(written(updates[:15]), 15).doc.get_update()
    made = rebuilt(written(updates[15:], first=16), len(updates), half, after=15)
    assert holds(made.doc) == holds(doc)
    assert made.missing == []


@pytest.mark.parametrize(
    ("numbers", "head", "missing"),
    [
        ([1, 2, 3], 3, []),
        ([2, 3], 3, [Span(1, 1)]),
        ([1], 3, [Span(2, 3)]),
        ([], 2, [Span(1, 2)]),
        ([1, 4], 6, [Span(2, 3), Span(5, 6)]),
    ],
)
def test_gaps(numbers: list[int], head: int, missing: list[Span]) -> None:
    _, updates = history(4, edits=10)
    operations = [written([updates[0]], first=number)[0] for number in numbers]
    assert rebuilt(operations, head).missing == missing


def test_the_first_to_store_a_clients_structs_is_its_author() -> None:
    ours, our_updates = history(1, edits=3)
    theirs, their_updates = history(2, edits=3)
    operations = [(ADA, our_updates[0]), (BOB, their_updates[0]), (BOB, our_updates[0]), (uuid4(), b"\xff\xff")]
    assert authors_of_clients(operations) == {ours.client_id: ADA, theirs.client_id: BOB}


def test_a_marker_is_nobodys() -> None:
    assert authors_of_clients([(ADA, marker_update(5))]) == {}
