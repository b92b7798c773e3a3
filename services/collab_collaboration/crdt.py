"""What is asked of `pycrdt`, in one place, with its sharp edges.

It raises `ValueError` or `RuntimeError` for what it does not like and, where its Rust code panics, an exception that is
not even an `Exception`; after either, a document's state is unknown. All become `Unmergeable`.
"""

from collections.abc import Sequence

import pycrdt
from pycrdt import TransactionEvent

from collab_collaboration.yupdate import read_state_vector

__all__ = [
    "Doc",
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

Doc = pycrdt.Doc[pycrdt.Text]

_MERGE_AT_ONCE = 128
"""`merge_updates` is quadratic in how many it is given: 60,000 at once take 15 s."""


class Unmergeable(Exception):  # noqa: N818  # named for the update
    """The CRDT refuses, or fails on, an update that the strict reader let through."""


def new_doc(*updates: bytes) -> Doc:
    """A document holding `updates`. Raises `Unmergeable`."""
    doc: Doc = pycrdt.Doc()
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
        doc.apply_update(update)
    except BaseException as error:
        raise _unmergeable(error) from error


def apply_all(doc: Doc, updates: Sequence[bytes]) -> None:
    """In one transaction, which for many is far cheaper than merging them first. Raises `Unmergeable`."""
    try:
        with doc.transaction():
            for update in updates:
                doc.apply_update(update)
    except BaseException as error:
        raise _unmergeable(error) from error


def apply_observed(doc: Doc, update: bytes) -> bytes | None:
    """Apply `update` and return the part of it that was new, or `None`. Raises `Unmergeable`."""
    added: list[bytes] = []

    def keep(event: TransactionEvent) -> None:
        added.append(event.update)

    subscription = doc.observe(keep)
    try:
        apply(doc, update)
    finally:
        doc.unobserve(subscription)
    return added[0] if added else None


def deletions_of(doc: Doc) -> bytes:
    """All that was ever deleted, as an update without structs."""
    return doc.get_update(doc.get_state())


def without_known(doc: Doc, update: bytes) -> bytes:
    """`update` with no struct that `doc` has, but with all of its deletions. Raises `Unmergeable`."""
    try:
        return pycrdt.get_update(update, doc.get_state())
    except BaseException as error:
        raise _unmergeable(error) from error


def clocks_of(doc: Doc) -> dict[int, int]:
    return read_state_vector(doc.get_state())


def _unmergeable(error: BaseException) -> Unmergeable:
    if isinstance(error, (KeyboardInterrupt, SystemExit)):
        raise error
    return Unmergeable(str(error) or type(error).__name__)
