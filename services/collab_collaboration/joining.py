"""What joiners are sent: the document as encoded for the first of them, shared by all who come soon after.

Encoding takes milliseconds for each megabyte, during which nobody else is served, and a copy for each joiner would be
memory without bound. So a state stays good while people type: what is committed after it was encoded is kept beside it
and sent behind it, until that has grown to a fraction of it.
"""

from collections import OrderedDict
from typing import Final

from collab_collaboration.crdt import Readable, merge
from collab_collaboration.metrics import STATES
from collab_collaboration.wire import sync_step2, sync_update

__all__ = ["NOTHING_KNOWN", "Joining"]

NOTHING_KNOWN: Final = b"\x00"
"""The state vector of an empty document."""
_MAX_FOLLOWING: Final = 1 / 4
"""Of the state's size: beyond, joiners would receive too much twice."""
_MAX_QUIET_TICKS: Final = 10
_REMEMBERED_VECTORS: Final = 8
"""After a restart all clients know the same; others are few."""


class Joining:
    """The messages that bring joiners of one document up to date; the same objects for all of them."""

    __slots__ = ("_differences", "_following", "_following_bytes", "_quiet_ticks", "_state")

    def __init__(self) -> None:
        self._state: bytes | None = None
        self._following: list[bytes] = []
        self._following_bytes = 0
        self._differences: OrderedDict[bytes, bytes] = OrderedDict()
        self._quiet_ticks = 0

    @property
    def size_bytes(self) -> int:
        """The memory it takes."""
        return len(self._state or b"") + self._following_bytes + sum(map(len, self._differences.values()))

    def begin(self, state: bytes) -> None:
        """Forget all; `state` is the whole document, just encoded."""
        STATES.inc()
        self.forget()
        self._state = sync_step2(state)

    def messages(self, doc: Readable, vector: bytes) -> list[bytes]:
        """What `doc` holds beyond `vector`: a sync step 2 and perhaps an update to follow it. Raises `Unmergeable`."""
        self._quiet_ticks = 0
        if vector != NOTHING_KNOWN:
            return [self._difference(doc, vector)]
        if self._state is None:
            self._state = _encode(doc, vector)
        if not self._following:
            return [self._state]
        # Merged once, for this joiner and the next.
        self._following = [merge(self._following)]
        self._following_bytes = len(self._following[0])
        return [self._state, sync_update(self._following[0])]

    def committed(self, update: bytes) -> None:
        """The document has grown by `update`."""
        self._differences.clear()
        if self._state is None:
            return
        self._following.append(update)
        self._following_bytes += len(update)
        if self._following_bytes > len(self._state) * _MAX_FOLLOWING:
            self.forget()

    def forget(self) -> None:
        """Give the memory back; the next joiner has the document encoded anew."""
        self._state = None
        self._following = []
        self._following_bytes = 0
        self._differences.clear()

    def tick(self) -> None:
        """To be called now and then: what nobody has asked for since `_MAX_QUIET_TICKS` calls is forgotten."""
        self._quiet_ticks += 1
        if self._quiet_ticks > _MAX_QUIET_TICKS:
            self.forget()

    def _difference(self, doc: Readable, vector: bytes) -> bytes:
        known = self._differences.get(vector)
        if known is None:
            known = self._differences[vector] = _encode(doc, vector)
            if len(self._differences) > _REMEMBERED_VECTORS:
                self._differences.popitem(last=False)
        return known


def _encode(doc: Readable, vector: bytes) -> bytes:
    STATES.inc()
    return sync_step2(doc.get_update(vector))
