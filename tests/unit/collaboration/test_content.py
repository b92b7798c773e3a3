"""Between the CRDT and the editor's JSON, each way."""

from typing import Any

import pytest
from hypothesis import given, settings
from pycrdt import Array, Doc, Map, Text, XmlElement, XmlFragment, XmlText

from collab_collaboration.content.reading import is_blank, read_content, to_json
from collab_collaboration.content.schema import MAX_DEPTH
from collab_collaboration.content.text import plain_text
from collab_collaboration.content.writing import WrongContent, from_json
from collab_collaboration.crdt import new_doc
from collab_collaboration.yupdate import read_extent
from tests.unit.collaboration.content_documents import documents

EMPTY: dict[str, Any] = {"type": "doc", "content": [{"type": "paragraph"}]}


def text(words: str, *marks: str) -> dict[str, Any]:
    return {"type": "text", **({"marks": [{"type": name} for name in marks]} if marks else {}), "text": words}


def node(kind: str, *content: Any, **attributes: Any) -> dict[str, Any]:
    return {
        "type": kind,
        **({"attrs": attributes} if attributes else {}),
        **({"content": list(content)} if content else {}),
    }


def doc_of(*elements: XmlElement | XmlText) -> Doc[Any]:
    doc: Doc[Any] = Doc()
    root = doc.get("default", type=XmlFragment)
    for element in elements:
        root.children.append(element)
    return doc


@given(documents)
@settings(deadline=None, derandomize=True, max_examples=150)
def test_what_was_written_is_read(document: dict[str, Any]) -> None:
    update = from_json(document)
    assert read_content(update) == document
    assert read_extent(update)  # the strict reader lets it through


@given(documents)
@settings(deadline=None, derandomize=True, max_examples=50)
def test_what_was_read_can_be_written(document: dict[str, Any]) -> None:
    once = read_content(from_json(document))
    assert read_content(from_json(once)) == once


def test_reading_an_open_document_changes_nothing() -> None:
    doc = new_doc(from_json(node("doc", node("paragraph", text("a")))))
    before = doc.get_update()
    assert to_json(doc) == to_json(doc) == node("doc", node("paragraph", text("a")))
    assert doc.get_update() == before


def test_the_client_can_be_given() -> None:
    assert list(new_doc(from_json(EMPTY, client=77)).get_state()) == [1, 77, 1]


@pytest.mark.parametrize("kind", ["text", "map", "array", "nothing"])
def test_a_document_without_rich_text_is_an_empty_paragraph(kind: str) -> None:
    doc: Doc[Any] = Doc()
    if kind == "text":
        doc.get("default", type=Text).insert(0, "x")
    elif kind == "map":
        doc.get("default", type=Map)["a"] = 1
    elif kind == "array":
        doc.get("default", type=Array).append("x")
    assert read_content(doc.get_update()) == EMPTY


# What the editor would not write


def test_text_without_a_paragraph() -> None:
    assert to_json(doc_of(XmlText("loose"), XmlElement("hardBreak", {}, []), XmlText("line"))) == node(
        "doc", node("paragraph", text("loose"), node("hardBreak"), text("line"))
    )


def test_texts_beside_each_other_are_one() -> None:
    assert to_json(doc_of(XmlElement("paragraph", {}, [XmlText("a"), XmlText(""), XmlText("b")]))) == node(
        "doc", node("paragraph", text("ab"))
    )


@pytest.mark.parametrize(
    ("given", "read"),
    [
        # Unknown: what is inside.
        (XmlElement("callout", {}, [XmlElement("paragraph", {}, [XmlText("a")])]), node("paragraph", text("a"))),
        (XmlElement("paragraph", {}, [XmlElement("mention", {}, [XmlText("a")])]), node("paragraph", text("a"))),
        (XmlElement("doc", {}, [XmlText("a")]), node("paragraph", text("a"))),
        # Known, and not where it can be.
        (XmlElement("listItem", {}, [XmlElement("paragraph", {}, [XmlText("a")])]), node("paragraph", text("a"))),
        (XmlElement("paragraph", {}, [XmlElement("heading", {}, [XmlText("a")])]), node("heading", text("a"), level=1)),
        (XmlElement("table", {}, [XmlElement("paragraph", {}, [XmlText("a")])]), node("paragraph", text("a"))),
        # What is missing is put there.
        (XmlElement("blockquote", {}, []), node("blockquote", node("paragraph"))),
        (
            XmlElement("bulletList", {}, [XmlElement("listItem", {}, [XmlElement("horizontalRule", {}, [])])]),
            node("bulletList", node("listItem", node("paragraph"), node("horizontalRule"))),
        ),
        (
            XmlElement("bulletList", {}, [XmlElement("listItem", {}, [XmlText("a")])]),
            node("bulletList", node("listItem", node("paragraph", text("a")))),
        ),
        # Attributes that cannot be.
        (XmlElement("heading", {"level": 7, "align": "x"}, [XmlText("a")]), node("heading", text("a"), level=1)),  # type: ignore[dict-item]
        (
            XmlElement("codeBlock", {}, [XmlText("a"), XmlElement("hardBreak", {}, []), XmlText("b")]),
            node("codeBlock", text("a\nb"), language=None),
        ),
    ],
)
def test_nothing_written_is_lost(given: XmlElement, read: dict[str, Any]) -> None:
    assert to_json(doc_of(given)) == node("doc", read)


def test_a_list_without_items_is_nothing() -> None:
    assert to_json(doc_of(XmlElement("bulletList", {}, []))) == EMPTY


@pytest.mark.parametrize(
    ("marks", "read"),
    [
        ({"bold": {}, "italic": None}, ["bold"]),
        ({"comment": {"id": 1}}, []),
        ({"italic": {}, "bold": {}}, ["bold", "italic"]),
        ({"code": {}, "bold": {}}, ["code"]),
        ({"bold--0123abcd": {}}, ["bold"]),
        ({"link": {"href": "javascript:alert(1)"}}, []),
        ({"link": True}, []),
    ],
)
def test_marks(marks: dict[str, Any], read: list[str]) -> None:
    doc = doc_of(XmlElement("paragraph", {}, [XmlText("")]))
    paragraph = doc.get("default", type=XmlFragment).children[0]
    assert isinstance(paragraph, XmlElement)
    shared = paragraph.children[0]
    assert isinstance(shared, XmlText)
    shared.insert(0, "a", marks)
    assert to_json(doc) == node("doc", node("paragraph", text("a", *read)))


def test_what_is_too_deep_is_left_out() -> None:
    doc = doc_of(XmlElement("paragraph", {}, [XmlText("top")]))
    parent: XmlFragment | XmlElement = doc.get("default", type=XmlFragment)
    for _ in range(3000):
        parent = parent.children.append(XmlElement("blockquote", {}, []))
    parent.children.append(XmlElement("paragraph", {}, [XmlText("bottom")]))
    read = to_json(doc)
    assert plain_text(read).startswith("top\n")
    from_json(read)


# What is refused


def deep(levels: int) -> dict[str, Any]:
    made = node("paragraph", text("a"))
    for _ in range(levels):
        made = node("blockquote", made)
    return node("doc", made)


def test_as_deep_as_can_be() -> None:
    assert read_content(from_json(deep(MAX_DEPTH - 3))) == deep(MAX_DEPTH - 3)
    with pytest.raises(WrongContent, match="inside each other"):
        from_json(deep(MAX_DEPTH - 2))


@pytest.mark.parametrize(
    ("given", "path"),
    [
        (None, "doc"),
        ([], "doc"),
        ({}, "doc"),
        (node("paragraph"), "doc"),
        (node("doc"), "doc.content"),
        ({"type": "doc", "content": "text"}, "doc.content"),
        (node("doc", node("video", src="x")), "doc.content[0]"),
        (node("doc", text("a")), "doc.content[0]"),
        (node("doc", node("paragraph"), node("bulletList")), "doc.content[1].content"),
        (
            node("doc", node("bulletList", node("listItem", node("horizontalRule")))),
            "doc.content[0].content[0].content[0]",
        ),
        (node("doc", node("heading", level=4)), "doc.content[0].attrs.level"),
        (node("doc", node("heading", level=True)), "doc.content[0].attrs.level"),
        (node("doc", node("paragraph", text(""))), "doc.content[0].content[0].text"),
        (node("doc", node("paragraph", text("\ud83c"))), "doc.content[0].content[0].text"),
        (node("doc", node("codeBlock", language="\ud83c")), "doc.content[0].attrs.language"),
        (node("doc", node("paragraph", text("a", "blink"))), "doc.content[0].content[0].marks[0]"),
        (node("doc", node("paragraph", text("a", "bold", "bold"))), "doc.content[0].content[0].marks[1]"),
        (node("doc", node("paragraph", text("a", "bold", "code"))), "doc.content[0].content[0].marks"),
        (node("doc", node("paragraph", text("a", "link"))), "doc.content[0].content[0].marks[0].attrs.href"),
        (node("doc", node("codeBlock", text("a", "bold"))), "doc.content[0].content[0].marks"),
        (node("doc", {"type": "paragraph", "attrs": 3}), "doc.content[0].attrs"),
        (
            node("doc", node("paragraph", {"type": "text", "text": "a", "marks": {"bold": 1}})),
            "doc.content[0].content[0].marks",
        ),
    ],
)  # fmt: skip
def test_what_is_no_document(given: Any, path: str) -> None:
    with pytest.raises(WrongContent) as caught:
        from_json(given)
    assert caught.value.path == path


@pytest.mark.parametrize(
    "href", ["javascript:alert(1)", "JaVaScript:x", "java\nscript:x", "data:text/html,x", "\u0001vbscript:x"]
)
def test_a_link_that_runs_is_refused(href: str) -> None:
    link = {"type": "text", "text": "a", "marks": [{"type": "link", "attrs": {"href": href}}]}
    with pytest.raises(WrongContent):
        from_json(node("doc", node("paragraph", link)))


def test_what_is_left_out_has_its_default() -> None:
    given = node("doc", {"type": "orderedList", "content": [node("listItem", node("paragraph"))]})
    assert read_content(from_json(given)) == node(
        "doc", node("orderedList", node("listItem", node("paragraph")), start=1, type=None)
    )


# Text


def test_plain_text() -> None:
    cell = node("tableCell", node("paragraph", text("c")), colspan=1)
    content = node(
        "doc",
        node("heading", text("Grüße"), level=1),
        node("paragraph", text("a"), text("b", "bold"), node("hardBreak"), text("c")),
        node("bulletList", node("listItem", node("paragraph", text("one")), node("paragraph", text("more")))),
        node("codeBlock", text("x\ny")),
        node("horizontalRule"),
        node("table", node("tableRow", cell, cell)),
        node("paragraph"),
    )
    assert plain_text(content) == "Grüße\nab\nc\none\nmore\nx\ny\nc\nc\n\n"
    assert plain_text(EMPTY) == "\n"


def test_blank() -> None:
    assert is_blank(EMPTY)
    assert is_blank(to_json(doc_of()))
    assert not is_blank(node("doc", node("paragraph", text(" "))))
    assert not is_blank(node("doc", node("paragraph"), node("horizontalRule")))
