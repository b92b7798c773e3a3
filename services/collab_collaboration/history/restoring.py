"""Makes the text of one document what that of another is, with as little change as can be, as one ordinary edit.

What is equal stays as it is, so that carets, comments' passages and who wrote it stay; what is alike is changed in its
place, character by character, so that what others write in it meanwhile, or wrote offline, stays too. The shared types
are compared, not the editor's JSON: also what the editor does not know comes back as it was.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias, cast

import pycrdt
from pycrdt import TransactionEvent, XmlElement, XmlFragment, XmlText

from collab_collaboration.content.schema import FIELD, MAX_DEPTH
from collab_collaboration.content.tree import Json, to_plain
from collab_collaboration.crdt import Doc, Unmergeable, apply
from collab_collaboration.history.alignment import Effort, align, pair
from collab_collaboration.history.words import Line, likeness, stretches

__all__ = ["restoring_update"]

_EFFORT: Final = 4_000_000
_TEXT: Final = "#text"
_STRANGE: Final = "#strange"
"""What no version brings back and nothing is made of: it can only go."""
_STRANGE_KEY: Final = -1

Marks: TypeAlias = dict[str, Json]
Runs: TypeAlias = "list[tuple[str, Marks]]"
Shared: TypeAlias = XmlElement | XmlFragment | XmlText


class _Node:
    __slots__ = ("attributes", "children", "key", "runs", "shared", "tag")

    def __init__(self, tag: str, shared: Shared) -> None:
        self.tag = tag
        self.shared = shared
        self.attributes: dict[str, Json] = {}
        self.children: list[_Node] = []
        self.runs: Runs = []
        self.key = 0


def restoring_update(present: bytes, wanted: bytes, *, client: int) -> bytes | None:
    """The edit, by `client`, that makes the text of `present` that of `wanted`; `None` where it is that already.

    Both are Yjs updates with everything. Raises `Unmergeable`.
    """
    keys = _Keys()
    target = _read(_fragment(_opened(wanted, client)), keys, of_version=True)
    doc = _opened(present, client)
    fragment = _fragment(doc)
    found = _read(fragment, keys)
    inside = keys.inside(target)
    if keys.inside(found) == inside:
        return None
    made: list[bytes] = []

    def keep(event: TransactionEvent) -> None:
        made.append(event.update)

    subscription = doc.observe(keep)
    try:
        with doc.transaction():
            _Restoring().children(fragment, found, target)
            if keys.inside(_read(fragment, keys)) != inside:
                # Nothing known leads here; but half a restoring would be worse than one that spares nothing.
                del fragment.children[:]
                _insert(fragment, 0, target)
                if keys.inside(_read(fragment, keys)) != inside:
                    raise Unmergeable("the text cannot be written as it was")
    except (KeyboardInterrupt, SystemExit, Unmergeable):
        raise
    except BaseException as error:  # see `crdt`
        raise Unmergeable(str(error) or type(error).__name__) from error
    finally:
        doc.unobserve(subscription)
    return made[0] if made else None


class _Keys:
    """Numbers for what nodes hold: the same for equal ones, and for no others."""

    def __init__(self) -> None:
        self._known: dict[object, int] = {}

    def of(self, *parts: object) -> int:
        return self._known.setdefault(parts, len(self._known))

    def inside(self, nodes: Sequence[_Node]) -> list[int]:
        """Of what nodes beside each other hold: however a text is divided, and whatever stands for no text."""
        found: list[int] = []
        runs: Runs = []
        for node in nodes:
            if node.tag == _TEXT:
                runs += node.runs
                continue
            if runs:
                found.append(self.of(_TEXT, *_normal(runs)))
                runs = []
            found.append(node.key)
        return [*found, self.of(_TEXT, *_normal(runs))] if runs else found


class _Restoring:
    def __init__(self) -> None:
        self._effort = Effort(_EFFORT)

    def children(self, parent: XmlElement | XmlFragment, found: Sequence[_Node], target: Sequence[_Node]) -> None:
        """From the last to the first, so that places before stay what they are."""
        partners = dict[int, int]()
        at = wanted_at = 0
        same = align([node.key for node in found], [node.key for node in target], self._effort)
        for place, wanted_place in [*same, (len(found), len(target))]:
            for one, other in self._alike(found[at:place], target[wanted_at:wanted_place]):
                partners[wanted_at + other] = at + one
            partners[wanted_place] = place
            at, wanted_at = place + 1, wanted_place + 1
        at = len(found)
        for wanted_at in range(len(target) - 1, -1, -1):
            wanted = target[wanted_at]
            if (place := partners.get(wanted_at)) is None:
                _insert(parent, at, [wanted])
                continue
            del parent.children[place + 1 : at]
            at = place
            if found[place].key != wanted.key:
                self._change(found[place], wanted)
        del parent.children[0:at]

    def _alike(self, found: Sequence[_Node], target: Sequence[_Node]) -> list[tuple[int, int]]:
        if not found or not target:
            return []
        have, want = ([likeness(node.tag, _text_of(node), self._effort) for node in nodes] for nodes in (found, target))
        pairs = pair(have, want, self._effort, leftovers=True)
        return [(one, other) for one, other in pairs if found[one].tag != _STRANGE]

    def _change(self, found: _Node, wanted: _Node) -> None:
        if isinstance(found.shared, XmlText):
            self._change_text(found.shared, found.runs, wanted.runs)
        elif isinstance(found.shared, XmlElement):
            for name in found.attributes.keys() - wanted.attributes.keys():
                del found.shared.attributes[name]
            for name, value in wanted.attributes.items():
                if name not in found.attributes or not _is_same(found.attributes[name], value):
                    cast("Any", found.shared.attributes)[name] = value
            self.children(found.shared, found.children, wanted.children)

    def _change_text(self, text: XmlText, found: Runs, wanted: Runs) -> None:
        before, after = Line(found), Line(wanted)
        names = {name for _, marks in [*found, *wanted] for name in marks}
        changes: list[tuple[int, int, int, int]] = []
        at = byte_at = 0
        for is_kept, start, end, after_start, after_end in stretches(before.text, after.text, self._effort):
            byte_at += len(before.text[at:start].encode())
            at = start
            if not is_kept:
                changes.append((byte_at, len(before.text[start:end].encode()), after_start, after_end))
        for place, length, after_start, after_end in reversed(changes):
            if length:
                del text[place : place + length]
            for words, marks in reversed(list(after.runs(after_start, after_end))):
                # A mark that is not named is taken over from what is there.
                text.insert(place, words, _only(marks, names))
        self._change_marks(text, after, names)

    def _change_marks(self, text: XmlText, wanted: Line[Marks], names: set[str]) -> None:
        changes: list[tuple[int, int, Marks]] = []
        at = byte_at = 0
        for words, marks in _runs(text.diff()):
            end = at + len(words)
            while at < end:
                step = min(end, wanted.end_of_run(at)) - at
                size = len(wanted.text[at : at + step].encode())
                then = wanted.marks_at(at)
                change = {
                    name: then.get(name)
                    for name in names | marks.keys()
                    if not _is_same(marks.get(name), then.get(name))
                }
                if change:
                    changes.append((byte_at, byte_at + size, change))
                at, byte_at = at + step, byte_at + size
        for start, end, change in changes:
            text.format(start, end, change)


def _opened(state: bytes, client: int) -> "pycrdt.Doc[Any]":
    doc = Doc(client)
    apply(doc, state)
    return doc.inner


def _fragment(doc: "pycrdt.Doc[Any]") -> XmlFragment:
    return doc.get(FIELD, type=XmlFragment)


def _read(
    parent: XmlFragment | XmlElement, keys: _Keys, depth: int = MAX_DEPTH, *, of_version: bool = False
) -> list[_Node]:
    """What is in `parent`.

    `of_version`: what has no text is left out, and texts beside each other are one, as an editor would write them.
    """
    nodes: list[_Node] = []
    for shared in parent.children if depth else ():
        node = _Node(_STRANGE, shared)
        node.key = _STRANGE_KEY
        if isinstance(shared, XmlText):
            chunks = shared.diff()
            node.runs = _runs(chunks)
            if of_version and nodes and nodes[-1].tag == _TEXT:
                node.runs = nodes.pop().runs + node.runs
            if of_version and not node.runs:
                continue
            if of_version or all(isinstance(words, str) for words, _ in chunks):
                node.tag = _TEXT
                node.key = keys.of(_TEXT, *_normal(node.runs))
        elif isinstance(shared, XmlElement):
            node.tag = shared.tag or ""
            attributes = {name: to_plain(value) for name, value in cast("Any", shared.attributes)}
            node.attributes = {name: value for name, value in attributes.items() if value is not None}
            node.children = _read(shared, keys, depth - 1, of_version=of_version)
            node.key = keys.of(node.tag, _text(node.attributes), *keys.inside(node.children))
        elif of_version:
            nodes += _read(shared, keys, depth - 1, of_version=True)
            continue
        nodes.append(node)
    return nodes


def _runs(chunks: Sequence[tuple[Any, dict[str, Any] | None]]) -> Runs:
    return [
        (words, {name: to_plain(value) for name, value in (marks or {}).items() if value is not None})
        for words, marks in chunks
        if isinstance(words, str) and words
    ]


def _normal(runs: Runs) -> list[tuple[str, str]]:
    """Runs of the same marks as one."""
    found: list[tuple[str, str]] = []
    for words, marks in runs:
        looks = _text(marks)
        if found and found[-1][1] == looks:
            found[-1] = (found[-1][0] + words, looks)
        else:
            found.append((words, looks))
    return found


def _insert(parent: XmlElement | XmlFragment, at: int, nodes: Sequence[_Node]) -> None:
    """The last comes first: to insert before all others takes the same time however many there are."""
    for node in reversed(nodes):
        if node.tag == _TEXT:
            text = parent.children.insert(at, XmlText(""))
            place = 0
            for words, marks in node.runs:
                text.insert(place, words, marks)
                place += len(words.encode())  # `pycrdt` counts bytes
        else:
            attributes: dict[str, Any] = node.attributes
            element = parent.children.insert(at, XmlElement(node.tag, attributes, []))
            _insert(element, 0, node.children)


def _only(marks: Mapping[str, Json], names: set[str]) -> Marks:
    return {name: marks.get(name) for name in names}


def _is_same(one: Json, other: Json) -> bool:
    return _text(one) == _text(other)


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True) if value else repr(value)


def _text_of(node: _Node) -> str:
    if node.runs:
        return "".join(words for words, _ in node.runs)
    return "\n".join(_text_of(child) for child in node.children)
