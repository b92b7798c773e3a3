"""Documents as text, JSON, HTML and Markdown."""

import json
from typing import Any

import pytest
from pycrdt import Array, Doc, Map, Text, XmlElement, XmlFragment, XmlText

from collab_collaboration.doctor.rendering import render


def element(tag: str, **attributes: Any) -> XmlElement:
    return XmlElement(tag, attributes, [])


def paragraph(parent: XmlFragment | XmlElement, *runs: tuple[str, dict[str, Any]], tag: str = "paragraph") -> None:
    element = parent.children.append(XmlElement(tag, {}, []))
    text = element.children.append(XmlText(""))
    for words, marks in runs:
        text.insert(len(text), words, marks)


def rich() -> bytes:
    """One of everything that the editor writes."""
    doc: Doc[Any] = Doc()
    root = doc.get("default", type=XmlFragment)
    heading = root.children.append(element("heading", level=2))
    heading.children.append(XmlText("Grüße"))
    paragraph(root, ("plain ", {}), ("bold", {"bold": {}}), (" <&> ", {}), ("both", {"bold": {}, "italic": {}}))
    paragraph(
        root, ("here", {"link": {"href": "https://example.org/?a=1&b=2"}}), ("!", {"link--x1": {"href": "bad:x"}})
    )
    items = root.children.append(XmlElement("bulletList", {}, []))
    for words in ("one", "two"):
        paragraph(items.children.append(XmlElement("listItem", {}, [])), (words, {}))
    tasks = root.children.append(XmlElement("taskList", {}, []))
    for checked in (True, False):
        paragraph(tasks.children.append(element("taskItem", checked=checked)), ("task", {}))
    code = root.children.append(XmlElement("codeBlock", {}, []))
    code.children.append(XmlText("a < b\n```"))
    root.children.append(XmlElement("horizontalRule", {}, []))
    row = root.children.append(XmlElement("table", {}, [])).children.append(XmlElement("tableRow", {}, []))
    for words in ("x", "y|z"):
        paragraph(row.children.append(XmlElement("tableCell", {}, [])), (words, {}))
    paragraph(root.children.append(XmlElement("blockquote", {}, [])), ("said", {}))
    return doc.get_update()


def test_text() -> None:
    lines = [
        "Grüße",
        "plain bold <&> both",
        "here!",
        "one",
        "two",
        "task",
        "task",
        "a < b",
        "```",
        "",
        "x",
        "y|z",
        "said",
    ]
    assert render(rich(), "text").decode() == "\n".join(lines) + "\n"


def test_html() -> None:
    made = render(rich(), "html").decode()
    for expected in (
        "<h2>Grüße</h2>",
        "<p>plain <strong>bold</strong> &lt;&amp;&gt; <em><strong>both</strong></em></p>",
        '<p><a href="https://example.org/?a=1&amp;b=2">here</a>!</p>',
        "<ul><li><p>one</p>\n</li>\n<li><p>two</p>\n</li>\n</ul>",
        '<li><input type="checkbox" disabled checked><p>task</p>',
        "<pre><code>a &lt; b\n```</code></pre>",
        "<hr>",
        "<td><p>y|z</p>\n</td>",
        "<blockquote><p>said</p>\n</blockquote>",
    ):
        assert expected in made
    assert "bad:" not in made


def test_markdown() -> None:
    assert render(rich(), "markdown").decode() == (
        "## Grüße\n\n"
        "plain **bold** \\<&\\> ***both***\n\n"
        "[here](<https://example.org/?a=1&b=2>)!\n\n"
        "- one\n- two\n\n"
        "- [x] task\n- [ ] task\n\n"
        "````\na < b\n```\n````\n\n"
        "---\n\n"
        "| x | y\\|z |\n| --- | --- |\n\n"
        "> said\n"
    )


def test_json_of_every_kind_of_root() -> None:
    doc: Doc[Any] = Doc()
    doc.get("text", type=Text).insert(0, "grüße 🎉")
    shared_map: Map[Any] = doc.get("map", type=Map)
    shared_map["number"] = 3
    shared_map["nested"] = Map({"a": Array([1.5, None, True, b"ab"])})
    array: Array[Any] = doc.get("array", type=Array)
    array.extend([1, "s", Map({"q": Text("zz")}), {"plain": [1]}])
    gone = doc.get("gone", type=Text)
    gone.insert(0, "x")
    del gone[0:1]
    root = doc.get("default", type=XmlFragment)
    paragraph(root, ("bold", {"bold": {}}))
    assert json.loads(render(doc.get_update(), "json")) == {
        "text": "grüße 🎉",
        "map": {"number": 3, "nested": {"a": [1.5, None, True, "YWI="]}},
        "array": [1, "s", {"q": "zz"}, {"plain": [1]}],
        "gone": [],
        "default": [{"tag": "paragraph", "attributes": {}, "children": [{"text": "bold", "marks": {"bold": {}}}]}],
    }


@pytest.mark.parametrize("form", ["text", "html", "markdown", "json"])
def test_an_empty_document(form: Any) -> None:
    assert render(Doc[Any]().get_update(), form).decode().strip() in {"", "{}"}


def test_yjs_is_the_update_itself() -> None:
    update = rich()
    assert render(update, "yjs") is update
