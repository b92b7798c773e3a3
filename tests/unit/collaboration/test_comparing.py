"""The difference of two texts, as clients draw it."""

import itertools
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collab_collaboration.content.text import plain_text
from collab_collaboration.history.alignment import Effort, align
from collab_collaboration.history.comparing import Compared, compare
from collab_collaboration.history.problems import TooLargeToCompare
from collab_collaboration.history.words import stretches
from tests.unit.collaboration.content_documents import documents
from tests.unit.collaboration.test_restoring import document, paragraph, text

Json = dict[str, Any]


def runs_of(block: Json) -> list[Json]:
    return block.get("runs") or []


def shown(compared: Compared) -> list[Json]:
    return msgspec.to_builtins(compared.blocks)


def marked(before: Json, after: Json, context: int | None = None) -> list[str]:
    """Each block as a line, what came as +this+, what went as -this-, other marks as ~this~."""
    signs = {"kept": "", "inserted": "+", "deleted": "-", "changed": "~"}
    return [
        f"{block['status']}: "
        + "".join(f"{signs[run['status']]}{run['text']}{signs[run['status']]}" for run in runs_of(block))
        for block in shown(compare(before, after, context=context))
    ]


def side(blocks: list[Json], *, new: bool) -> str:
    """The text of one side, out of the difference."""
    left_out = {"deleted"} if new else {"inserted"}
    lines: list[str] = []
    for block in blocks:
        if block["status"] in left_out:
            continue
        if "runs" in block:
            lines.append("".join(run["text"] for run in block["runs"] if run["status"] not in left_out) + "\n")
        lines.append(side(block.get("blocks") or [], new=new))
    return "".join(lines)


@given(before=documents, after=documents)
@settings(max_examples=60, deadline=None)
def test_both_texts_can_be_read_out_of_their_difference(before: Json, after: Json):
    compared = compare(before, after)
    assert side(shown(compared), new=False) == plain_text(before)
    assert side(shown(compared), new=True) == plain_text(after)
    if before == after:
        assert (compared.inserted_chars, compared.deleted_chars) == (0, 0)
        assert {block.status for block in compared.blocks} == {"unchanged"}


@given(st.lists(st.integers(0, 5), max_size=60), st.lists(st.integers(0, 5), max_size=60), st.integers(0, 3000))
@settings(deadline=None)
def test_places_that_belong_together_are_equal_and_rise(before: list[int], after: list[int], steps: int):
    found = align(before, after, Effort(steps))
    assert all(before[at] == after[other] for at, other in found)
    assert all(one[0] < two[0] and one[1] < two[1] for one, two in itertools.pairwise(found))


@given(st.text("ab \n漢字👩\u0301", max_size=40), st.text("ab \n漢字👩\u0301", max_size=40))
@settings(deadline=None)
def test_stretches_cover_both_texts(before: str, after: str):
    found = list(stretches(before, after, Effort(10_000)))
    assert "".join(before[start:end] for _, start, end, _, _ in found) == before
    assert "".join(after[start:end] for *_, start, end in found) == after
    assert all(before[start:end] == after[other:stop] for kept, start, end, other, stop in found if kept)


def test_words_are_inserted_deleted_and_kept():
    before = document(paragraph("The quick brown fox jumps"), paragraph("same"), paragraph("goes away entirely"))
    after = document(paragraph("The slow fox jumps high"), paragraph("same"))
    assert marked(before, after) == [
        "changed: The -quick brown-+slow+ fox jumps+ high+",
        "unchanged: same",
        "deleted: -goes away entirely-",
    ]


def test_marks_and_attributes_show_what_they_were():
    heading: Json = {"type": "heading", "attrs": {"level": 2}, "content": [text("A title of some words")]}
    before = document(paragraph("A title of some words"), paragraph("now ", text("bold", "bold")))
    after = document(heading, paragraph("now bold"))
    title, line = shown(compare(before, after))
    assert (title["type"], title["type_before"], title["attrs"]) == ("heading", "paragraph", {"level": 2})
    assert title["attrs_before"] == {}
    assert title["runs"] == [{"status": "kept", "text": "A title of some words"}]
    assert line["runs"] == [
        {"status": "kept", "text": "now "},
        {"status": "changed", "text": "bold", "marks_before": [{"type": "bold"}]},
    ]


def test_inside_lists_only_the_item_is_changed():
    def items(*lines: str) -> Json:
        return {"type": "bulletList", "content": [{"type": "listItem", "content": [paragraph(line)]} for line in lines]}

    [found] = shown(compare(document(items("milk", "bread")), document(items("milk", "bread and butter", "eggs"))))
    assert [block["status"] for block in found["blocks"]] == ["unchanged", "changed", "inserted"]


def test_long_unchanged_stretches_are_folded():
    lines = [paragraph(f"line {number}") for number in range(20)]
    changed = [*lines[:10], paragraph("line ten"), *lines[11:]]
    blocks = shown(compare(document(*lines), document(*changed), context=2))
    assert [(block["status"], block.get("count")) for block in blocks] == [
        ("folded", 8),
        ("unchanged", None),
        ("unchanged", None),
        ("changed", None),
        ("unchanged", None),
        ("unchanged", None),
        ("folded", 7),
    ]


@pytest.mark.parametrize(
    "large", [paragraph("x" * 2_000_001), {"type": "blockquote", "content": [paragraph()] * 100_001}]
)
def test_too_large_a_text_is_refused(large: Json):
    with pytest.raises(TooLargeToCompare):
        compare(document(large), document(paragraph("small")))


@pytest.mark.parametrize("many", [5_000, 100_000])
def test_what_would_be_quadratic_is_bounded(many: int):
    effort = Effort(1_000_000)
    found = align(["a", "b"] * many, ["b", "a", "a"] * many, effort)
    assert effort.left >= 0
    assert all(("a", "b")[at % 2] == ("b", "a", "a")[other % 3] for at, other in found)
