"""Which life of its document a client knows: a marker in the CRDT that every client brings back without knowing it.

A document that is restored or made again may hold the same text under other client ids, or structs that an old client
deleted. To the CRDT, what such a client still has is then simply news: merged, it would double the text or undo the
restoring. No protocol in use lets a client say which life it knows. But every client, on connecting, sends its state
vector, and what is in that it has from the server.

So each life has a number, the document's *epoch*, and its state holds a *marker*: one collected struct (GC) of length 1
at clock 0, of a client id that stands for the epoch. A collected struct belongs to no shared type, so no text, map or
editor ever shows it; yet it is in the state vector of everybody who has synced once. Who names a marker that the
document does not have has known another life of it: stale. Who names none is new, or synced before there were markers.

Client ids are drawn at random, from 32 bits by Yjs and from 53 by `yrs`; the highest 2^26 of the latter are ours.
Epochs are drawn at random too: a document whose row was lost and made again does not get one of its former epochs.

Source: https://github.com/yjs/yjs `src/structs/GC.js`, `src/utils/encoding.js`.
"""

import secrets
from collections.abc import Mapping
from typing import Final

from collab_collaboration.crdt import Unmergeable, clocks_of, new_doc
from collab_collaboration.lib0 import Malformed, read_uint, write_uint
from collab_collaboration.yupdate import Extent, additions, read_extent

__all__ = [
    "FIRST_MARKER",
    "MAX_EPOCH",
    "Stale",
    "in_epoch",
    "marker_deletion",
    "marker_of",
    "marker_update",
    "other_epoch",
    "require_life",
    "require_life_of",
    "without_markers",
]

MAX_EPOCH: Final = 2**26 - 1
FIRST_MARKER: Final = 2**53 - 2**26
"""From here on, client ids are markers."""
_NO_STRUCTS: Final = b"\x00"

Clocks = Mapping[int, int]


class Stale(Exception):  # noqa: N818  # named for the client
    """A client knows another life of the document, or writes where only markers are."""


def marker_of(epoch: int) -> int:
    """The client id that stands for `epoch`, a number from 0 to `MAX_EPOCH`."""
    return FIRST_MARKER + epoch


def marker_update(epoch: int) -> bytes:
    """The marker, as an update: one client with one struct at clock 0, GC of length 1; no deletions."""
    return b"\x01\x01" + write_uint(marker_of(epoch)) + b"\x00\x00\x01" + b"\x00"


def marker_deletion(epoch: int) -> bytes:
    """What a client answers that has nothing new and knows of no deletion: a collected struct counts as one."""
    return _NO_STRUCTS + b"\x01" + write_uint(marker_of(epoch)) + b"\x01\x00\x01"


def other_epoch(epoch: int) -> int:
    """An epoch for the life after `epoch`, at random; never 0, which is that of documents older than markers."""
    while (drawn := 1 + secrets.randbelow(MAX_EPOCH)) == epoch:
        pass
    return drawn


def require_life(named: Clocks, known: Clocks) -> None:
    """Raises `Stale` if `named`, a state vector or what an update adds, has a marker that `known` has not."""
    for client, clock in named.items():
        if client >= FIRST_MARKER and clock > known.get(client, 0):
            raise Stale


def require_life_of(extent: Extent, known: Clocks) -> None:
    """Raises `Stale` if an update holds or needs a marker that `known` has not."""
    require_life(extent.needs, known)
    for client, _, end in extent.spans:
        require_life({client: end}, known)


def without_markers(state: bytes) -> bytes:
    """A document's state as it was before it got a marker: what may leave the document, as an export does.

    Raises:
        Malformed: `state` is not an update, or builds on something that is not in it.
        Unmergeable
    """
    if additions(read_extent(state), {}) is None:
        raise Malformed("the state builds on something that is not in it")
    doc = new_doc(state)
    clocks = clocks_of(doc)
    markers = {client: clock for client, clock in clocks.items() if client >= FIRST_MARKER}
    # An update from everything known is no struct and all deletions; so it says where in another the deletions begin.
    deletions = doc.get_update(doc.get_state())[len(_NO_STRUCTS) :]
    structs = doc.get_update(_state_vector(markers))[: -len(deletions)]
    stripped = structs + _deletions_but_of_markers(deletions)
    rest = {client: clock for client, clock in clocks.items() if client not in markers}
    if additions(read_extent(stripped), {}) != rest:
        raise Unmergeable("structs that wait for each other")
    return stripped


def in_epoch(state: bytes, epoch: int) -> bytes:
    """The same document in another life: with the marker of `epoch` and no other. Raises as `without_markers`."""
    return new_doc(without_markers(state), marker_update(epoch)).get_update()


def _state_vector(clocks: Clocks) -> bytes:
    parts = [write_uint(len(clocks))]
    for client, clock in clocks.items():
        parts += (write_uint(client), write_uint(clock))
    return b"".join(parts)


def _deletions_but_of_markers(deletions: bytes) -> bytes:
    count, at = read_uint(deletions, 0)
    kept: list[bytes] = []
    for _ in range(count):
        start = at
        client, at = read_uint(deletions, at)
        ranges, at = read_uint(deletions, at)
        for _ in range(2 * ranges):
            _, at = read_uint(deletions, at)
        if client < FIRST_MARKER:
            kept.append(deletions[start:at])
    return write_uint(len(kept)) + b"".join(kept)
