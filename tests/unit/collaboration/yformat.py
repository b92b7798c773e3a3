"""Yjs updates (encoding version 1) read the plain way: into a tree first, judged afterwards; slow, and easy to believe.

The strict reader of the service is written for speed and answers in one pass; this one is what it must agree with. It
also keeps where each part lies and what it is, so that a test can spoil an update where it hurts.

Sources: https://github.com/yjs/yjs `src/utils/encoding.js`, `src/structs/*.js`; https://github.com/dmonad/lib0
`decoding.js`.
"""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, NoReturn, cast

__all__ = ["Found", "Part", "Rejected", "Token", "read"]

_MAX_SAFE: Final = 2**53 - 1
_MAX_CLOCK: Final = 2**31 - 1
_MAX_DEPTH: Final = 64


class Rejected(Exception):  # noqa: N818  # named for what becomes of the update
    """No correct client sends these bytes."""


class Part(Enum):
    COUNT = "count"
    CLIENT = "client"
    CLOCK = "clock"
    LENGTH = "length"
    INFO = "info"
    FLAG = "flag"
    REFERENCE = "reference"
    STRING = "string"
    BYTES = "bytes"
    JSON = "json"
    VALUE = "value"
    STRUCT = "struct"


@dataclass(frozen=True)
class Token:
    part: Part
    start: int
    end: int


@dataclass
class Found:
    """What the update holds: the same as the service's `Extent`, and its parts in the order in which they end."""

    spans: list[tuple[int, int, int]] = field(default_factory=list[tuple[int, int, int]])
    needs: dict[int, int] = field(default_factory=dict[int, int])
    deletes: bool = False
    wide: list[tuple[int, int, str]] = field(default_factory=list[tuple[int, int, str]])
    tokens: list[Token] = field(default_factory=list[Token])


@dataclass(frozen=True)
class _Item:
    client: int
    clock: int
    length: int
    links: list[tuple[int, int]]
    is_gap: bool
    text: str = ""


def read(update: bytes) -> Found:
    """Raises `Rejected`."""
    reader = _Reader(update)
    items = reader.structs()
    deletions = reader.deletions()
    if reader.at != len(update):
        raise Rejected("bytes are left over")
    found = Found(tokens=reader.tokens, deletes=deletions is not None)
    for block in items:
        _judge(block, found)
    for client, clock, length in deletions or []:
        if length == 0:
            raise Rejected("a deletion of nothing, on which Yjs throws")
        _need(found, client, clock + length)
    return found


def _judge(block: list[_Item], found: Found) -> None:
    runs: list[list[_Item]] = [[]]
    for item in block:
        if item.length == 0:
            raise Rejected("a struct of no length")
        if item.clock + item.length > _MAX_CLOCK:
            raise Rejected("beyond the last clock")
        for client, clock in item.links:
            if client != item.client:
                _need(found, client, clock + 1)
            elif clock >= item.clock:
                raise Rejected("stands on what comes after it")
        if item.is_gap:
            runs.append([])
        else:
            runs[-1].append(item)
        if item.length > len(item.text) > 0:
            found.wide.append((item.client, item.clock, item.text))
    found.spans += [(run[0].client, run[0].clock, run[-1].clock + run[-1].length) for run in runs if run]


def _need(found: Found, client: int, clock: int) -> None:
    if clock > _MAX_CLOCK:
        raise Rejected("beyond the last clock")
    if clock:
        found.needs[client] = max(found.needs.get(client, 0), clock)


class _Reader:
    def __init__(self, update: bytes) -> None:
        self.update = update
        self.at = 0
        self.tokens: list[Token] = []
        self.text = ""
        """The last item's, if it is text."""

    # Structure

    def structs(self) -> list[list[_Item]]:
        blocks = [self._block() for _ in range(self._count())]
        if not all(blocks):
            raise Rejected("a part without structs, on which `yrs` panics")
        clients = [block[0].client for block in blocks]
        if len(set(clients)) < len(clients):
            raise Rejected("a client's structs in two parts, of which Yjs keeps the second and `yrs` both")
        return blocks

    def _block(self) -> list[_Item]:
        structs = self._count()
        client = self._uint(Part.CLIENT)
        clock = self._uint(Part.CLOCK)
        block: list[_Item] = []
        for _ in range(structs):
            block.append(self._struct(client, clock))
            clock += block[-1].length
        return block

    def _struct(self, client: int, clock: int) -> _Item:
        start = self.at
        info = self._byte(Part.INFO)
        kind = info & 0b11111
        if kind in (0, 10):
            if info & 0b11100000:
                raise Rejected("flags on a range")
            item = _Item(client, clock, self._uint(Part.LENGTH), [], is_gap=kind == 10)
        else:
            links = self._links(info)
            item = _Item(client, clock, self._content(kind), links, is_gap=False, text=self.text)
        self._keep(Part.STRUCT, start)
        return item

    def _links(self, info: int) -> list[tuple[int, int]]:
        links = [self._id() for bit in (0x80, 0x40) if info & bit]
        if len(links) > len(set(links)):
            raise Rejected("between an item and itself, which Yjs reads in two ways")
        if links:
            return links
        is_root = self._uint(Part.FLAG)
        if is_root not in (0, 1):
            raise Rejected("neither the name of a root nor an item")
        if is_root:
            self._string()
        else:
            links.append(self._id())
        if info & 0x20:
            self._string()
        return links

    def deletions(self) -> list[tuple[int, int, int]] | None:
        """`None` when it says of no client that something was deleted."""
        clients = self._count()
        found: list[tuple[int, int, int]] = []
        for _ in range(clients):
            client = self._uint(Part.CLIENT)
            found += [(client, self._uint(Part.CLOCK), self._uint(Part.LENGTH)) for _ in range(self._count())]
        return found if clients else None

    # Contents

    def _content(self, kind: int) -> int:
        """The number of ticks it takes."""
        self.text = ""
        match kind:
            case 1:
                return self._uint(Part.LENGTH)
            case 4:
                self.text = self._string()
                return len(self.text.encode("utf-16-le")) // 2
            case 8:
                return self._several(lambda: self._value(0))
            case _:
                self._content_of_one_tick(kind)
                return 1

    def _content_of_one_tick(self, kind: int) -> None:
        match kind:
            case 3:
                self._bytes(Part.BYTES)
            case 5:
                self._json()
            case 6:
                self._string()
                self._json()
            case 7:
                self._type()
            case 9:
                self._string()
                if self.update[self.at : self.at + 1] != b"\x76":
                    raise Rejected("options that are no object")
                self._value(0)
            case _:
                # Also 2, JSON as Yjs wrote it long ago: `yrs` misreads it, and hands on what Yjs throws on.
                raise Rejected("no such content")

    def _several(self, one: Callable[[], None]) -> int:
        length = self._count()
        for _ in range(length):
            one()
        return length

    def _type(self) -> None:
        reference = self._uint(Part.REFERENCE)
        if reference == 5:
            raise Rejected("a YXmlHook, which `yrs` writes without its name: no browser can read the document then")
        if reference > 6:
            raise Rejected("no such type")
        if reference == 3:
            self._string()

    def _value(self, around: int) -> None:
        start = self.at
        tag = self._take(1)[0]
        match tag:
            case 127 | 126 | 121 | 120:
                pass
            case 125:
                self._signed()
            case 124:
                self._take(4)
            case 123 | 122:
                self._take(8)
            case 119:
                self._string()
            case 116:
                self._bytes(Part.BYTES)
            case 117 | 118:
                if around >= _MAX_DEPTH:
                    raise Rejected("too deep")
                for _ in range(self._count()):
                    if tag == 118:
                        self._string()
                    self._value(around + 1)
            case _:
                raise Rejected("no such value")
        self._keep(Part.VALUE, start)

    def _json(self) -> None:
        raw = self._bytes(Part.JSON)
        try:
            value = json.loads(raw.decode(), parse_constant=_no_constant, parse_float=_finite)
            json.dumps(value, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            # Also a lone surrogate, which has no UTF-8.
            raise Rejected("not JSON") from None
        _check_depth(value, 0)

    # Primitives

    def _count(self) -> int:
        return self._uint(Part.COUNT)

    def _id(self) -> tuple[int, int]:
        return self._uint(Part.CLIENT), self._uint(Part.CLOCK)

    def _uint(self, part: Part) -> int:
        start = self.at
        groups = [self._take(1)[0]]
        while groups[-1] & 0x80:
            groups.append(self._take(1)[0])
        value = sum((group & 0x7F) << (7 * place) for place, group in enumerate(groups))
        if len(groups) > 8 or value > _MAX_SAFE:
            raise Rejected("no integer of JavaScript's")
        self._keep(part, start)
        return value

    def _signed(self) -> None:
        groups = [self._take(1)[0]]
        while groups[-1] & 0x80:
            groups.append(self._take(1)[0])
        magnitude = groups[0] & 0x3F
        magnitude += sum((group & 0x7F) << (6 + 7 * place) for place, group in enumerate(groups[1:]))
        if len(groups) > 8 or magnitude > _MAX_SAFE:
            raise Rejected("no integer of JavaScript's")

    def _string(self) -> str:
        try:
            return self._bytes(Part.STRING).decode()
        except UnicodeDecodeError:
            raise Rejected("not UTF-8") from None

    def _bytes(self, part: Part) -> bytes:
        start = self.at
        raw = self._take(self._uint(Part.LENGTH))
        self._keep(part, start)
        return raw

    def _byte(self, part: Part) -> int:
        found = self._take(1)[0]
        self._keep(part, self.at - 1)
        return found

    def _take(self, length: int) -> bytes:
        taken = self.update[self.at : self.at + length]
        if len(taken) < length:
            raise Rejected("too short")
        self.at += length
        return taken

    def _keep(self, part: Part, start: int) -> None:
        self.tokens.append(Token(part, start, self.at))


def _check_depth(value: Any, around: int) -> None:
    if around > _MAX_DEPTH:
        raise Rejected("too deep")
    children: list[Any] = []
    if isinstance(value, dict):
        children = list(cast("dict[str, Any]", value).values())
    elif isinstance(value, list):
        children = cast("list[Any]", value)
    for child in children:
        _check_depth(child, around + 1)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
