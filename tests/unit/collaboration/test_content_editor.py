"""Our schema, reading and writing beside those of the editor itself: TipTap, ProseMirror, y-prosemirror and Yjs."""

from base64 import b64decode
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from collab_collaboration.content.reading import read_content
from collab_collaboration.content.schema import INLINE, MARKS, NODES, NodeType
from collab_collaboration.content.writing import from_json
from tests.unit.collaboration.content_documents import ask_editor, documents, shown


def drawn(number: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []

    @given(st.lists(documents, min_size=20, max_size=20))
    @settings(
        max_examples=number // 20,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
    )
    @seed(number)
    def draw(some: list[dict[str, Any]]) -> None:
        found.extend(some)

    draw()
    return found


@pytest.fixture(scope="module")
def samples() -> Sequence[dict[str, Any]]:
    return drawn(400)


def expression(kind: NodeType, blocks: frozenset[str]) -> str:
    """As ProseMirror writes what a node holds."""
    names = kind.children
    inside = "block" if names == blocks else "inline" if names == INLINE else " | ".join(sorted(names))
    if not names:
        return ""
    if kind.first is not None:
        return f"{kind.first} {inside}*"
    return (f"({inside})" if "|" in inside else inside) + ("+" if kind.least else "*")


def test_the_schema_is_the_editors() -> None:
    (editor,) = ask_editor({"schema": True})
    blocks = frozenset(node["name"] for node in editor["nodes"] if node["block"])
    assert {node["name"]: (node["content"], node["takesMarks"], node["attributes"]) for node in editor["nodes"]} == {
        name: (
            expression(kind, blocks),
            kind.takes_marks,
            {each: attribute.default for each, attribute in kind.attributes.items()},
        )
        for name, kind in NODES.items()
    }
    assert [(mark["name"], mark["attributes"]) for mark in editor["marks"]] == [
        (name, {each: attribute.default for each, attribute in attributes.items()})
        for name, attributes in MARKS.items()
    ]
    # What may be there twice would need another name in the CRDT.
    assert not any(mark["overlaps"] for mark in editor["marks"])


def test_the_editor_shows_what_we_write(samples: Sequence[dict[str, Any]]) -> None:
    assert shown(*map(from_json, samples)) == list(samples)


def test_we_read_what_the_editor_writes(samples: Sequence[dict[str, Any]]) -> None:
    answers = ask_editor(*({"json": document} for document in samples))
    assert [read_content(b64decode(answer["update"])) for answer in answers] == [answer["json"] for answer in answers]
    assert [answer["json"] for answer in answers] == list(samples)
