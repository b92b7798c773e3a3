"""Which items of two sequences belong together, in bounded time whatever they are.

Equal items are found as a reader would: what is the same at both ends, then what there is once on either side and in
the same order, then, between those, the longest common sequence. The last is quadratic, so it is for short stretches
only, and all of it is paid out of an `Effort`: once that is spent, the rest counts as different, which is never wrong.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from typing import Final

from msgspec import Struct

__all__ = ["Effort", "Likeness", "align", "pair"]

_MAX_CELLS: Final = 250_000
_MAX_PAIRED_CELLS: Final = 2_500
_NEAR: Final = 8
"""How far ahead a partner is looked for where there are too many items to compare each with each."""
_LIKE: Final = 0.3
"""Share of words in common from which two items are one that was changed."""

Pair = tuple[int, int]


class Effort:
    """Steps that may still be taken; a million take about half a second."""

    __slots__ = ("left",)

    def __init__(self, steps: int) -> None:
        self.left = steps

    def take(self, steps: int) -> bool:
        """Whether there are as many; they are gone then."""
        if steps > self.left:
            return False
        self.left -= steps
        return True


class Likeness(Struct, frozen=True):
    """What an item is compared by where it is not equal: only items of one kind are ever one."""

    kind: str
    words: Mapping[str, int]
    size: int
    """Of `words`, all together."""


def align(before: Sequence[Hashable], after: Sequence[Hashable], effort: Effort) -> list[Pair]:
    """Places of equal items, rising on both sides."""
    found: list[Pair] = []
    stretches = [(0, len(before), 0, len(after))]
    while stretches:
        start, end, after_start, after_end = stretches.pop()
        while start < end and after_start < after_end and before[start] == after[after_start]:
            found.append((start, after_start))
            start, after_start = start + 1, after_start + 1
        while start < end and after_start < after_end and before[end - 1] == after[after_end - 1]:
            end, after_end = end - 1, after_end - 1
            found.append((end, after_end))
        if start == end or after_start == after_end:
            continue
        if not effort.take(end - start + after_end - after_start):
            break
        anchors = _anchors(before, after, (start, end, after_start, after_end))
        if anchors:
            found += anchors
            for (left, after_left), (right, after_right) in zip(
                [(start - 1, after_start - 1), *anchors], [*anchors, (end, after_end)], strict=True
            ):
                if left + 1 < right and after_left + 1 < after_right:
                    stretches.append((left + 1, right, after_left + 1, after_right))
            continue
        cells = (end - start) * (after_end - after_start)
        if cells <= _MAX_CELLS and effort.take(cells):
            found += [
                (start + at, after_start + after_at)
                for at, after_at in _longest(before[start:end], after[after_start:after_end])
            ]
    return sorted(found)


def pair(
    before: Sequence[Likeness], after: Sequence[Likeness], effort: Effort, *, leftovers: bool = False
) -> list[Pair]:
    """Places of items that are one item changed, rising on both sides.

    `leftovers`: those that are like nothing are paired too, in their order, as far as they are of one kind.
    """
    cells = len(before) * len(after)
    found = (_likest if cells <= _MAX_PAIRED_CELLS else _near)(before, after, effort)
    if not leftovers:
        return found
    every: list[Pair] = []
    for (left, after_left), (right, after_right) in zip(
        [(-1, -1), *found], [*found, (len(before), len(after))], strict=True
    ):
        at, after_at = left + 1, after_left + 1
        while at < right and after_at < after_right:
            if before[at].kind == after[after_at].kind:
                every.append((at, after_at))
                at, after_at = at + 1, after_at + 1
            elif right - at > after_right - after_at:
                at += 1
            else:
                after_at += 1
        if right < len(before):
            every.append((right, after_right))
    return every


def _anchors(before: Sequence[Hashable], after: Sequence[Hashable], stretch: tuple[int, int, int, int]) -> list[Pair]:
    """What is there once on either side: the most of it that is in the same order."""
    start, end, after_start, after_end = stretch
    counts, after_counts = Counter(before[start:end]), Counter(after[after_start:after_end])
    places = {after[at]: at for at in range(after_start, after_end)}
    once = [
        (at, places[item])
        for at in range(start, end)
        if counts[item := before[at]] == 1 and after_counts.get(item) == 1
    ]
    return _rising(once)


def _rising(pairs: Sequence[Pair]) -> list[Pair]:
    """The most of `pairs`, which rise in the first number, that rise in the second too."""
    tops: list[int] = []
    ends: list[int] = []
    previous: list[int] = []
    for number, (_, second) in enumerate(pairs):
        place = bisect_left(tops, second)
        previous.append(ends[place - 1] if place else -1)
        tops[place : place + 1] = [second]
        ends[place : place + 1] = [number]
    found: list[Pair] = []
    number = ends[-1] if ends else -1
    while number >= 0:
        found.append(pairs[number])
        number = previous[number]
    return found[::-1]


def _longest(before: Sequence[Hashable], after: Sequence[Hashable]) -> list[Pair]:
    """The longest common sequence."""
    rows = [[0] * (len(after) + 1)]
    for item in before:
        above, row = rows[-1], [0]
        for at, other in enumerate(after):
            row.append(above[at] + 1 if item == other else max(above[at + 1], row[at]))
        rows.append(row)
    found: list[Pair] = []
    at, after_at = len(before), len(after)
    while at and after_at:
        if before[at - 1] == after[after_at - 1]:
            at, after_at = at - 1, after_at - 1
            found.append((at, after_at))
        elif rows[at - 1][after_at] >= rows[at][after_at - 1]:
            at -= 1
        else:
            after_at -= 1
    return found[::-1]


def _likest(before: Sequence[Likeness], after: Sequence[Likeness], effort: Effort) -> list[Pair]:
    """The pairs that are most like each other, all together."""
    like = [[_likeness(each, other, effort) for other in after] for each in before]
    rows = [[0.0] * (len(after) + 1)]
    for line in like:
        above, row = rows[-1], [0.0]
        for at, likeness in enumerate(line):
            together = above[at] + likeness if likeness >= _LIKE else 0.0
            row.append(max(together, above[at + 1], row[at]))
        rows.append(row)
    found: list[Pair] = []
    at, after_at = len(before), len(after)
    while at and after_at:
        best = rows[at][after_at]
        if best == rows[at - 1][after_at]:
            at -= 1
        elif best == rows[at][after_at - 1]:
            after_at -= 1
        else:
            at, after_at = at - 1, after_at - 1
            found.append((at, after_at))
    return found[::-1]


def _near(before: Sequence[Likeness], after: Sequence[Likeness], effort: Effort) -> list[Pair]:
    found: list[Pair] = []
    after_start = 0
    for at, each in enumerate(before):
        # Further on by as much as the one side is ahead of the other, on the whole.
        hoped = max(after_start, at * len(after) // len(before) - _NEAR // 2)
        for after_at in range(hoped, min(hoped + _NEAR, len(after))):
            if _likeness(each, after[after_at], effort) >= _LIKE:
                found.append((at, after_at))
                after_start = after_at + 1
                break
    return found


def _likeness(each: Likeness, other: Likeness, effort: Effort) -> float:
    """From 0 to 1."""
    if each.kind != other.kind or not effort.take(1 + min(len(each.words), len(other.words))):
        return 0.0
    if not each.size and not other.size:
        return 1.0
    few, many = (each, other) if len(each.words) <= len(other.words) else (other, each)
    common = sum(min(count, many.words.get(word, 0)) for word, count in few.words.items())
    return 2 * common / (each.size + other.size)
