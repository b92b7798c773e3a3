"""A strict reader of Yjs updates (encoding version 1): what an update adds, and what it stands on.

The merging is done by `pycrdt`, which must not see everything a stranger can send: on a deeply nested value its decoder
overflows the stack and ends the process; it cuts client ids to 53 bits; and it accepts type numbers at which every
browser would throw on each later load. So an update is first read here, in full, by the rules of the JavaScript code.

The second reason is causality. An update whose predecessors are missing stays "pending" inside the CRDT, invisible, and
not reliably part of an encoded state. `Extent` says what an update needs, so that such an update is never stored.

Source: https://github.com/yjs/yjs `src/utils/encoding.js`, `src/structs/*.js`; `Any` values: lib0 `decoding.js`.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

import msgspec
from msgspec import Struct

from collab_collaboration.lib0 import Malformed, read_bytes, read_string, read_uint, skip_int

__all__ = ["Extent", "additions", "has_subdocument", "read_edges", "read_extent", "read_state_vector"]

MAX_CLOCK: Final = 2**31 - 1
"""`yrs` counts in 32 bits; no document of ours comes near."""
MAX_DEPTH: Final = 64
"""Nesting of objects and arrays inside one value."""

_GC, _SKIP = 0, 10
_DELETED, _BINARY, _STRING, _EMBED, _FORMAT, _TYPE, _ANY, _SUBDOCUMENT = 1, *range(3, 10)
"""Without 2, JSON as before Yjs 13: `yrs` and Yjs do not read it alike."""
_HAS_ORIGIN, _HAS_RIGHT_ORIGIN, _HAS_PARENT_SUB = 0x80, 0x40, 0x20
_NAMED_TYPE = 3
"""A YXmlElement carries its node's name."""
_TYPES = (0, 1, 2, _NAMED_TYPE, 4, 6)
"""Without 5, YXmlHook: `yrs` leaves its name out of a document's state, which Yjs then cannot read."""

_FIXED_ANY = {127: 0, 126: 0, 121: 0, 120: 0, 124: 4, 123: 8, 122: 8}
"""undefined, null, false, true, float32, float64, bigint: bytes that follow the tag."""
_ANY_INT, _ANY_STRING, _ANY_OBJECT, _ANY_ARRAY, _ANY_BYTES = 125, 119, 118, 117, 116

_SUBDOCUMENT_OPTIONS = ("gc", "meta", "autoLoad", "shouldLoad", "encoding", "collectionId", "collectionid", "guid")
"""What Yjs and `yrs` say of a subdocument."""
_MAX_OPTIONS = len(_SUBDOCUMENT_OPTIONS)
_LIKE_OPTIONS = re.compile(
    rb"v(?:\x00|[\x01-%c](?:%b))"
    % (_MAX_OPTIONS, b"|".join(re.escape(bytes((len(name),)) + name.encode()) for name in _SUBDOCUMENT_OPTIONS))
)
"""How the options of every subdocument begin, and sometimes other things: nothing in it, or one of these first."""

Clocks = Mapping[int, int]
"""Client id to the clock after its last known struct: a Yjs state vector."""


class Extent(Struct, frozen=True):
    """What one update holds: `spans` of structs `(client, start, end)`, and how far other clients must be known."""

    spans: list[tuple[int, int, int]]
    needs: dict[int, int]
    deletes: bool
    wide: list[tuple[int, int, str]] = []
    """The strings with characters that take two ticks of a clock: client, clock, string."""


class _Found:
    """What few updates have."""

    __slots__ = ("has_subdocument", "wide")

    def __init__(self) -> None:
        self.wide: list[tuple[int, int, str]] = []
        self.has_subdocument = False


def read_extent(update: bytes) -> Extent:
    """Raises `Malformed` unless every byte of `update` is what Yjs would read without complaint."""
    spans: list[tuple[int, int, int]] = []
    needs: dict[int, int] = {}
    found = _Found()
    deletes = _read(update, spans, needs, found, None)
    return Extent(spans, needs, deletes, found.wide)


def has_subdocument(update: bytes) -> bool:
    """Whether there is a subdocument in `update`, which is read only if it seems so. Raises `Malformed`."""
    if _LIKE_OPTIONS.search(update) is None:
        return False
    found = _Found()
    _read(update, [], {}, found, None)
    return found.has_subdocument


def read_edges(update: bytes) -> list[tuple[int, int]]:
    """The places `(client, clock)` at which, for `update` to be merged, an item has to begin. Raises `Malformed`."""
    edges: list[tuple[int, int]] = []
    _read(update, [], {}, _Found(), edges)
    return edges


def additions(extent: Extent, known: Clocks) -> dict[int, int] | None:
    """The clocks that `extent` moves forward from `known`; `None` when predecessors are missing."""
    moved: dict[int, int] = {}
    for client, start, end in extent.spans:
        clock = moved.get(client) or known.get(client, 0)
        if start > clock:
            return None
        if end > clock:
            moved[client] = end
    for client, end in extent.needs.items():
        if end > known.get(client, 0) and end > moved.get(client, 0):
            return None
    return moved


def read_state_vector(vector: bytes) -> dict[int, int]:
    """Raises `Malformed`."""
    count, at = read_uint(vector, 0)
    clocks: dict[int, int] = {}
    if count * 2 > len(vector):
        raise Malformed("a state vector announces more clients than it has bytes")
    for _ in range(count):
        client, at = read_uint(vector, at)
        clocks[client], at = read_uint(vector, at)
    if at != len(vector):
        raise Malformed("bytes follow the end of the state vector")
    return clocks


def _read(
    update: bytes,
    spans: list[tuple[int, int, int]],
    needs: dict[int, int],
    found: _Found,
    edges: list[tuple[int, int]] | None,
) -> bool:
    """Fill the lists, and tell whether anything is deleted."""
    try:
        at = _read_structs(update, spans, needs, found, edges)
        at, deletes = _read_deletes(update, at, needs, edges)
    except IndexError:
        raise Malformed("the update ends too early") from None
    if at != len(update):
        raise Malformed("bytes follow the end of the update")
    return deletes


def _read_structs(
    update: bytes,
    spans: list[tuple[int, int, int]],
    needs: dict[int, int],
    found: _Found,
    edges: list[tuple[int, int]] | None,
) -> int:
    clients, at = read_uint(update, 0)
    seen: set[int] = set()
    for _ in range(clients):
        structs, at = read_uint(update, at)
        client, at = read_uint(update, at)
        clock, at = read_uint(update, at)
        # Of two parts with a client's structs Yjs keeps the second, `yrs` both; on a part without any, `yrs` panics.
        if structs == 0 or client in seen:
            raise Malformed("a client's structs are in two parts, or in an empty one")
        seen.add(client)
        start = clock
        for _ in range(structs):
            info = update[at]
            kind = info & 0x1F
            if kind in (_GC, _SKIP):
                if info != kind:
                    raise Malformed("a gap or collected range has flags")
                length, at = read_uint(update, at + 1)
            else:
                item = (info, client, clock)
                at = _read_links(update, at + 1, item, needs, edges)
                length, at = _read_content(update, at, item, found)
            if length == 0:
                raise Malformed("an empty struct")
            if kind == _SKIP:
                if clock > start:
                    spans.append((client, start, clock))
                start = clock + length
            clock += length
            if clock > MAX_CLOCK:
                raise Malformed("a clock is beyond 2^31 - 1")
        if clock > start:
            spans.append((client, start, clock))
    return at


def _read_links(
    update: bytes, at: int, item: tuple[int, int, int], needs: dict[int, int], edges: list[tuple[int, int]] | None
) -> int:
    """Origins and parent of an item `(info, client, clock)`: the structs that must be there before it."""
    info = item[0]
    left = right = None
    if info & _HAS_ORIGIN:
        left, at = _read_link(update, at, item, needs)
        if edges is not None:
            edges.append((left[0], left[1] + 1))
    if info & _HAS_RIGHT_ORIGIN:
        right, at = _read_link(update, at, item, needs)
        if edges is not None:
            edges.append(right)
    if left is not None:
        # Yjs puts it before or after, depending on what it happens to have joined in memory.
        if left == right:
            raise Malformed("an item is on both sides of another")
    elif right is None:
        is_root, at = read_uint(update, at)
        if is_root == 1:
            _, at = read_string(update, at)
        elif is_root == 0:
            _, at = _read_link(update, at, item, needs)
        else:
            raise Malformed("a parent is neither named nor an item")
        if info & _HAS_PARENT_SUB:
            _, at = read_string(update, at)
    return at


def _read_link(
    update: bytes, at: int, item: tuple[int, int, int], needs: dict[int, int]
) -> tuple[tuple[int, int], int]:
    _, client, clock = item
    other, at = read_uint(update, at)
    other_clock, at = read_uint(update, at)
    if other == client:
        if other_clock >= clock:
            raise Malformed("an item refers to its own future")
    elif other_clock >= needs.get(other, 0):
        if other_clock >= MAX_CLOCK:
            raise Malformed("a clock is beyond 2^31 - 1")
        needs[other] = other_clock + 1
    return (other, other_clock), at


def _read_content(update: bytes, at: int, item: tuple[int, int, int], found: _Found) -> tuple[int, int]:
    """The length in clock ticks of the content of an item `(info, client, clock)`, and where the next struct begins."""
    kind = item[0] & 0x1F
    if kind == _STRING:
        raw, at = read_bytes(update, at)
        if raw.isascii():
            return len(raw), at
        text = _decode(raw)
        # In UTF-16 code units, as JavaScript counts: two for a character outside the basic plane.
        length = len(text) + sum(character > "\uffff" for character in text)
        if length > len(text):
            found.wide.append((item[1], item[2], text))
        return length, at
    reader = _CONTENT.get(kind)
    if reader is None:
        raise Malformed(f"no content has the number {kind}")
    if kind == _SUBDOCUMENT:
        found.has_subdocument = True
    return reader(update, at)


def _read_format(update: bytes, at: int) -> tuple[int, int]:
    _, at = read_string(update, at)
    return 1, _read_json(update, at)


def _read_embed(update: bytes, at: int) -> tuple[int, int]:
    return 1, _read_json(update, at)


def _read_any(update: bytes, at: int) -> tuple[int, int]:
    length, at = read_uint(update, at)
    for _ in range(length):
        at = _skip_any(update, at, 0)
    return length, at


def _read_type(update: bytes, at: int) -> tuple[int, int]:
    reference, at = read_uint(update, at)
    if reference not in _TYPES:
        raise Malformed(f"no shared type has the number {reference}")
    if reference == _NAMED_TYPE:
        _, at = read_string(update, at)
    return 1, at


def _read_binary(update: bytes, at: int) -> tuple[int, int]:
    _, at = read_bytes(update, at)
    return 1, at


def _read_subdocument(update: bytes, at: int) -> tuple[int, int]:
    _, at = read_string(update, at)
    # Strictly, because `has_subdocument` has to recognise every one by this.
    if _LIKE_OPTIONS.match(update, at) is None:
        raise Malformed("the options of a subdocument are not those of Yjs")
    return 1, _skip_any(update, at, 0)


def _decode(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise Malformed("a string is not UTF-8") from None


def _read_json(update: bytes, at: int) -> int:
    raw, at = read_bytes(update, at)
    if raw in (b"null", b"true", b"false"):
        return at
    try:
        value: object = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Malformed("an embedded value is not JSON") from None
    if isinstance(value, dict | list) and raw.count(b"{") + raw.count(b"[") > MAX_DEPTH:
        _check_depth(value, 0)  # pyright: ignore[reportUnknownArgumentType]  # any JSON
    return at


def _check_depth(value: object, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise Malformed(f"a value is nested deeper than {MAX_DEPTH}")
    children: list[object] = []
    if isinstance(value, dict):
        children = list(value.values())  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]  # any JSON
    elif isinstance(value, list):
        children = value  # pyright: ignore[reportUnknownVariableType]  # any JSON
    for child in children:
        _check_depth(child, depth + 1)


def _skip_any(update: bytes, at: int, depth: int) -> int:
    tag = update[at]
    at += 1
    if (fixed := _FIXED_ANY.get(tag)) is not None:
        if at + fixed > len(update):
            raise Malformed("a value ends too early")
        return at + fixed
    if tag == _ANY_STRING:
        _, at = read_string(update, at)
        return at
    if tag == _ANY_INT:
        return skip_int(update, at)
    if tag == _ANY_BYTES:
        _, at = read_bytes(update, at)
        return at
    if tag not in (_ANY_OBJECT, _ANY_ARRAY):
        raise Malformed(f"no value has the tag {tag}")
    if depth == MAX_DEPTH:
        raise Malformed(f"a value is nested deeper than {MAX_DEPTH}")
    length, at = read_uint(update, at)
    for _ in range(length):
        if tag == _ANY_OBJECT:
            _, at = read_string(update, at)
        at = _skip_any(update, at, depth + 1)
    return at


def _read_deletes(
    update: bytes, at: int, needs: dict[int, int], edges: list[tuple[int, int]] | None
) -> tuple[int, bool]:
    clients, at = read_uint(update, at)
    for _ in range(clients):
        client, at = read_uint(update, at)
        ranges, at = read_uint(update, at)
        for _ in range(ranges):
            clock, at = read_uint(update, at)
            length, at = read_uint(update, at)
            if length == 0:
                raise Malformed("a deletion of nothing")
            end = clock + length
            if end > MAX_CLOCK:
                raise Malformed("a clock is beyond 2^31 - 1")
            if end > needs.get(client, 0):
                needs[client] = end
            if edges is not None:
                edges += ((client, clock), (client, end))
    return at, clients > 0


_CONTENT: Final[dict[int, Callable[[bytes, int], tuple[int, int]]]] = {
    _DELETED: read_uint,
    _BINARY: _read_binary,
    _EMBED: _read_embed,
    _FORMAT: _read_format,
    _TYPE: _read_type,
    _ANY: _read_any,
    _SUBDOCUMENT: _read_subdocument,
}
