"""Changes of every kind an editor makes, drawn at random: formatted text, nested maps and arrays, XML, subdocuments."""

import random
from collections.abc import Callable
from typing import Any, Final, cast

from pycrdt import Array, Doc, Map, Text, XmlElement, XmlFragment, XmlText

__all__ = ["ROOTS", "edit_richly"]

ROOTS: Final = {"text": "text", "map": "map", "array": "array", "xml": "xml"}
"""Names of the root types, with their kind."""

_WORDS: Final = ("a", "bc", "grüße ", "🎉", "漢字", " ", "\n", "<b>&")
_MARKS: Final = ({"bold": True}, {"bold": None}, {"link": {"href": "https://example.org/?a=1&b=2"}}, {"size": 1.5})
_SCALARS: Final[tuple[Any, ...]] = (1, -7, 2**40, 2.5, True, None, "ü🎉", b"\x00\xff", {"a": [1, {"b": None}]}, [])

AnyDoc = Doc[Any]


def edit_richly(doc: AnyDoc, chance: random.Random) -> None:
    """One transaction of one to three changes."""
    with doc.transaction():
        for _ in range(chance.randint(1, 3)):
            chance.choice(_EDITS)(doc, chance)


def _places(text: str) -> list[int]:
    """Where something can be inserted, in bytes, as `pycrdt` counts."""
    return [len(text[:at].encode()) for at in range(len(text) + 1)]


def _range(text: str, chance: random.Random) -> tuple[int, int]:
    places = _places(text)
    first, second = sorted(chance.randrange(len(places)) for _ in range(2))
    return places[first], places[second]


def _type_text(text: Text, chance: random.Random) -> None:
    now = str(text)
    if now and chance.random() < 0.3:
        start, end = _range(now, chance)
        if end > start:
            del text[start:end]
        return
    text.insert(chance.choice(_places(now)), chance.choice(_WORDS), chance.choice((None, None, {"bold": True})))


def _edit_text(doc: AnyDoc, chance: random.Random) -> None:
    _type_text(doc.get("text", type=Text), chance)


def _format_text(doc: AnyDoc, chance: random.Random) -> None:
    text = doc.get("text", type=Text)
    start, end = _range(str(text), chance)
    if end > start:
        text.format(start, end, chance.choice(_MARKS))


def _new(chance: random.Random) -> Any:
    """A shared type, a subdocument or a plain value."""
    kinds: tuple[Callable[[], Any], ...] = (
        lambda: Map[Any]({"title": Text("t"), "n": 1}),
        lambda: Array[Any]([1, Map[Any]({"x": Array[Any]()}), "s"]),
        lambda: Text("inner"),
        lambda: AnyDoc(guid=f"inner-{chance.randrange(10)}"),
        lambda: chance.choice(_SCALARS),
    )
    return chance.choice(kinds)()


def _edit_map(doc: AnyDoc, chance: random.Random) -> None:
    _change_map(doc.get("map", type=Map), chance)


def _change_map(target: "Map[Any]", chance: random.Random) -> None:
    key = chance.choice("xyz")
    inner = target.get(key)
    if isinstance(inner, Map | Array | Text) and chance.random() < 0.6:
        _change(cast("object", inner), chance)
    elif key in target and chance.random() < 0.2:
        del target[key]
    else:
        target[key] = _new(chance)


def _edit_array(doc: AnyDoc, chance: random.Random) -> None:
    _change_array(doc.get("array", type=Array), chance)


def _change_array(target: "Array[Any]", chance: random.Random) -> None:
    length = len(target)
    at = chance.randrange(length + 1)
    if at < length and chance.random() < 0.3:
        del target[at]
        return
    inner = target[at] if at < length else None
    if isinstance(inner, Map | Array | Text) and chance.random() < 0.6:
        _change(cast("object", inner), chance)
    else:
        target.insert(at, _new(chance))


def _change(target: object, chance: random.Random) -> None:
    if isinstance(target, Text):
        _type_text(target, chance)
    elif isinstance(target, Array):
        _change_array(cast("Array[Any]", target), chance)
    else:
        _change_map(cast("Map[Any]", target), chance)


def _edit_xml(doc: AnyDoc, chance: random.Random) -> None:
    """As an editor for rich text does: blocks with attributes, and formatted text inside them."""
    parent: XmlFragment | XmlElement = doc.get("xml", type=XmlFragment)
    while True:
        blocks = [child for child in parent.children if isinstance(child, XmlElement)]
        if not blocks or chance.random() < 0.4:
            break
        parent = chance.choice(blocks)
    children = list(parent.children)
    texts = [child for child in children if isinstance(child, XmlText)]
    match chance.randrange(5):
        case 0 if children:
            del parent.children[chance.randrange(len(children))]
        case 1 if isinstance(parent, XmlElement):
            parent.attributes[chance.choice(("level", "align"))] = chance.choice(("1", "2", "left"))
        case 2 | 3 if texts:
            _change_xml_text(chance.choice(texts), chance)
        case _:
            name = chance.choice(("paragraph", "heading", "bulletList", "listItem"))
            element = XmlElement(name, {"level": "1"}, [XmlText("grüße 🎉")])
            parent.children.insert(chance.randrange(len(children) + 1), element)


def _change_xml_text(text: XmlText, chance: random.Random) -> None:
    # Its first character is ASCII whoever made it: `pycrdt` counts bytes, and a mark that ends within a character is
    # put between an item of the text and one of another parent, which Yjs reads as it happens to come.
    if chance.random() < 0.5:
        text.insert(0, "x" + chance.choice(_WORDS))
    else:
        text.format(0, 1, chance.choice(_MARKS))


_EDITS: Final[tuple[Callable[[AnyDoc, random.Random], None], ...]] = (
    _edit_text,
    _edit_text,
    _format_text,
    _edit_map,
    _edit_array,
    _edit_xml,
    _edit_xml,
)
