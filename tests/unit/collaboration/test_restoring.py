"""Restoring a version as one edit: the text is the version's afterwards, and what can stay as it is does."""

import random
from typing import Any

import pycrdt
from hypothesis import given, settings
from hypothesis import strategies as st
from pycrdt import XmlElement, XmlFragment, XmlText

from collab_collaboration.content.reading import read_content
from collab_collaboration.content.writing import from_json
from collab_collaboration.crdt import new_doc
from collab_collaboration.history.restoring import restoring_update
from collab_collaboration.yupdate import additions, read_extent, read_state_vector
from tests.unit.collaboration.content_documents import documents

Json = dict[str, Any]


def text(words: str, *marks: str) -> Json:
    return {"type": "text", "text": words, **({"marks": [{"type": mark} for mark in marks]} if marks else {})}


def paragraph(*nodes: Json | str) -> Json:
    content = [text(node) if isinstance(node, str) else node for node in nodes]
    return {"type": "paragraph", "content": content} if content else {"type": "paragraph"}


def document(*blocks: Json) -> Json:
    return {"type": "doc", "content": list(blocks)}


class Person:
    """An editor of somebody's own."""

    def __init__(self, state: bytes, client: int) -> None:
        self.doc: pycrdt.Doc[Any] = pycrdt.Doc(client_id=client)
        self.doc.apply_update(state)

    @property
    def fragment(self) -> XmlFragment:
        return self.doc.get("default", type=XmlFragment)

    @property
    def state(self) -> bytes:
        return self.doc.get_update()

    def line(self, block: int) -> XmlText:
        element = self.fragment.children[block]
        assert isinstance(element, XmlElement)
        found = element.children[0]
        assert isinstance(found, XmlText)
        return found

    def shown(self) -> list[str]:
        return [
            "".join(child["text"] for child in block.get("content", []))  # pyright: ignore
            for block in read_content(self.state)["content"]  # pyright: ignore
        ]


def restored(present: bytes, wanted: bytes) -> bytes:
    update = restoring_update(present, wanted, client=99)
    return present if update is None else new_doc(present, update).get_update()


@given(before=documents, wanted=documents)
@settings(max_examples=60, deadline=None)
def test_the_text_is_the_versions_afterwards_and_asking_again_changes_nothing(before: Json, wanted: Json):
    present, version = from_json(before), from_json(wanted)
    after = restored(present, version)
    assert read_content(after) == read_content(version)
    assert restoring_update(after, version, client=98) is None


@given(wanted=documents, seed=st.integers(0, 2**32))
@settings(max_examples=40, deadline=None)
def test_later_edits_of_the_same_document_are_taken_back(wanted: Json, seed: int):
    version = from_json(wanted)
    writer = Person(version, 5)
    draw = random.Random(seed)
    for number in range(draw.randint(0, 4)):
        change_something(writer, draw)
        place = draw.randint(0, len(writer.fragment.children))
        writer.fragment.children.insert(place, XmlElement("paragraph", {}, [XmlText(f"number {number}")]))
    update = restoring_update(writer.state, version, client=99)
    if update is None:
        assert read_content(writer.state) == read_content(version)
        return
    # The service's own reader takes it for an ordinary edit: it stands on nothing but what is there.
    moved = additions(read_extent(update), read_state_vector(writer.doc.get_state()))
    assert moved is not None
    assert set(moved) <= {99}
    assert read_content(new_doc(writer.state, update).get_update()) == read_content(version)


def change_something(writer: Person, draw: random.Random) -> None:
    at = draw.randrange(len(writer.fragment.children))
    element = writer.fragment.children[at]
    assert isinstance(element, XmlElement)
    if len(element.children) and isinstance(found := element.children[0], XmlText):
        found.insert(0, "new ", {"bold": {}} if draw.random() < 0.5 else None)
        found.format(0, 2, {"italic": {}})
    elif len(writer.fragment.children) > 1:
        del writer.fragment.children[at]


def test_what_is_equal_keeps_its_place_in_the_crdt():
    version = from_json(document(paragraph("one"), paragraph("two"), paragraph("three")))
    writer = Person(version, 5)
    writer.fragment.children.insert(1, XmlElement("paragraph", {}, [XmlText("between")]))
    del writer.fragment.children[0]
    update = restoring_update(writer.state, version, client=99)
    assert update is not None
    spans = {client: end for client, _, end in read_extent(update).spans}
    # Only "one" is written, in the place of "between"; the other two are as they were.
    assert spans == {99: len("one")}


def test_an_offline_edit_of_a_changed_paragraph_is_in_the_result():
    version = from_json(document(paragraph("The quick brown fox"), paragraph("stays")))
    writer = Person(version, 5)
    offline = Person(version, 6)
    line = writer.line(0)
    del line[4:9]
    line.insert(4, "slow")
    offline.line(0).insert(19, " jumps")
    offline.line(1).insert(5, " put")
    after = restored(writer.state, version)
    merged = Person(after, 7)
    merged.doc.apply_update(offline.state)
    assert merged.shown() == ["The quick brown fox jumps", "stays put"]


def test_what_is_written_while_it_is_restored_stays():
    version = from_json(document(paragraph("alpha"), paragraph("beta")))
    writer = Person(version, 5)
    writer.line(0).insert(5, " gamma")
    update = restoring_update(writer.state, version, client=99)
    assert update is not None
    writer.line(0).insert(11, " delta")
    writer.line(1).insert(4, " epsilon")
    writer.doc.apply_update(update)
    assert writer.shown() == ["alpha delta", "beta epsilon"]


def test_marks_alone_are_put_back_without_touching_the_text():
    version = from_json(document(paragraph("plain ", text("bold", "bold"), " 👩‍👩‍👧‍👦 end")))
    writer = Person(version, 5)
    writer.line(0).format(0, 20, {"italic": {}, "bold": None})
    update = restoring_update(writer.state, version, client=99)
    assert update is not None
    after = new_doc(writer.state, update).get_update()
    assert read_content(after) == read_content(version)
    assert read_extent(update).spans[0][2] <= 8, "signs of formatting only"


def test_what_the_editor_does_not_know_comes_back_too():
    doc: pycrdt.Doc[Any] = pycrdt.Doc(client_id=4)
    fragment = doc.get("default", type=XmlFragment)
    chart: dict[str, Any] = {"data": [1, 2], "title": "Sales"}
    fragment.children.append(XmlElement("chart", chart, [XmlText("caption")]))
    version = doc.get_update()
    writer = Person(version, 5)
    del writer.fragment.children[:]
    after = Person(restored(writer.state, version), 7)
    found = after.fragment.children[0]
    assert isinstance(found, XmlElement)
    assert (found.tag, dict(found.attributes)) == ("chart", {"data": [1, 2], "title": "Sales"})  # pyright: ignore
    assert str(found.children[0]) == "caption"


def test_a_version_of_nothing_empties_the_text():
    empty = pycrdt.Doc[Any]().get_update()
    after = restored(from_json(document(paragraph("all of it"))), empty)
    assert read_content(after) == read_content(empty)
    assert restoring_update(empty, empty, client=99) is None
