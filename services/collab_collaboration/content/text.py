"""A document's words: for search, for counting, for a first look."""

from collections.abc import Iterator
from typing import Final, cast

from collab_collaboration.content.reading import Content
from collab_collaboration.content.schema import HARD_BREAK, TEXT

__all__ = ["plain_text"]

_LINES: Final = frozenset({"paragraph", "heading", "codeBlock"})


def plain_text(content: Content) -> str:
    """A line for each paragraph, heading and break, and those of a code block; cells have lines of their own."""
    return "".join(_lines(content))


def _lines(node: Content) -> Iterator[str]:
    kind = node["type"]
    if kind == TEXT:
        yield str(node["text"])
    elif kind == HARD_BREAK:
        yield "\n"
    for child in cast("list[Content]", node.get("content", [])):
        yield from _lines(child)
    if kind in _LINES:
        yield "\n"
