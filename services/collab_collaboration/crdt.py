"""What is asked of `pycrdt`, in one place, with its sharp edges.

It raises `ValueError` or `RuntimeError` for what it does not like and, where its Rust code panics, an exception that is
not even an `Exception`; after either, a document's state is unknown. All become `Unmergeable`.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

import pycrdt
from pycrdt import TransactionEvent

from collab_collaboration.lib0 import Malformed
from collab_collaboration.yupdate import has_subdocument, read_state_vector

__all__ = [
    "Doc",
    "Readable",
    "Unmergeable",
    "apply",
    "apply_all",
    "apply_observed",
    "clocks_of",
    "deletions_of",
    "merge",
    "new_doc",
    "without_known",
]

_MERGE_AT_ONCE = 128
"""`merge_updates` is quadratic in how many it is given: 60,000 at once take 15 s."""


class Unmergeable(Exception):  # noqa: N818  # named for the update
    """The CRDT refuses, or fails on, an update that the strict reader let through."""


class Readable(Protocol):
    """What a document says of itself, ours or one of the library's."""

    def get_update(self, vector: bytes | None = None, /) -> bytes: ...

    def get_state(self) -> bytes: ...


class Doc:
    """A document that takes any update without harm to the process. `inner` may be another one after each.

    At the end of a transaction in which a subdocument was deleted, `yrs` reaches for it through its item, whose memory
    may by then have been collected in that very transaction: a segmentation fault. So nothing is collected in a
    document that has, or once had, a subdocument; its state then holds what was deleted as well.

    Source: https://github.com/y-crdt/y-crdt `TransactionMut::commit`, `Doc::destroy`, version 0.27.3.
    """

    __slots__ = ("_client_id", "_keeps_deleted", "inner")

    def __init__(self, client_id: int | None = None) -> None:
        self._client_id = client_id
        self._keeps_deleted = False
        self.inner: pycrdt.Doc[pycrdt.Text] = pycrdt.Doc(client_id=client_id)

    def get_update(self, vector: bytes | None = None, /) -> bytes:
        """What somebody lacks who knows `vector`, by default nothing."""
        return self.inner.get_update(vector)

    def get_state(self) -> bytes:
        return self.inner.get_state()

    def prepare_for(self, updates: Iterable[bytes]) -> None:
        """To be called before `updates` are applied to `inner`."""
        if not self._keeps_deleted and any(map(_may_have_subdocument, updates)):
            state = self.inner.get_update()
            self.inner = pycrdt.Doc(client_id=self._client_id, skip_gc=True)
            self.inner.apply_update(state)
            self._keeps_deleted = True


def new_doc(*updates: bytes) -> Doc:
    """A document holding `updates`. Raises `Unmergeable`."""
    doc = Doc()
    for update in updates:
        apply(doc, update)
    return doc


def merge(updates: Sequence[bytes]) -> bytes:
    """At least one update, as one. Raises `Unmergeable`."""
    while len(updates) > 1:
        groups = [updates[at : at + _MERGE_AT_ONCE] for at in range(0, len(updates), _MERGE_AT_ONCE)]
        try:
            updates = [pycrdt.merge_updates(*group) for group in groups]
        except BaseException as error:
            raise _unmergeable(error) from error
    return updates[0]


def apply(doc: Doc, update: bytes) -> None:
    """Raises `Unmergeable`."""
    try:
        doc.prepare_for((update,))
        doc.inner.apply_update(update)
    except BaseException as error:
        raise _unmergeable(error) from error


def apply_all(doc: Doc, updates: Sequence[bytes]) -> None:
    """In one transaction, which for many is far cheaper than merging them first. Raises `Unmergeable`."""
    try:
        doc.prepare_for(updates)
        with doc.inner.transaction():
            for update in updates:
                doc.inner.apply_update(update)
    except BaseException as error:
        raise _unmergeable(error) from error


def apply_observed(doc: Doc, update: bytes) -> bytes | None:
    """Apply `update` and return the part of it that was new, or `None`. Raises `Unmergeable`."""
    added: list[bytes] = []

    def keep(event: TransactionEvent) -> None:
        added.append(event.update)

    try:
        doc.prepare_for((update,))
        subscription = doc.inner.observe(keep)
        try:
            doc.inner.apply_update(update)
        finally:
            doc.inner.unobserve(subscription)
    except BaseException as error:
        raise _unmergeable(error) from error
    return added[0] if added else None


def deletions_of(doc: Readable) -> bytes:
    """All that was ever deleted, as an update without structs."""
    return doc.get_update(doc.get_state())


def without_known(doc: Readable, update: bytes) -> bytes:
    """`update` with no struct that `doc` has, but with all of its deletions. Raises `Unmergeable`."""
    try:
        return pycrdt.get_update(update, doc.get_state())
    except BaseException as error:
        raise _unmergeable(error) from error


def clocks_of(doc: Readable) -> dict[int, int]:
    return read_state_vector(doc.get_state())


def _may_have_subdocument(update: bytes) -> bool:
    try:
        return has_subdocument(update)
    except Malformed:
        return True


def _unmergeable(error: BaseException) -> Unmergeable:
    if isinstance(error, (KeyboardInterrupt, SystemExit)):
        raise error
    return Unmergeable(str(error) or type(error).__name__)
