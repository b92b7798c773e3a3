"""Puts a document together from whatever is good, one operation after the other, and keeps account of what is not.

The service reads a document with less care: it trusts that what it stored can be merged. Here nothing is trusted: each
operation is read by the strict rules that let it in, must find what it builds on, and must be merged in fact.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec import Struct

from collab_collaboration.crdt import Doc, Unmergeable, apply, clocks_of, new_doc
from collab_collaboration.doctor.store import WrittenOperation
from collab_collaboration.lib0 import Malformed
from collab_collaboration.yupdate import additions, read_extent

__all__ = ["LeftOut", "Rebuilding", "Span"]

_CHECKPOINT_OPERATIONS: Final = 500


class Span(Struct, frozen=True):
    """Operations `first` to `last`, both included."""

    first: int
    last: int


class LeftOut(Struct, frozen=True, kw_only=True):
    """An operation that is in the log and not in the document."""

    seq: int
    author: UUID
    committed_at: datetime
    reason: str
    payload: bytes


class Rebuilding:
    """Begin with states that are known to be good, `add` operations in their order, look at the result."""

    def __init__(self, states: Sequence[bytes], *, after: int) -> None:
        """`states` together hold everything up to operation `after`. Raises `Malformed`, `Unmergeable`."""
        self.left_out: list[LeftOut] = []
        self.missing: list[Span] = []
        self._last = after
        self._checkpoint = b""
        self._since: list[bytes] = []
        self._doc = new_doc(*states)
        self._clocks = clocks_of(self._doc)
        self._set_checkpoint()

    @property
    def doc(self) -> Doc:
        return self._doc

    @property
    def clocks(self) -> dict[int, int]:
        """What is known of each Yjs client."""
        return dict(self._clocks)

    def add(self, operation: WrittenOperation) -> None:
        """Merge the next operation, or leave it out."""
        self._expect(operation.seq)
        self._last = operation.seq
        try:
            self._merge(operation.payload)
        except Malformed as error:
            self._leave_out(operation, f"malformed: {error}")
        except Unmergeable as error:
            self._leave_out(operation, f"cannot be merged: {error}")

    def finish(self, head: int) -> None:
        """All operations have been added; the document has `head` of them."""
        self._expect(head + 1)
        self._last = head

    def _expect(self, seq: int) -> None:
        if seq > self._last + 1:
            self.missing.append(Span(self._last + 1, seq - 1))

    def _leave_out(self, operation: WrittenOperation, reason: str) -> None:
        self.left_out.append(
            LeftOut(
                seq=operation.seq,
                author=operation.author,
                committed_at=operation.committed_at,
                reason=reason,
                payload=operation.payload,
            )
        )

    def _merge(self, update: bytes) -> None:
        extent = read_extent(update)
        moved = additions(extent, self._clocks)
        if moved is None:
            raise Unmergeable("it builds on something that is not there")
        try:
            apply(self._doc, update)
            # One client's structs on another's in the same update: in a circle they would never be merged.
            if extent.needs and len(moved) > 1:
                known = clocks_of(self._doc)
                if any(known.get(client, 0) < clock for client, clock in moved.items()):
                    raise Unmergeable("its structs wait for each other")
        except Unmergeable:
            # After a failure the state is unknown.
            self._doc = new_doc(self._checkpoint, *self._since)
            raise
        self._clocks.update(moved)
        self._since.append(update)
        if len(self._since) >= _CHECKPOINT_OPERATIONS:
            self._set_checkpoint()

    def _set_checkpoint(self) -> None:
        self._checkpoint = self._doc.get_update()
        self._since.clear()
