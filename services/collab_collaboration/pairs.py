"""Where in a document a character takes two ticks of its client's clock, and that no edit may come between them.

Yjs counts text in UTF-16 code units, so a character outside the basic plane (an emoji) is two, a surrogate pair. When
something is put between the two, or one of them is deleted, Yjs puts a replacement character in the place of each.
`yrs`, whose strings are UTF-8, cannot divide a character and puts the edit beside it: those who see the edit arrive and
those who load the document later would read different texts for ever. Editors do not make such edits, so they are
refused.

Source: https://github.com/yjs/yjs `ContentString.splice`; https://github.com/y-crdt/y-crdt `block.rs`, `split_str`.
"""

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from typing import Final, Self

from collab_collaboration.yupdate import Clocks, Extent, read_extent

__all__ = ["Pairs"]

_WIDE: Final = re.compile("[\U00010000-\U0010ffff]")
_WIDE_BYTES: Final = [re.compile(bytes([lead]) + rb"[\x80-\xbf]{3}") for lead in range(0xF0, 0xF5)]
"""One for each first byte: a pattern that begins with a known byte is searched for ten times as fast."""


class Pairs:
    """The clocks of the second halves, of every client in ascending order: four bytes for each such character."""

    __slots__ = ("_seconds",)

    def __init__(self) -> None:
        self._seconds: dict[int, array[int]] = {}

    def __bool__(self) -> bool:
        return bool(self._seconds)

    @classmethod
    def of_state(cls, state: bytes) -> Self:
        """Those of a document, which is read in full only if it may have some. Raises `Malformed`."""
        pairs = cls()
        if any(pattern.search(state) for pattern in _WIDE_BYTES):
            pairs.add(read_extent(state), {})
        return pairs

    def add(self, extent: Extent, known: Clocks) -> None:
        """Take in what an update adds to what is `known`."""
        for client, clock, text in extent.wide:
            first_new = known.get(client, 0)
            seconds = self._seconds.get(client) or array("I")
            # Each such character before this one has moved it on by one.
            for before, match in enumerate(_WIDE.finditer(text)):
                second = clock + match.start() + before + 1
                if second >= first_new:
                    seconds.append(second)
            if seconds:
                self._seconds[client] = seconds

    def divided_by(self, edges: Iterable[tuple[int, int]]) -> bool:
        """Whether an item that begins at one of `edges`, each `(client, clock)`, begins inside a character."""
        for client, clock in edges:
            if (seconds := self._seconds.get(client)) is not None:
                place = bisect_left(seconds, clock)
                if place < len(seconds) and seconds[place] == clock:
                    return True
        return False
