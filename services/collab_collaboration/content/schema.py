"""The editor's schema as data: which nodes and marks there are, what they hold, and how their attributes look.

It repeats what `services/web/src/features/editor/extensions/extensions.ts` puts together; a test compares the two.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

from msgspec import Struct

from collab_collaboration.content.tree import Json

__all__ = [
    "CODE",
    "DOCUMENT",
    "FIELD",
    "HARD_BREAK",
    "INLINE",
    "MARKS",
    "MAX_DEPTH",
    "NODES",
    "PARAGRAPH",
    "TEXT",
    "Attribute",
    "NodeType",
    "is_safe_href",
]

FIELD: Final = "default"
"""The root that holds the text."""
MAX_DEPTH: Final = 100
"""Most nodes inside each other, the document and the text counted. Nobody writes deeper; programs do."""

DOCUMENT: Final = "doc"
TEXT: Final = "text"
PARAGRAPH: Final = "paragraph"
HARD_BREAK: Final = "hardBreak"
CODE: Final = "code"
"""The mark that excludes all others."""


class Attribute(Struct, frozen=True):
    default: Json
    is_valid: Callable[[Json], bool]


class NodeType(Struct, frozen=True):
    """`children` is what may be inside, `first` what has to come first, `least` how many there have to be."""

    children: frozenset[str] = frozenset()
    first: str | None = None
    least: int = 0
    attributes: Mapping[str, Attribute] = {}
    takes_marks: bool = True


# As TipTap's Link has it: no `javascript:`, `data:` and the like, also not with whitespace hidden in them.
_INVISIBLE: Final = re.compile(r"[\u0000-\u0020\u00a0\u1680\u180e\u2000-\u2029\u205f\u3000]")
_SAFE_HREF: Final = re.compile(
    r"(?:(?:http|https|ftp|ftps|mailto|tel|callto|sms|cid|xmpp):|[^a-z]|[a-z0-9+.\-]+(?:[^a-z+.\-:]|$))", re.IGNORECASE
)


def is_safe_href(href: str) -> bool:
    """Whether the editor makes a link of it."""
    bare = _INVISIBLE.sub("", href)
    return not bare or _SAFE_HREF.match(bare) is not None


def _is_word(value: Json) -> bool:
    return value is None or isinstance(value, str)


def _is_href(value: Json) -> bool:
    return value is None or (isinstance(value, str) and is_safe_href(value))


def _is_number(least: int, most: int) -> Callable[[Json], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _is_span(value: Json) -> bool:
    return _is_number(1, 1000)(value)


def _are_widths(value: Json) -> bool:
    return value is None or (isinstance(value, list) and len(value) <= 1000 and all(map(_is_number(0, 100_000), value)))


_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _is_id(value: Json) -> bool:
    return value is None or (isinstance(value, str) and _ID.fullmatch(value) is not None)


def _is_size(most: int) -> Callable[[Json], bool]:
    return lambda value: value is None or _is_number(1, most)(value)


_INLINE_ONLY: Final = frozenset({TEXT, HARD_BREAK})
INLINE: Final = _INLINE_ONLY
_BLOCKS: Final = frozenset({
    PARAGRAPH, "heading", "blockquote", "bulletList", "orderedList", "taskList", "codeBlock", "horizontalRule", "table",
    "image", "file",
})  # fmt: skip
_CELL: Final = {
    "colspan": Attribute(1, _is_span),
    "rowspan": Attribute(1, _is_span),
    "colwidth": Attribute(None, _are_widths),
    "align": Attribute(None, lambda value: value in {None, "left", "center", "right"}),
}

NODES: Final[Mapping[str, NodeType]] = {
    DOCUMENT: NodeType(_BLOCKS, least=1),
    PARAGRAPH: NodeType(_INLINE_ONLY),
    "heading": NodeType(_INLINE_ONLY, attributes={"level": Attribute(1, _is_number(1, 3))}),
    "blockquote": NodeType(_BLOCKS, least=1),
    "bulletList": NodeType(frozenset({"listItem"}), least=1),
    "orderedList": NodeType(
        frozenset({"listItem"}),
        least=1,
        attributes={"start": Attribute(1, _is_number(-(2**31), 2**31)), "type": Attribute(None, _is_word)},
    ),
    "listItem": NodeType(_BLOCKS, first=PARAGRAPH, least=1),
    "taskList": NodeType(frozenset({"taskItem"}), least=1),
    "taskItem": NodeType(
        _BLOCKS,
        first=PARAGRAPH,
        least=1,
        attributes={"checked": Attribute(default=False, is_valid=lambda value: isinstance(value, bool))},
    ),
    "codeBlock": NodeType(frozenset({TEXT}), attributes={"language": Attribute(None, _is_word)}, takes_marks=False),
    "horizontalRule": NodeType(),
    "table": NodeType(frozenset({"tableRow"}), least=1),
    "tableRow": NodeType(frozenset({"tableCell", "tableHeader"})),
    "tableCell": NodeType(_BLOCKS, least=1, attributes=_CELL),
    "tableHeader": NodeType(_BLOCKS, least=1, attributes=_CELL),
    # Both are attachments of the document, by their ids; what is repeated here is for who cannot ask for them.
    "image": NodeType(
        attributes={
            "attachment": Attribute(None, _is_id),
            "alt": Attribute(None, _is_word),
            "width": Attribute(None, _is_size(100_000)),
            "height": Attribute(None, _is_size(100_000)),
            "scale": Attribute(100, _is_number(10, 100)),
        }
    ),
    "file": NodeType(
        attributes={
            "attachment": Attribute(None, _is_id),
            "name": Attribute(None, _is_word),
            "size": Attribute(None, _is_size(2**53 - 1)),
            "type": Attribute(None, _is_word),
        }
    ),
    HARD_BREAK: NodeType(),
    TEXT: NodeType(),
}

_LINK: Final = {
    "href": Attribute(None, _is_href),
    "target": Attribute("_blank", _is_word),
    "rel": Attribute("noopener noreferrer nofollow", _is_word),
    "class": Attribute(None, _is_word),
    "title": Attribute(None, _is_word),
}

MARKS: Final[Mapping[str, Mapping[str, Attribute]]] = {
    "link": _LINK, "bold": {}, "code": {}, "italic": {}, "strike": {}, "underline": {}, "highlight": {},
}  # fmt: skip
"""In the editor's order, in which marks of one text are listed."""
