"""From the editor's JSON to the CRDT, node for node as y-prosemirror writes it.

Source: https://github.com/ueberdosis/y-tiptap `src/plugins/sync-plugin.js`, `createTypeFromElementNode` and
`createTypeFromTextNodes`. No mark of the editor may be on a text twice, so none has a hash in its name.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, cast

import pycrdt
from pycrdt import XmlElement, XmlFragment, XmlText

from collab_collaboration.content.schema import (
    CODE,
    DOCUMENT,
    FIELD,
    MARKS,
    MAX_DEPTH,
    NODES,
    TEXT,
    Attribute,
    NodeType,
)
from collab_collaboration.content.tree import Json

__all__ = ["WrongContent", "from_json"]


class WrongContent(Exception):  # noqa: N818  # named for what was given
    """It is not a document of the editor. `path` leads to the node, as in `doc.content[3].content[0]`."""

    def __init__(self, path: str, expected: str) -> None:
        super().__init__(f"{path}: {expected}")
        self.path = path
        self.expected = expected


class _Node:
    """A node that was checked. `text` and `marks` are those of a text."""

    __slots__ = ("attributes", "children", "marks", "tag", "text")

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.attributes: dict[str, Json] = {}
        self.children: list[_Node] = []
        self.text = ""
        self.marks: dict[str, Json] = {}


def from_json(content: object, *, client: int | None = None) -> bytes:
    """One Yjs update that puts `content` into an empty document, written by `client` or one drawn at random.

    Marks on anything but text are left out, as the CRDT has no place for them. Raises `WrongContent`.
    """
    root = _checked(content, DOCUMENT, 1)
    if root.tag != DOCUMENT:
        raise WrongContent(DOCUMENT, f"expected a node of type {DOCUMENT!r}, not {root.tag!r}")
    # As many bits as Yjs has: the highest ids that yrs would draw stand for epochs.
    doc: pycrdt.Doc[Any] = pycrdt.Doc(client_id=secrets.randbits(32) if client is None else client)
    fragment = doc.get(FIELD, type=XmlFragment)
    with doc.transaction():
        _write_children(fragment, root.children)
    return doc.get_update()


# Checking


def _checked(given: object, path: str, depth: int) -> _Node:
    if depth > MAX_DEPTH:
        raise WrongContent(path, f"expected at most {MAX_DEPTH} nodes inside each other")
    if not isinstance(given, dict):
        raise WrongContent(path, "expected a node, an object with a type")
    source = cast("dict[str, Json]", given)
    tag = source.get("type")
    kind = NODES.get(tag) if isinstance(tag, str) else None
    if kind is None:
        raise WrongContent(path, f"expected a type the editor knows, not {str(tag)[:40]!r}")
    node = _Node(str(tag))
    node.attributes = _checked_attributes(source.get("attrs"), kind.attributes, f"{path}.attrs")
    if node.tag == TEXT:
        node.text = _checked_text(source.get("text"), f"{path}.text")
        node.marks = _checked_marks(source.get("marks"), f"{path}.marks")
    children = source.get("content")
    if children is not None and not isinstance(children, list):
        raise WrongContent(f"{path}.content", "expected a list of nodes")
    for at, child in enumerate(children or []):
        node.children.append(_checked(child, f"{path}.content[{at}]", depth + 1))
    _check_children(node, kind, path)
    return node


def _check_children(node: _Node, kind: NodeType, path: str) -> None:
    for at, child in enumerate(node.children):
        if child.tag not in kind.children:
            raise WrongContent(f"{path}.content[{at}]", f"there can be no {child.tag} in a {node.tag}")
        if child.marks and not kind.takes_marks:
            raise WrongContent(f"{path}.content[{at}].marks", f"text in a {node.tag} has no marks")
    if len(node.children) < kind.least:
        raise WrongContent(f"{path}.content", f"a {node.tag} cannot be empty")
    if kind.first is not None and node.children[0].tag != kind.first:
        raise WrongContent(f"{path}.content[0]", f"a {node.tag} begins with a {kind.first}")


def _checked_text(given: Json, path: str) -> str:
    if not isinstance(given, str) or not given:
        raise WrongContent(path, "expected a text that is not empty")
    try:
        given.encode()
    except UnicodeEncodeError:
        raise WrongContent(path, "expected whole characters, found half of one") from None
    return given


def _checked_marks(given: Json, path: str) -> dict[str, Json]:
    if given is None:
        return {}
    if not isinstance(given, list):
        raise WrongContent(path, "expected a list of marks")
    found: dict[str, Json] = {}
    for at, mark in enumerate(given):
        here = f"{path}[{at}]"
        name = mark.get("type") if isinstance(mark, dict) else None
        if not isinstance(mark, dict) or not isinstance(name, str) or name not in MARKS:
            raise WrongContent(here, f"expected a mark the editor knows: {', '.join(MARKS)}")
        if name in found:
            raise WrongContent(here, f"{name} is there twice")
        values = _checked_attributes(mark.get("attrs"), MARKS[name], f"{here}.attrs")
        if name == "link" and values["href"] is None:
            raise WrongContent(f"{here}.attrs.href", "expected an address")
        found[name] = cast("Json", values)
    if CODE in found and len(found) > 1:
        raise WrongContent(path, f"{CODE} has no other marks beside it")
    return found


def _checked_attributes(given: Json, known: Mapping[str, Attribute], path: str) -> dict[str, Json]:
    if given is None:
        given = {}
    if not isinstance(given, dict):
        raise WrongContent(path, "expected an object")
    found: dict[str, Json] = {}
    for name, attribute in known.items():
        value = given.get(name, attribute.default)
        if not attribute.is_valid(value):
            raise WrongContent(
                f"{path}.{name}", f"expected something like {attribute.default!r}, not {str(value)[:40]!r}"
            )
        if isinstance(value, str):
            _checked_whole(value, f"{path}.{name}")
        found[name] = value
    return found


def _checked_whole(value: str, path: str) -> None:
    if value:
        _checked_text(value, path)


# Writing


def _write_children(parent: XmlFragment | XmlElement, children: Sequence[_Node]) -> None:
    """Texts next to each other go into one shared text.

    The last comes first: to insert before all others takes the same time however many there are.
    """
    line: list[_Node] = []
    for child in reversed(children):
        if child.tag == TEXT:
            line.append(child)
            continue
        _write_line(parent, line[::-1])
        line = []
        _write_element(parent, child)
    _write_line(parent, line[::-1])


def _write_element(parent: XmlFragment | XmlElement, node: _Node) -> None:
    # Null is no attribute at all.
    attributes: dict[str, Any] = {name: value for name, value in node.attributes.items() if value is not None}
    element = parent.children.insert(0, XmlElement(node.tag, attributes, []))
    _write_children(element, node.children)


def _write_line(parent: XmlFragment | XmlElement, line: Sequence[_Node]) -> None:
    if not line:
        return
    text = parent.children.insert(0, XmlText(""))
    at = 0
    for run in line:
        text.insert(at, run.text, run.marks)
        at += len(run.text.encode())  # `pycrdt` counts bytes
