"""From the CRDT to the editor's JSON.

What is in a document need not be what the editor would make: two people's edits merged may leave a list without items,
another program may write what the editor does not know. Nothing that is text is lost for that: a node that cannot be
where it is gives its children to its parent. So what is returned always follows the schema.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import pycrdt
from pycrdt import XmlFragment

from collab_collaboration.content.schema import (
    CODE,
    DOCUMENT,
    FIELD,
    HARD_BREAK,
    INLINE,
    MARKS,
    MAX_DEPTH,
    NODES,
    PARAGRAPH,
    TEXT,
    Attribute,
    NodeType,
)
from collab_collaboration.content.tree import Element, Json, Node, Run, read_nodes
from collab_collaboration.crdt import Doc, new_doc

__all__ = ["Content", "is_blank", "read_content", "to_json"]

Content = dict[str, Json]
"""A node as ProseMirror's `Node.toJSON` writes it."""


def read_content(state: bytes) -> Content:
    """Of one Yjs update with everything. Raises `Unmergeable`."""
    return to_json(new_doc(state))


def to_json(doc: "Doc | pycrdt.Doc[Any]") -> Content:
    """The whole text; one empty paragraph for a document without. Calling it for an open document changes nothing."""
    inner: pycrdt.Doc[Any] = doc.inner if isinstance(doc, Doc) else doc
    fragment = inner.get(FIELD, type=XmlFragment)
    found = _fitting(_children(read_nodes(fragment, MAX_DEPTH), 1), NODES[DOCUMENT])
    return {"type": DOCUMENT, "content": cast("Json", found or [_paragraph([])])}


def is_blank(content: Content) -> bool:
    """Whether there is nothing in it but empty paragraphs."""
    children = cast("list[Content]", content.get("content", []))
    return all(child["type"] == PARAGRAPH and not child.get("content") for child in children)


def _children(nodes: Sequence[Node], depth: int) -> list[Content]:
    found: list[Content] = []
    for node in nodes:
        if isinstance(node, Element):
            found += _of_element(node, depth + 1)
        elif node.text:
            _add_text(found, _of_run(node))
    return found


def _of_element(element: Element, depth: int) -> list[Content]:
    """The node, or its children in its place."""
    children = _children(element.children, depth)
    kind = NODES.get(element.tag)
    if kind is None or element.tag in {DOCUMENT, TEXT} or depth >= MAX_DEPTH:
        return children
    if not kind.takes_marks:
        children = _without_marks(children)
    if kind.children >= NODES[DOCUMENT].children:
        children = _fitting(children, kind)
    if kind.first is not None and (not children or children[0]["type"] != kind.first):
        children = [_paragraph([]), *children]
    if kind.least and not children and PARAGRAPH in kind.children:
        children = [_paragraph([])]
    if len(children) < kind.least or any(child["type"] not in kind.children for child in children):
        return children
    made: Content = {"type": element.tag}
    if kind.attributes:
        made["attrs"] = _attributes(element.attributes, kind.attributes)
    if children:
        made["content"] = cast("Json", children)
    return [made]


def _fitting(children: list[Content], kind: NodeType) -> list[Content]:
    """Blocks as they are, lines of text as paragraphs, and of all else what is inside."""
    found: list[Content] = []
    line: list[Content] = []
    for child in _unwrapped(children, kind):
        if child["type"] in INLINE:
            _add_text(line, child)
            continue
        if line:
            found.append(_paragraph(line))
            line = []
        found.append(child)
    return [*found, _paragraph(line)] if line else found


def _unwrapped(children: Sequence[Content], kind: NodeType) -> Iterator[Content]:
    for child in children:
        if child["type"] in kind.children or child["type"] in INLINE:
            yield child
        else:
            yield from _unwrapped(cast("list[Content]", child.get("content", [])), kind)


def _without_marks(children: Sequence[Content]) -> list[Content]:
    """For code, which is text alone."""
    found: list[Content] = []
    for child in children:
        if child["type"] == HARD_BREAK:
            _add_text(found, {"type": TEXT, "text": "\n"})
        else:
            _add_text(found, {key: value for key, value in child.items() if key != "marks"})
    return found


def _add_text(nodes: list[Content], node: Content) -> None:
    """Texts with the same marks are one."""
    last = nodes[-1] if nodes else None
    if last and node["type"] == last["type"] == TEXT and node.get("marks") == last.get("marks"):
        nodes[-1] = {**last, "text": f"{last['text']}{node['text']}"}
    else:
        nodes.append(node)


def _paragraph(line: Sequence[Content]) -> Content:
    return {"type": PARAGRAPH, "content": cast("Json", list(line))} if line else {"type": PARAGRAPH}


def _of_run(run: Run) -> Content:
    marks: list[Content] = []
    # A mark taken off is null.
    given_marks = {name: given for name, given in run.marks.items() if given is not None}
    if CODE in given_marks:  # to the editor, code excludes all others
        given_marks = {name: given for name, given in given_marks.items() if name == CODE}
    for name, attributes in MARKS.items():
        given = given_marks.get(name)
        if given is None:
            continue
        if not attributes:
            marks.append({"type": name})
            continue
        values = _attributes(given if isinstance(given, dict) else {}, attributes)
        if name != "link" or values["href"] is not None:
            marks.append({"type": name, "attrs": values})
    made: Content = {"type": TEXT}
    if marks:
        made["marks"] = cast("Json", marks)
    return {**made, "text": run.text}


def _attributes(given: Mapping[str, Json], known: Mapping[str, Attribute]) -> dict[str, Json]:
    """Every attribute: a default where there is none, or none that can be."""
    return {
        name: given[name] if name in given and attribute.is_valid(given[name]) else attribute.default
        for name, attribute in known.items()
    }
