"""Texts with marks, as words: how texts are compared, whether to show the difference or to make it."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, Generic, TypeVar

from collab_collaboration.history.alignment import Effort, Likeness, align

__all__ = ["Line", "Stretch", "likeness", "stretches"]

# Words; single signs of scripts that put no blanks between words; white space; every other character by itself.
_UNSPACED: Final = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_WORD: Final = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+|\s+|.")

MarksT = TypeVar("MarksT")
Stretch = tuple[bool, int, int, int, int]
"""Whether it is the same on both sides; from where to where in the one text, and in the other."""


class Line(Generic[MarksT]):
    """The text of one block, in runs of one set of marks each."""

    __slots__ = ("_marks", "_starts", "text")

    def __init__(self, runs: Sequence[tuple[str, MarksT]]) -> None:
        self.text = "".join(text for text, _ in runs)
        self._starts: list[int] = []
        self._marks: list[MarksT] = []
        at = 0
        for text, marks in runs:
            self._starts.append(at)
            self._marks.append(marks)
            at += len(text)

    def runs(self, start: int, end: int) -> Iterator[tuple[str, MarksT]]:
        while start < end:
            number = bisect_right(self._starts, start) - 1
            stop = min(end, self._end_of(number))
            yield self.text[start:stop], self._marks[number]
            start = stop

    def marks_at(self, at: int) -> MarksT:
        return self._marks[bisect_right(self._starts, at) - 1]

    def end_of_run(self, at: int) -> int:
        return self._end_of(bisect_right(self._starts, at) - 1)

    def _end_of(self, number: int) -> int:
        return self._starts[number + 1] if number + 1 < len(self._starts) else len(self.text)


def likeness(kind: str, text: str, effort: Effort) -> Likeness:
    """What a block is compared by; like nothing when there is no `effort` left to look at it."""
    if not effort.take(1 + len(text) // 4):
        return Likeness(kind, {}, 1)
    words = Counter(word for word in _WORD.findall(text) if not word.isspace())
    return Likeness(kind, words, words.total())


def stretches(before: str, after: str, effort: Effort) -> Iterator[Stretch]:
    """What two texts have in common and what not, word for word, in order; none of them is empty on both sides."""
    words, after_words = _WORD.findall(before), _WORD.findall(after)
    ends, after_ends = _ends(words), _ends(after_words)
    at = after_at = 0
    kept: tuple[int, int] | None = None
    for place, after_place in [*align(words, after_words, effort), (len(words), len(after_words))]:
        if (place, after_place) != (at, after_at):
            if kept is not None:
                yield True, ends[kept[0]], ends[at], after_ends[kept[1]], after_ends[after_at]
                kept = None
            yield False, ends[at], ends[place], after_ends[after_at], after_ends[after_place]
        if kept is None:
            kept = place, after_place
        at, after_at = place + 1, after_place + 1
    if kept is not None and kept[0] < len(words):
        yield True, ends[kept[0]], ends[len(words)], after_ends[kept[1]], after_ends[len(after_words)]


def _ends(words: Sequence[str]) -> list[int]:
    """Where each begins, and where the last ends."""
    found = [0]
    for word in words:
        found.append(found[-1] + len(word))
    return found
