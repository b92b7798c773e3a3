"""The editor's JSON as structs, for reading: total in that unknown fields and types do no harm."""

from typing import Any

from msgspec import Struct

__all__ = ["Mark", "Node"]


class Mark(Struct, frozen=True):
    type: str
    attrs: dict[str, Any] | None = None


class Node(Struct, frozen=True):
    """`text` is that of a text node."""

    type: str
    attrs: dict[str, Any] | None = None
    content: "list[Node] | None" = None
    marks: list[Mark] | None = None
    text: str = ""

    @property
    def children(self) -> "list[Node]":
        return self.content or []

    def attribute(self, name: str) -> Any:
        return (self.attrs or {}).get(name)

    def number(self, name: str, default: int) -> int:
        value = self.attribute(name)
        return value if isinstance(value, int) else default

    def word(self, name: str) -> str:
        value = self.attribute(name)
        return value if isinstance(value, str) else ""
