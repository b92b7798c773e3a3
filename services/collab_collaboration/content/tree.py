"""A document as plain data, whatever shared types it is made of.

What kind a root is, an update does not say: it is whatever the program that opens it takes it for. Here it is told by
what is in it. `pycrdt` reads a root as another kind than it is with wrong results, or never ends, so the order of the
questions matters: as a text, anything may be read.
"""

import base64
from collections.abc import Iterable
from typing import Any, Final, TypeAlias, cast

import pycrdt
from msgspec import Struct
from pycrdt import Array, Map, Text, XmlElement, XmlFragment, XmlText

from collab_collaboration.crdt import new_doc

__all__ = ["Element", "Json", "Node", "Root", "Run", "read_nodes", "read_roots", "to_plain"]

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


class Run(Struct, frozen=True):
    """A piece of text, and its marks by name."""

    text: str
    marks: dict[str, Json]


class Element(Struct, frozen=True):
    """A node of a rich text; `tag` and `attributes` are the editor's."""

    tag: str
    attributes: dict[str, Json]
    children: "list[Node]"


Node: TypeAlias = Element | Run
_MAX_DEPTH: Final = 200
"""No editor shows what is deeper than this, and none writes it; what does would be more than a stack can hold."""

Root: TypeAlias = "list[Node] | str | Json"
"""A rich text, a text, or what a map or array holds."""


def read_roots(state: bytes) -> dict[str, Root]:
    """What a document's roots hold, by name. Raises `Unmergeable`."""
    doc: pycrdt.Doc[Any] = new_doc(state).inner
    return {name: _root(doc, name) for name in sorted(doc.keys())}


def _root(doc: "pycrdt.Doc[Any]", name: str) -> Root:
    chunks: list[Any] = [chunk for chunk, _ in doc.get(name, type=Text).diff()]
    if any(isinstance(chunk, (XmlElement, XmlText, XmlFragment)) for chunk in chunks):
        return read_nodes(doc.get(name, type=XmlFragment), _MAX_DEPTH)
    if any(isinstance(chunk, str) for chunk in chunks):
        return str(doc.get(name, type=Text))
    as_map = cast("Map[Any]", doc.get(name, type=Map))
    return to_plain(as_map if len(as_map) else doc.get(name, type=Array))


def read_nodes(parent: XmlFragment | XmlElement, depth: int) -> list[Node]:
    """What is in `parent`, to `depth` levels: what lies deeper is left out."""
    nodes: list[Node] = []
    for child in parent.children if depth else ():
        if isinstance(child, XmlText):
            nodes += _runs(child)
        elif isinstance(child, XmlElement):
            attributes = cast("Iterable[tuple[str, Any]]", child.attributes)
            values = {key: to_plain(value) for key, value in attributes}
            nodes.append(Element(child.tag or "", values, read_nodes(child, depth - 1)))
        else:
            nodes += read_nodes(child, depth - 1)
    return nodes


def _runs(text: XmlText) -> list[Run]:
    """Without embedded objects. y-prosemirror writes overlapping marks of one kind as `name--hash`."""
    return [
        Run(chunk, {name.partition("--")[0]: to_plain(value) for name, value in (marks or {}).items()})
        for chunk, marks in text.diff()
        if isinstance(chunk, str)
    ]


def to_plain(value: Any) -> Json:
    """A shared type or value as JSON has it: bytes as base64, rich text as its words, a subdocument as its id."""
    if isinstance(value, (Map, dict)):
        content = cast("dict[str, Any]", value)
        found: Json = {str(name): to_plain(content[name]) for name in content}
    elif isinstance(value, (Array, list)):
        found = [to_plain(each) for each in cast("list[Any]", value)]
    elif isinstance(value, pycrdt.Doc):
        found = value.guid
    elif isinstance(value, (bytes, bytearray)):
        found = base64.b64encode(value).decode()
    elif isinstance(value, float) and value.is_integer():
        found = int(value)  # JavaScript has one kind of number
    elif value is None or isinstance(value, (bool, int, float, str)):
        found = value
    else:
        found = str(value)
    return found
