"""What changed between two texts, block by block and inside of those word by word, as a client draws it.

For `worker.py`: nothing here waits, and a large text takes a second or two. What it may take is bounded by the size of
what is compared and by an `Effort`.
"""

import json
from collections.abc import Sequence
from typing import Final, cast

from collab_collaboration.content.reading import Content
from collab_collaboration.content.schema import HARD_BREAK, TEXT
from collab_collaboration.content.tree import Json
from collab_collaboration.history.alignment import Effort, Likeness, align, pair
from collab_collaboration.history.problems import TooLargeToCompare
from collab_collaboration.history.schemas import BlockStatus, ChangedBlock, ChangedRun, Mark, RunStatus
from collab_collaboration.history.words import Line, Stretch, likeness, stretches

__all__ = ["Compared", "compare"]

_LINES: Final = frozenset({"paragraph", "heading", "codeBlock"})
"""What holds text; all else holds blocks, or nothing."""
_MAX_CHARS: Final = 2_000_000
_MAX_NODES: Final = 100_000
_EFFORT: Final = 4_000_000

Marks = tuple[Mark, ...]


class _Block:
    __slots__ = ("attributes", "blocks", "key", "line", "size", "type")

    def __init__(self, kind: str, attributes: dict[str, Json]) -> None:
        self.type = kind
        self.attributes = attributes
        self.blocks: list[_Block] = []
        self.line: Line[Marks] | None = None
        self.key = 0
        """Equal blocks of either text, and no others, have the same."""
        self.size = 0
        """Characters in it."""

    @property
    def kind(self) -> str:
        # A paragraph that was made a heading is still that paragraph.
        return TEXT if self.line is not None else self.type


class Compared:
    """The result: `blocks`, and how many characters came and went."""

    __slots__ = ("blocks", "deleted_chars", "inserted_chars")

    def __init__(self) -> None:
        self.blocks: list[ChangedBlock] = []
        self.inserted_chars = 0
        self.deleted_chars = 0


def compare(before: Content, after: Content, *, context: int | None = None) -> Compared:
    """What makes `before` into `after`.

    `context`: of unchanged blocks beside each other only so many next to a change are shown; all, where it is `None`.

    Raises `TooLargeToCompare`.
    """
    return _Comparison(context).compare(before, after)


class _Comparison:
    def __init__(self, context: int | None) -> None:
        self._context = context
        self._effort = Effort(_EFFORT)
        self._keys: dict[object, int] = {}
        self._compared = Compared()

    def compare(self, before: Content, after: Content) -> Compared:
        reading = [_Reader(self._keys).read(each) for each in (before, after)]
        self._compared.blocks = self._folded(self._blocks(*reading))
        return self._compared

    def _blocks(self, before: Sequence[_Block], after: Sequence[_Block]) -> list[ChangedBlock]:
        shown: list[ChangedBlock] = []
        at = after_at = 0
        same = align([block.key for block in before], [block.key for block in after], self._effort)
        for place, after_place in [*same, (len(before), len(after))]:
            shown += self._different(before[at:place], after[after_at:after_place])
            if place < len(before):
                shown.append(_whole(after[after_place], "unchanged"))
            at, after_at = place + 1, after_place + 1
        return shown

    def _different(self, before: Sequence[_Block], after: Sequence[_Block]) -> list[ChangedBlock]:
        shown: list[ChangedBlock] = []
        pairs: list[tuple[int, int]] = []
        if before and after:
            pairs = pair(self._likenesses(before), self._likenesses(after), self._effort)
        at = after_at = 0
        for place, after_place in [*pairs, (len(before), len(after))]:
            for gone in before[at:place]:
                self._compared.deleted_chars += gone.size
                shown.append(_whole(gone, "deleted"))
            for new in after[after_at:after_place]:
                self._compared.inserted_chars += new.size
                shown.append(_whole(new, "inserted"))
            if place < len(before):
                shown.append(self._changed(before[place], after[after_place]))
            at, after_at = place + 1, after_place + 1
        return shown

    def _changed(self, before: _Block, after: _Block) -> ChangedBlock:
        shown = ChangedBlock(
            status="changed",
            type=after.type,
            attrs=after.attributes,
            type_before=before.type if before.type != after.type else None,
            attrs_before=before.attributes if before.attributes != after.attributes else None,
        )
        if before.line is not None and after.line is not None:
            shown.runs = self._runs(before.line, after.line)
        elif before.blocks or after.blocks:
            shown.blocks = self._folded(self._blocks(before.blocks, after.blocks))
        return shown

    def _runs(self, before: Line[Marks], after: Line[Marks]) -> list[ChangedRun]:
        shown: list[ChangedRun] = []
        for is_kept, start, end, after_start, after_end in _readable(
            list(stretches(before.text, after.text, self._effort)), before.text
        ):
            if is_kept:
                shown += _kept(before, after, start, after_start, end - start)
                continue
            self._compared.deleted_chars += end - start
            self._compared.inserted_chars += after_end - after_start
            shown += [ChangedRun("deleted", text, list(marks)) for text, marks in before.runs(start, end)]
            shown += [ChangedRun("inserted", text, list(marks)) for text, marks in after.runs(after_start, after_end)]
        return shown

    def _likenesses(self, blocks: Sequence[_Block]) -> list[Likeness]:
        return [likeness(block.kind, _text_of(block), self._effort) for block in blocks]

    def _folded(self, blocks: list[ChangedBlock]) -> list[ChangedBlock]:
        if self._context is None:
            return blocks
        near = [False] * len(blocks)
        for at, block in enumerate(blocks):
            if block.status != "unchanged":
                start, end = max(0, at - self._context), min(len(blocks), at + self._context + 1)
                near[start:end] = [True] * (end - start)
        shown: list[ChangedBlock] = []
        for block, is_near in zip(blocks, near, strict=True):
            if is_near:
                shown.append(block)
            elif shown and shown[-1].status == "folded":
                shown[-1].count += 1
            else:
                shown.append(ChangedBlock(status="folded", type="", count=1))
        return shown


class _Reader:
    """Makes blocks of one text."""

    def __init__(self, keys: dict[object, int]) -> None:
        self._keys = keys
        self._chars = 0
        self._nodes = 0

    def read(self, content: Content) -> list[_Block]:
        """Raises `TooLargeToCompare`."""
        return [self._block(node) for node in _children(content)]

    def _block(self, node: Content) -> _Block:
        self._count(1, 0)
        block = _Block(str(node["type"]), cast("dict[str, Json]", node.get("attrs", {})))
        if block.type in _LINES:
            runs = [_run(child) for child in _children(node)]
            block.line = Line(runs)
            block.size = len(block.line.text)
            self._count(len(runs), block.size)
            inner: object = tuple(runs)
        else:
            block.blocks = [self._block(child) for child in _children(node)]
            block.size = sum(child.size for child in block.blocks)
            inner = tuple(child.key for child in block.blocks)
        looks = json.dumps(block.attributes, sort_keys=True)
        block.key = self._keys.setdefault((block.type, looks, inner), len(self._keys))
        return block

    def _count(self, nodes: int, chars: int) -> None:
        self._nodes += nodes
        self._chars += chars
        if self._nodes > _MAX_NODES or self._chars > _MAX_CHARS:
            raise TooLargeToCompare(
                f"Expected at most {_MAX_CHARS} characters in {_MAX_NODES} paragraphs, items and pieces of text."
            )


def _readable(found: Sequence[Stretch], text: str) -> list[Stretch]:
    """Without islands of white space: two words replaced by two others are one change."""
    shown: list[Stretch] = []
    for number, (found_kept, start, end, after_start, after_end) in enumerate(found):
        is_kept = found_kept
        if is_kept and 0 < number < len(found) - 1 and text[start:end].isspace():
            is_kept = False
        if shown and not is_kept and not shown[-1][0]:
            _, first, _, after_first, _ = shown[-1]
            shown[-1] = (False, first, end, after_first, after_end)
        else:
            shown.append((is_kept, start, end, after_start, after_end))
    return shown


def _kept(before: Line[Marks], after: Line[Marks], start: int, after_start: int, length: int) -> list[ChangedRun]:
    """Text that is the same, in runs of the same marks on both sides."""
    shown: list[ChangedRun] = []
    done = 0
    while done < length:
        at, after_at = start + done, after_start + done
        step = min(before.end_of_run(at) - at, after.end_of_run(after_at) - after_at, length - done)
        text = after.text[after_at : after_at + step]
        old, new = before.marks_at(at), after.marks_at(after_at)
        if old == new:
            shown.append(ChangedRun("kept", text, list(new)))
        else:
            shown.append(ChangedRun("changed", text, list(new), marks_before=list(old)))
        done += step
    return shown


def _whole(block: _Block, status: BlockStatus) -> ChangedBlock:
    """A block with all that is in it, all of one status."""
    shown = ChangedBlock(status=status, type=block.type, attrs=block.attributes)
    if block.line is not None:
        of_runs: RunStatus = "inserted" if status == "inserted" else "deleted" if status == "deleted" else "kept"
        shown.runs = [ChangedRun(of_runs, text, list(marks)) for text, marks in block.line.runs(0, block.size)]
    elif block.blocks:
        shown.blocks = [_whole(child, status) for child in block.blocks]
    return shown


def _run(node: Content) -> tuple[str, Marks]:
    if node["type"] == HARD_BREAK:
        return "\n", ()
    marks = cast("list[Content]", node.get("marks", []))
    return str(node["text"]), tuple(
        Mark(str(mark["type"]), cast("dict[str, Json]", mark.get("attrs", {}))) for mark in marks
    )


def _text_of(block: _Block) -> str:
    if block.line is not None:
        return block.line.text
    return "\n".join(_text_of(child) for child in block.blocks)


def _children(node: Content) -> list[Content]:
    return cast("list[Content]", node.get("content", []))
