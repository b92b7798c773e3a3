"""Yjs updates of every kind of content, valid and spoilt, as Hypothesis strategies."""

import json
import random
import struct
from typing import Final

from hypothesis import strategies as st

from collab_collaboration.lib0 import write_bytes, write_string, write_uint
from tests.unit.collaboration.documents import history
from tests.unit.collaboration.yformat import Part, Rejected, Token, read

__all__ = ["ADA", "HARD_JSON", "HARD_VALUES", "deleted", "inserted", "real", "spoilt", "written"]

ADA: Final = 300
"""A client id of two bytes."""

_ROOTS = ("text", "map", "array", "xml", "t")
_TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=6) | st.sampled_from(["a", "ü🎉", "x" * 130, "🎉"])
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=5,
)
_CLIENTS = st.sampled_from([1, 2, 3, 127, 128, 2**32 - 1, 2**53 - 1])


def _behind(head: bytes, rest: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    return rest.map(lambda each: head + each)


def _list(values: list[bytes]) -> bytes:
    return write_uint(len(values)) + b"".join(values)


_VALUES = st.recursive(
    st.sampled_from([b"\x7f", b"\x7e", b"\x79", b"\x78"])
    | _behind(b"\x7d", st.sampled_from([b"\x00", b"\x41", b"\x3f", b"\xbf\x7f", b"\x80\x80\x80\x10"]))
    | _behind(b"\x7c", st.floats(width=32).map(lambda each: struct.pack(">f", each)))
    | _behind(b"\x7b", st.floats().map(lambda each: struct.pack(">d", each)))
    | _behind(b"\x7a", st.integers(-(2**63), 2**63 - 1).map(lambda each: struct.pack(">q", each)))
    | _behind(b"\x77", _TEXTS.map(write_string))
    | _behind(b"\x74", st.binary(max_size=5).map(write_bytes)),
    lambda inner: (
        _behind(b"\x75", st.lists(inner, max_size=3).map(_list))
        | _behind(
            b"\x76",
            st.dictionaries(_TEXTS, inner, max_size=3).map(
                lambda fields: _list([write_string(key) + value for key, value in fields.items()])
            ),
        )
    ),
    max_leaves=5,
)
_JSON_STRINGS = _JSON.map(json.dumps).map(write_string)
_SOME_TEXT = _TEXTS.filter(bool)

Content = tuple[int, int, bytes]
"""Number, length in ticks and bytes."""


def _content(kind: int, rest: st.SearchStrategy[bytes]) -> st.SearchStrategy[Content]:
    return rest.map(lambda each: (kind, 1, each))


def _contents(kind: int, values: st.SearchStrategy[bytes]) -> st.SearchStrategy[Content]:
    return st.lists(values, min_size=1, max_size=3).map(lambda each: (kind, len(each), _list(each)))


_CONTENTS: st.SearchStrategy[Content] = st.one_of(
    st.integers(1, 200).map(lambda length: (1, length, write_uint(length))),
    _content(3, st.binary(max_size=5).map(write_bytes)),
    _SOME_TEXT.map(lambda text: (4, len(text.encode("utf-16-le")) // 2, write_string(text))),
    _content(5, _JSON_STRINGS),
    _content(6, st.builds(bytes.__add__, _SOME_TEXT.map(write_string), _JSON_STRINGS)),
    _content(7, st.sampled_from([b"\x00", b"\x01", b"\x02", b"\x03\x01p", b"\x04", b"\x06"])),
    _contents(8, _VALUES),
    _content(
        9,
        st.sampled_from([b"\x76\x00", b"\x76\x01\x04meta\x77\x01x", b"\x76\x01\x08autoLoad\x78"]).map(
            lambda options: write_string("inner") + options
        ),
    ),
)


@st.composite
def written(draw: st.DrawFn) -> bytes:
    """An update put together by the format alone: every content, with whatever it may stand on."""
    clients = draw(st.lists(_CLIENTS, unique=True, max_size=3))
    blocks: list[bytes] = []
    for client in clients:
        first = clock = draw(st.sampled_from([0, 0, 0, 1, 7, 2**20]))
        structs: list[bytes] = []
        for _ in range(draw(st.integers(1, 4))):
            if draw(st.integers(0, 9)) == 0:
                kind, length = draw(st.sampled_from([0, 10])), draw(st.integers(1, 300))
                structs.append(bytes((kind,)) + write_uint(length))
            else:
                kind, length, content = draw(_CONTENTS)
                structs.append(draw(_linked(kind, client, clock, clients)) + content)
            clock += length
        blocks.append(write_uint(len(structs)) + write_uint(client) + write_uint(first) + b"".join(structs))
    deletions = draw(
        st.dictionaries(_CLIENTS, st.lists(st.tuples(st.integers(0, 300), st.integers(1, 300)), max_size=3))
    )
    return (
        write_uint(len(blocks))
        + b"".join(blocks)
        + write_uint(len(deletions))
        + b"".join(
            write_uint(client) + write_uint(len(ranges)) + b"".join(write_uint(at) + write_uint(n) for at, n in ranges)
            for client, ranges in deletions.items()
        )
    )


@st.composite
def _linked(draw: st.DrawFn, kind: int, client: int, clock: int, clients: list[int]) -> bytes:
    """Info byte, origins and parent of an item."""

    def link() -> bytes:
        other = draw(st.sampled_from(clients))
        last = clock - 1 if other == client else 300
        return write_uint(other) + write_uint(draw(st.integers(0, last)))

    links = draw(st.integers(0, 3)) if clock or len(clients) > 1 else 0
    if links and not clock and client == clients[0]:
        links = 0
    # An item at clock 0 has nothing of its own before it.
    sides = [link() if clock else write_uint(clients[0]) + b"\x00" for bit in (2, 1) if links & bit]
    if len(sides) > len(set(sides)):
        links, sides = 2, sides[:1]
    parts = [bytes((kind | links << 6 | 0x20 * (has_key := draw(st.booleans())),)), *sides]
    if sides:
        return b"".join(parts)
    if clock and draw(st.booleans()):
        parts += [b"\x00", link()]
    else:
        parts += [b"\x01", write_string(draw(st.sampled_from(_ROOTS)))]
    if has_key:
        parts.append(write_string(draw(_TEXTS)))
    return b"".join(parts)


@st.composite
def real(draw: st.DrawFn) -> bytes:
    """What `pycrdt` makes of one to thirty edits: the last of them, or all."""
    doc, updates = history(draw(st.integers(0, 300)), edits=draw(st.integers(1, 30)))
    return draw(st.sampled_from([*updates[-3:], doc.get_update()]))


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    """A real or written update, changed in one to three places where the format says something begins."""
    update = draw(real() | written())
    for _ in range(draw(st.integers(1, 3))):
        try:
            tokens = read(update).tokens
        except Rejected:
            tokens = []
        update = draw(_spoil(update, tokens))
    return update


@st.composite
def _spoil(draw: st.DrawFn, update: bytes, tokens: list[Token]) -> bytes:
    if not tokens or draw(st.integers(0, 4)) == 0:
        return draw(_spoil_anywhere(update))
    # By kind first: there are far more lengths than anything else.
    part = draw(st.sampled_from(sorted({token.part for token in tokens}, key=lambda each: each.value)))
    token = draw(st.sampled_from([token for token in tokens if token.part is part]))
    old = update[token.start : token.end]
    return update[: token.start] + draw(_instead(part, old)) + update[token.end :]


def _instead(part: Part, old: bytes) -> st.SearchStrategy[bytes]:
    special: dict[Part, st.SearchStrategy[bytes]] = {
        Part.INFO: st.binary(min_size=1, max_size=1) | st.integers(0, 7).map(lambda bit: bytes((old[0] ^ 1 << bit,))),
        Part.STRING: (
            st.binary(max_size=5).map(write_bytes) | _TEXTS.map(write_string) | st.sampled_from(_HARD_STRINGS)
        ),
        Part.BYTES: st.binary(max_size=5).map(write_bytes),
        Part.JSON: st.sampled_from(HARD_JSON).map(write_bytes) | _JSON_STRINGS,
        Part.VALUE: _VALUES | st.sampled_from(HARD_VALUES),
        Part.STRUCT: st.sampled_from([old * 2, b"", b"\x0a\x03", b"\x00\x05", b"\x0a\x02" + old]),
    }
    return special.get(part, st.sampled_from(_HARD_UINTS) | st.integers(0, 300).map(write_uint))


@st.composite
def _spoil_anywhere(draw: st.DrawFn, update: bytes) -> bytes:
    at = draw(st.integers(0, len(update)))
    match draw(st.integers(0, 4)):
        case 0:
            return update[:at]
        case 1:
            return update[:at] + draw(st.binary(min_size=1, max_size=3)) + update[at:]
        case 2:
            return update[:at] + update[at + draw(st.integers(1, 3)) :]
        case 3:
            return update[:at] + draw(st.binary(min_size=1, max_size=1)) + update[at + 1 :]
        case _:
            chance = random.Random(draw(st.integers(0, 2**32)))
            return bytes(byte ^ (chance.random() < 0.02) * chance.randrange(256) for byte in update)


def _nested(depth: int, *, opening: bytes, ending: bytes) -> bytes:
    return opening * depth + ending


_HARD_UINTS: Final = [
    *(write_uint(2**power + more) for power in (7, 14, 31, 32, 53, 63) for more in (-1, 0, 1)),
    b"\x80\x00",  # zero, with padding
    b"\x80" * 7 + b"\x00",
    b"\x80" * 8 + b"\x00",
    b"\xff" * 12,
    b"\x80",
]
_HARD_STRINGS: Final = [
    b"\x03\xed\xa0\x80",
    b"\x01\xff",
    b"\x04\xf0\x9f\x8e\x89",
    b"\x02\xc0\x80",
    b"\x04\xf4\x90\x80\x80",
    b"\x00",
]
HARD_JSON: Final = [
    b"",
    b"undefined",
    b"NaN",
    b"Infinity",
    b"-0",
    b"1e400",
    b"1e-400",
    b"01",
    b"1.",
    b"9" * 400,
    b" 1 ",
    b"\xef\xbb\xbf1",
    b"[1,]",
    b'"\\ud800"',
    b'"\\ud83c\\udf89"',
    b'"\\u0000"',
    b'"\x01"',
    b'"\xff"',
    b'{"a":1,"a":2}',
    b'{"__proto__":{"a":1}}',
    *(b"[" * depth + ending + b"]" * depth for depth in (63, 64, 65, 66, 200, 3000) for ending in (b"", b"1")),
    *(b'{"a":' * depth + b"1" + b"}" * depth for depth in (64, 65, 3000)),
    b'"' + b"[" * 100 + b'"',
]
HARD_VALUES: Final = [
    *(_nested(depth, opening=b"\x75\x01", ending=b"\x7e") for depth in (63, 64, 65, 3000)),
    *(_nested(depth, opening=b"\x76\x01\x01a", ending=b"\x75\x00") for depth in (62, 63, 64)),
    *(
        b"\x7d" + written
        for written in (b"\xbf" + b"\xff" * 6 + b"\x7f", b"\x80" * 7 + b"\x01", b"\x80" * 8 + b"\x01", b"\x40")
    ),
    b"\x7d\xbf" + b"\xff" * 6 + b"\x0f",
    b"\x73",
    b"\x75" + write_uint(2**40),
]


def inserted(text: str, *, clock: int = 0, client: int = ADA, between: tuple[int, int] | None = None) -> bytes:
    """`text` at the beginning, or right of the clock of Ada's and left of the one of hers given by `between`."""
    if between is None:
        links = b"\x04\x01\x01t"
    else:
        links = b"\xc4" + b"".join(write_uint(ADA) + write_uint(each) for each in between)
    return b"\x01\x01" + write_uint(client) + write_uint(clock) + links + write_string(text) + b"\x00"


def deleted(clock: int, length: int) -> bytes:
    return b"\x00\x01" + write_uint(ADA) + b"\x01" + write_uint(clock) + write_uint(length)
