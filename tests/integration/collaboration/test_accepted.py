"""What a room accepts, however it was spoilt, every browser can read, and reads as the server does."""

import json
from typing import NamedTuple
from uuid import UUID

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from collab_collaboration.crdt import Unmergeable, clocks_of, new_doc
from collab_collaboration.epoch import Stale, marker_update
from collab_collaboration.lib0 import Malformed
from collab_collaboration.room import Budget, Room
from collab_collaboration.yupdate import read_extent
from tests.effort import examples
from tests.integration.collaboration.reference import Reference, View
from tests.unit.collaboration.documents import history
from tests.unit.collaboration.receivers import FakeReceiver
from tests.unit.collaboration.yupdates import deleted, inserted, spoilt, written


class Outcome(NamedTuple):
    sent: list[bytes]
    """What others are sent."""
    stored: list[bytes]
    state: bytes


def _outcome(base: bytes, updates: list[bytes]) -> Outcome | None:
    """What becomes of `updates` to a document with `base`; `None` when nothing does."""
    doc = new_doc(marker_update(0), base)
    known = clocks_of(doc)
    room = Room(UUID(int=1), doc, head=0, base=0, budget=Budget())
    for update in updates:
        try:
            if _contradicts(update, known):
                continue
            room.offer(FakeReceiver(), update, messages=1, now=0)
        except (Malformed, Stale):
            continue
        known |= {client: end for client, _, end in read_extent(update).spans if end > known.get(client, 0)}
    try:
        prepared = room.prepare()
    except Unmergeable:
        return None
    stored = [update for _, update in prepared.operations]
    return Outcome(prepared.parts, stored, room.state()) if stored else None


def _contradicts(update: bytes, known: dict[int, int]) -> bool:
    """Whether it begins within what is known of a client and goes beyond, as no honest client of that id would.

    What is made up for the known part may make `yrs` forget the struct before it, which its sender could also delete.
    """
    return any(start < known.get(client, 0) < end for client, start, end in read_extent(update).spans)


@settings(max_examples=examples(200), suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(
    base=st.just(b"\x00\x00") | st.integers(0, 300).map(lambda seed: history(seed)[0].get_update()),
    updates=st.lists(spoilt() | written(), min_size=1, max_size=4),
)
def test_what_is_accepted_every_browser_reads_alike(yjs: Reference, base: bytes, updates: list[bytes]) -> None:
    outcome = _outcome(base, updates)
    assume(outcome is not None)
    assert outcome is not None
    views = yjs.merged([base, *outcome.sent], [base, *outcome.stored], [outcome.state])
    for view in views:
        assert view.error is None
        assert not view.pending
    assert _seen(views[0]) == _seen(views[1]) == _seen(views[2])


@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.filter_too_much])
@given(text=st.text(st.sampled_from("aü🎉👩"), min_size=2, max_size=8), data=st.data())
def test_texts_with_emoji_stay_alike_wherever_they_are_edited(yjs: Reference, text: str, data: st.DataObject) -> None:
    base = inserted(text)
    clocks = st.integers(1, len(text.encode("utf-16-le")) // 2 - 1)
    puts = clocks.map(lambda clock: (clock - 1, clock))
    updates = [inserted(data.draw(st.sampled_from("x🎉")), client=client, between=data.draw(puts)) for client in (1, 2)]
    updates += [deleted(data.draw(clocks), 1), deleted(0, data.draw(clocks))]
    outcome = _outcome(base, data.draw(st.permutations(updates)))
    assume(outcome is not None)
    assert outcome is not None
    views = yjs.merged([base, *outcome.sent], [base, *outcome.stored], [outcome.state])
    assert _seen(views[0]) == _seen(views[1]) == _seen(views[2])
    assert "\ufffd" not in views[0].content


def _seen(view: View) -> tuple[object, dict[int, int]]:
    # `yrs` parses the numbers of embedded JSON to within one unit in the last place, and writes them anew.
    return json.loads(view.content, parse_float=lambda number: float(f"{float(number):.12g}")), view.vector
