"""pandoc's document as its JSON has it, version 1.23: https://hackage.haskell.org/package/pandoc-types."""

from typing import Any, Final, TypeAlias

from msgspec import Struct

__all__ = [
    "API_VERSION",
    "NO_ATTR",
    "Ast",
    "Attr",
    "Block",
    "BlockQuote",
    "Body",
    "BulletList",
    "Cell",
    "Cite",
    "Code",
    "CodeBlock",
    "DefinitionList",
    "Div",
    "Emph",
    "Figure",
    "Header",
    "HorizontalRule",
    "Image",
    "Inline",
    "LineBlock",
    "LineBreak",
    "Link",
    "Math",
    "Note",
    "OrderedList",
    "Para",
    "Plain",
    "Quoted",
    "RawBlock",
    "RawInline",
    "Row",
    "Rows",
    "SmallCaps",
    "SoftBreak",
    "Space",
    "Span",
    "Str",
    "Strikeout",
    "Strong",
    "Subscript",
    "Superscript",
    "Table",
    "Tag",
    "Underline",
]

API_VERSION: Final = [1, 23, 1, 1]

Attr: TypeAlias = tuple[str, list[str], list[tuple[str, str]]]
"""Identifier, classes, key and value pairs."""
NO_ATTR: Final[Attr] = ("", [], [])


class Tag(Struct, frozen=True):
    """One of a few words, such as `AlignLeft`."""

    t: str


class Node(Struct, frozen=True, tag_field="t", tag=True):
    pass


# Inlines


class Str(Node, frozen=True):
    c: str


class Emph(Node, frozen=True):
    c: "list[Inline]"


class Underline(Node, frozen=True):
    c: "list[Inline]"


class Strong(Node, frozen=True):
    c: "list[Inline]"


class Strikeout(Node, frozen=True):
    c: "list[Inline]"


class Superscript(Node, frozen=True):
    c: "list[Inline]"


class Subscript(Node, frozen=True):
    c: "list[Inline]"


class SmallCaps(Node, frozen=True):
    c: "list[Inline]"


class Quoted(Node, frozen=True):
    c: "tuple[Tag, list[Inline]]"


class Cite(Node, frozen=True):
    c: "tuple[list[Any], list[Inline]]"


class Code(Node, frozen=True):
    c: tuple[Attr, str]


class Space(Node, frozen=True):
    pass


class SoftBreak(Node, frozen=True):
    pass


class LineBreak(Node, frozen=True):
    pass


class Math(Node, frozen=True):
    c: tuple[Tag, str]


class RawInline(Node, frozen=True):
    c: tuple[str, str]


class Link(Node, frozen=True):
    """Text; address and title."""

    c: "tuple[Attr, list[Inline], tuple[str, str]]"


class Image(Node, frozen=True):
    c: "tuple[Attr, list[Inline], tuple[str, str]]"


class Note(Node, frozen=True):
    c: "list[Block]"


class Span(Node, frozen=True):
    c: "tuple[Attr, list[Inline]]"


Inline: TypeAlias = (
    Str
    | Emph
    | Underline
    | Strong
    | Strikeout
    | Superscript
    | Subscript
    | SmallCaps
    | Quoted
    | Cite
    | Code
    | Space
    | SoftBreak
    | LineBreak
    | Math
    | RawInline
    | Link
    | Image
    | Note
    | Span
)

# Blocks


class Plain(Node, frozen=True):
    """A paragraph in a tight list or a cell."""

    c: "list[Inline]"


class Para(Node, frozen=True):
    c: "list[Inline]"


class LineBlock(Node, frozen=True):
    c: "list[list[Inline]]"


class CodeBlock(Node, frozen=True):
    c: tuple[Attr, str]


class RawBlock(Node, frozen=True):
    c: tuple[str, str]


class BlockQuote(Node, frozen=True):
    c: "list[Block]"


class OrderedList(Node, frozen=True):
    """First number, style and delimiter; items."""

    c: "tuple[tuple[int, Tag, Tag], list[list[Block]]]"


class BulletList(Node, frozen=True):
    c: "list[list[Block]]"


class DefinitionList(Node, frozen=True):
    c: "list[tuple[list[Inline], list[list[Block]]]]"


class Header(Node, frozen=True):
    c: "tuple[int, Attr, list[Inline]]"


class HorizontalRule(Node, frozen=True):
    pass


class Cell(Struct, frozen=True, array_like=True):
    attr: Attr
    align: Tag
    rowspan: int
    colspan: int
    blocks: "list[Block]"


class Row(Struct, frozen=True, array_like=True):
    attr: Attr
    cells: list[Cell]


class Body(Struct, frozen=True, array_like=True):
    """`heads` columns at the left are headings."""

    attr: Attr
    heads: int
    intermediate: list[Row]
    rows: list[Row]


class Rows(Struct, frozen=True, array_like=True):
    """The head or the foot of a table."""

    attr: Attr
    rows: list[Row]


class Table(Node, frozen=True):
    """Attributes, caption, alignment and width of each column, head, bodies, foot."""

    c: "tuple[Attr, tuple[list[Inline] | None, list[Block]], list[tuple[Tag, Tag]], Rows, list[Body], Rows]"


class Figure(Node, frozen=True):
    c: "tuple[Attr, tuple[list[Inline] | None, list[Block]], list[Block]]"


class Div(Node, frozen=True):
    c: "tuple[Attr, list[Block]]"


Block: TypeAlias = (
    Plain
    | Para
    | LineBlock
    | CodeBlock
    | RawBlock
    | BlockQuote
    | OrderedList
    | BulletList
    | DefinitionList
    | Header
    | HorizontalRule
    | Table
    | Figure
    | Div
)


class Ast(Struct, frozen=True):
    blocks: list[Block]
    meta: dict[str, Any] = {}
