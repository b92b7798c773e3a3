"""Yjs documents made at random, with every update on the way."""

import random
from typing import Any, cast

from pycrdt import Array, Doc, Map, Text, TransactionEvent, XmlElement, XmlFragment, XmlText

__all__ = ["edit", "history"]


def edit(doc: Doc[Text], chance: random.Random) -> None:
    """One change of some kind; indices of `pycrdt` texts count bytes, so what is inserted in the middle is ASCII."""
    # The types of a document's roots are one type parameter for all of them.
    roots = cast("Doc[Any]", doc)
    text = roots.get("text", type=Text)
    shared_map: Map[Any] = roots.get("map", type=Map)
    array: Array[Any] = roots.get("array", type=Array)
    fragment = roots.get("xml", type=XmlFragment)
    length = len(str(text))
    kind = chance.randrange(8)
    if kind <= 2 or (kind == 3 and length < 4):
        text.insert(chance.randrange(length + 1), "abcdef"[: chance.randrange(1, 6)])
    elif kind == 3:
        at = chance.randrange(length - 3)
        del text[at : at + 3]
    elif kind == 4:
        value = chance.choice([1, -7, "ü🎉", None, True, 2.5, b"ab", {"a": [1, {"b": None}]}])
        shared_map[chance.choice("xyz")] = value
    elif kind == 5:
        array.append(chance.choice([Map({"q": Text("zz🎉")}), 3, "s", Array([1, 2])]))
    elif kind == 6:
        fragment.children.append(XmlElement("p", {"a": "b"}, [XmlText("grüße 🎉")]))
    elif length:
        text.format(0, min(3, length), {"bold": chance.choice([True, None])})


def history(seed: int, edits: int = 30) -> tuple[Doc[Text], list[bytes]]:
    """A document of one client and the update of each of its changes."""
    doc: Doc[Text] = Doc(client_id=1 + seed)
    updates: list[bytes] = []

    def keep(event: TransactionEvent) -> None:
        updates.append(event.update)

    doc.observe(keep)
    chance = random.Random(seed)
    for _ in range(edits):
        edit(doc, chance)
    return doc, updates
