"""A document in memory: the merged state, who listens, and the edits between "received" and "committed".

The state is ahead of the store only while a commit is in flight: `prepare` merges what is queued, which proves that it
can be merged, and `finish` shows it to others once it is stored. Who asks for the state in between waits for `finish`.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from msgspec import Struct

from collab_collaboration.crdt import (
    Doc,
    Unmergeable,
    apply,
    apply_observed,
    clocks_of,
    deletions_of,
    merge,
    new_doc,
    without_known,
)
from collab_collaboration.deletions import covers, read_deletions
from collab_collaboration.epoch import FIRST_MARKER, Stale, marker_deletion, require_life, require_life_of
from collab_collaboration.frames import encode_frame, frame_head
from collab_collaboration.joining import NOTHING_KNOWN, Joining
from collab_collaboration.lib0 import Malformed
from collab_collaboration.pace import Pace
from collab_collaboration.pairs import Pairs
from collab_collaboration.presence import Presence
from collab_collaboration.receiver import Receiver
from collab_collaboration.wire import awareness_update, stateless, sync_step1, sync_update
from collab_collaboration.yupdate import Extent, additions, read_edges, read_extent, read_state_vector

__all__ = ["Budget", "Entry", "Prepared", "Room"]

_REMEMBERED_REPEATS: Final = 8
_MEASURING_PAUSE: Final = 20
"""A document at its limit is measured by encoding it: for at most a twentieth of the time, however many ask."""


class Budget:
    """What all rooms together have queued."""

    __slots__ = ("queued_bytes",)

    def __init__(self) -> None:
        self.queued_bytes = 0


class Entry(NamedTuple):
    """An accepted update on its way to the store."""

    sender: Receiver
    update: bytes
    """Empty when there is nothing to store, only to acknowledge once what came before it is stored."""
    reduce: bool
    """It repeats much of what is known: store only what it adds."""
    messages: int
    """How many of its sender's messages it answers for."""
    received_at: float


class Prepared(Struct, frozen=True):
    """A room's share of a group commit."""

    room: "Room"
    entries: list[Entry]
    operations: list[tuple[UUID, bytes]]
    """Author and update, as stored."""
    parts: list[bytes]
    """The same updates, partly merged, as broadcast."""


class Room:
    def __init__(
        self,
        document: UUID,
        doc: Doc,
        *,
        head: int,
        base: int,
        budget: Budget,
        epoch: int = 0,
        pairs: Pairs | None = None,
        max_bytes: int = 2**30,
        max_messages_per_s: int = 1_000_000,
    ) -> None:
        self.document = document
        self.epoch = epoch
        """Which life of the document this is; `doc` has its marker."""
        self.head = head
        """The last operation that is merged here together with all before it."""
        self.base = base
        """The last operation that the document's snapshot holds."""
        self.presence: Presence[Receiver] = Presence()
        self.idle_since: float | None = None
        self.is_rebuilding = False
        self.is_closed = False
        self.joining = Joining()
        self.pace = Pace(max_messages_per_s)
        self._max_bytes = max_bytes
        self._budget = budget
        self._queue: list[Entry] = []
        self._queued_bytes = 0
        self._receivers: dict[bytes, dict[Receiver, Callable[[bytes], None]]] = {}
        """By address, each with its `write`: it is called for every frame."""
        self._waiting: dict[Receiver, bytes] = {}
        self._repeats: OrderedDict[bytes, None] = OrderedDict()
        self._remember(marker_deletion(epoch))
        state = doc.get_update()
        self._reset(doc, state, Pairs.of_state(state) if pairs is None else pairs)

    def _reset(self, doc: Doc, state: bytes, pairs: Pairs) -> None:
        self._doc = doc
        self._clocks = clocks_of(doc)
        self._pairs = pairs
        # Whoever caused the document to be read is about to ask for the state, and gets this one.
        self.joining.begin(state)
        self.size_bytes = len(state)
        """Of the state, or a little more: updates merged since it was measured are counted in full."""
        self._measure_again_at = 0.0
        self._in_flight = False
        self._must_verify = False

    @property
    def is_busy(self) -> bool:
        """Whether something of it is between received and committed."""
        return self._in_flight or bool(self._queue) or self.is_rebuilding

    @property
    def is_in_flight(self) -> bool:
        return self._in_flight

    @property
    def has_queued(self) -> bool:
        return bool(self._queue)

    @property
    def waiting_senders(self) -> set[Receiver]:
        """Whose edits are queued."""
        return {entry.sender for entry in self._queue}

    def close(self) -> list[Receiver]:
        """Forget everything; the answer is who still listened."""
        self.is_closed = True
        self._take_queue()
        receivers = self.receivers
        self._receivers.clear()
        self._waiting.clear()
        return receivers

    # Receivers

    def join(self, receiver: Receiver) -> None:
        self._receivers.setdefault(receiver.address, {})[receiver] = receiver.write
        self.idle_since = None

    def leave(self, receiver: Receiver, now: float) -> None:
        group = self._receivers.get(receiver.address)
        if group is None or receiver not in group:
            return
        del group[receiver]
        if not group:
            del self._receivers[receiver.address]
        if not self._receivers:
            self.idle_since = now
        self.presence.leave(receiver, now)
        self._waiting.pop(receiver, None)

    @property
    def receivers(self) -> list[Receiver]:
        return [receiver for group in self._receivers.values() for receiver in group]

    @property
    def sessions(self) -> int:
        return sum(map(len, self._receivers.values()))

    def _is_here(self, receiver: Receiver) -> bool:
        return receiver in self._receivers.get(receiver.address, ())

    def broadcast(self, body: bytes, before: dict[Receiver, bytes] | None = None) -> int:
        """Send a message to every receiver, encoded once for all of one address; the answer is how many that are.

        What `before` has for a receiver goes out in the same write, a system call being what sending costs, and is
        taken out of it.
        """
        sent = 0
        before = before or {}
        for address, group in self._receivers.items():
            frame = encode_frame(address, body)
            if before:
                for receiver, write in group.items():
                    write(before.pop(receiver) + frame if receiver in before else frame)
            else:
                for write in group.values():
                    write(frame)
            sent += len(group)
        return sent

    def relay(self, payload: str, *, besides: Receiver | None = None) -> int:
        """Pass a stateless message on to everybody else; y-websocket clients know none. The answer is to how many."""
        body = stateless(payload)
        sent = 0
        for address, group in self._receivers.items():
            if address:
                frame = encode_frame(address, body)
                for receiver in group:
                    if receiver is not besides:
                        receiver.write(frame)
                        sent += 1
        return sent

    # Edits

    def offer(self, sender: Receiver, update: bytes, *, messages: int, now: float, reduce: bool = False) -> bool:
        """Queue an update for the next commit; false when it builds on something that is not here.

        `reduce` says that it answers a sync request, and so repeats every deletion there ever was.

        Raises:
            Malformed: no client sends such an update.
            Stale: it is of another life of the document.
        """
        extent = read_extent(update)
        moved = additions(extent, self._clocks)
        if moved is None:
            require_life_of(extent, self._clocks)
            return False
        if not moved:
            reduce = True
            if not extent.deletes or update in self._repeats:
                update = b""
        elif max(moved) >= FIRST_MARKER:
            raise Stale
        elif extent.needs and len(moved) > 1:
            # One client's structs stand on another's in the same update: in a circle they would never be merged.
            self._must_verify = True
        if update and (self._pairs or extent.wide):
            self._keep_characters_whole(update, extent)
        self._clocks.update(moved)
        self._enqueue(Entry(sender, update, reduce, messages, now))
        return True

    def _keep_characters_whole(self, update: bytes, extent: Extent) -> None:
        edges = read_edges(update)
        # Of a span that is known in part, only the rest is merged.
        edges += ((client, self._clocks.get(client, 0)) for client, _, _ in extent.spans)
        own = Pairs()
        own.add(extent, self._clocks)
        if self._pairs.divided_by(edges) or own.divided_by(edges):
            raise Malformed("an edit comes between the two halves of a character")
        self._pairs.add(extent, self._clocks)

    def has_space_for(self, update: bytes) -> bool:
        """Whether the document may grow by `update`; it may always shrink. Raises `Malformed`."""
        if self._fits(update):
            return True
        if time.monotonic() >= self._measure_again_at:
            self._measure()
            if self._fits(update):
                return True
        return not read_extent(update).spans

    def _fits(self, update: bytes) -> bool:
        return self.size_bytes + self._queued_bytes + len(update) <= self._max_bytes

    def _measure(self) -> None:
        began_at = time.monotonic()
        self.size_bytes = len(self._doc.get_update())
        ended_at = time.monotonic()
        self._measure_again_at = ended_at + _MEASURING_PAUSE * (ended_at - began_at)

    def acknowledge_later(self, sender: Receiver, *, now: float) -> None:
        """Acknowledge one message with nothing in it to store, once all that came before it is stored."""
        self._enqueue(Entry(sender, b"", reduce=True, messages=1, received_at=now))

    def adds_nothing(self, update: bytes) -> bool:
        """Whether all of `update` is known. Raises `Malformed`, `Unmergeable`."""
        extent = read_extent(update)
        if additions(extent, self._clocks) != {}:
            return False
        if not extent.deletes or update in self._repeats:
            return True
        deletions = without_known(self._doc, update)
        known = deletions_of(self._doc)
        # Whoever is level with the document sends the very same.
        if deletions != known and not covers(read_deletions(known), read_deletions(deletions)):
            return False
        self._remember(update)
        return True

    def prepare(self) -> Prepared:
        """Merge all that is queued. Raises `Unmergeable`: the room then has to be rebuilt, and still has its queue."""
        self._in_flight = True
        try:
            operations, parts = self._merge_queue()
            if self._must_verify:
                _require(clocks_of(self._doc), self._clocks)
                self._must_verify = False
        except Unmergeable:
            self._in_flight = False
            raise
        self.size_bytes += sum(map(len, parts))
        return Prepared(self, self._take_queue(), operations, parts)

    def _merge_queue(self) -> tuple[list[tuple[UUID, bytes]], list[bytes]]:
        operations: list[tuple[UUID, bytes]] = []
        parts: list[bytes] = []
        run: list[bytes] = []
        for sender, update, reduce, *_ in self._queue:
            if not reduce:
                run.append(update)
                operations.append((sender.user, update))
            elif update:
                if run:
                    parts.append(self._merge_in(run))
                    run = []
                if (added := apply_observed(self._doc, update)) is not None:
                    parts.append(added)
                    operations.append((sender.user, added))
                self._remember(update)
        if run:
            parts.append(self._merge_in(run))
        return operations, parts

    def finish(self, prepared: Prepared) -> int:
        """Show what is now stored: edits to all, to senders that theirs are safe, the state to who waits for it.

        The answer is how many messages were sent.
        """
        self._in_flight = False
        messages: dict[Receiver, int] = {}
        for entry in prepared.entries:
            messages[entry.sender] = messages.get(entry.sender, 0) + entry.messages
        acknowledgements = {
            sender: sender.acknowledgement(count) for sender, count in messages.items() if self._is_here(sender)
        }
        sent = len(acknowledgements)
        if prepared.parts:
            merged = merge(prepared.parts)
            self.joining.committed(merged)
            sent += self.broadcast(sync_update(merged), acknowledgements)
        for sender, frames in acknowledgements.items():
            if frames:
                sender.write(frames)
        self._answer_waiting()
        return sent

    def merge_stored(self, updates: Sequence[bytes], last: int) -> int:
        """Take operations that another replica stored, up to number `last`; the answer is how many messages were sent.

        Raises:
            Malformed, Unmergeable: the store holds what cannot be merged.
        """
        for update in updates:
            extent = read_extent(update)
            self._pairs.add(extent, self._clocks)
            for client, _, end in extent.spans:
                if end > self._clocks.get(client, 0):
                    self._clocks[client] = end
        merged = self._merge_in(updates)
        self.size_bytes += len(merged)
        self.joining.committed(merged)
        self.head = max(self.head, last)
        return self.broadcast(sync_update(merged))

    def rebuild(self, state: bytes, head: int, pairs: Pairs) -> tuple[list[Receiver], list[Receiver]]:
        """Start again from the stored state with its `pairs`, and queue again what can be merged of what was queued.

        The answer is whose updates cannot be merged at all, and whose cannot any more without those.
        """
        entries = self._take_queue()
        culprits: list[Receiver] = []
        good: list[Entry] = []
        trial = new_doc(state)
        for entry in entries:
            if entry.sender in culprits:
                continue
            try:
                _merge_alone(trial, entry.update)
            except Unmergeable:
                culprits.append(entry.sender)
                trial = new_doc(state, *(kept.update for kept in good if kept.update))
            else:
                good.append(entry)
        self.head = head
        self._reset(new_doc(state), state, pairs)
        self.is_rebuilding = False
        stranded = [entry.sender for entry in good if not self._offer_again(entry)]
        # What other replicas stored meanwhile came with the state, and nobody here has seen it.
        self.broadcast(sync_update(state))
        self._answer_waiting()
        return culprits, stranded

    def _offer_again(self, entry: Entry) -> bool:
        if not entry.update:
            self._enqueue(entry)
            return True
        return self.offer(
            entry.sender, entry.update, messages=entry.messages, now=entry.received_at, reduce=entry.reduce
        )

    # State

    def answer(self, receiver: Receiver, vector: bytes) -> None:
        """Send what a client lacks that knows `vector`, and ask for what it has; after the commit in flight, if any.

        Raises:
            Malformed: `vector` is not a state vector.
            Stale: it is of another life of the document.
        """
        if vector != NOTHING_KNOWN:
            require_life(read_state_vector(vector), self._clocks)
        if self._in_flight or self.is_rebuilding:
            self._waiting[receiver] = vector
        else:
            self._send_state(receiver, vector)

    def state(self) -> bytes:
        """The whole document as one update."""
        return self._doc.get_update()

    def request(self) -> bytes:
        """The message that asks a client for everything that is not here."""
        return sync_step1(self._doc.get_state())

    def send_presence(self, receiver: Receiver) -> None:
        receiver.write(encode_frame(receiver.address, awareness_update(self.presence.encode())))

    def _send_state(self, receiver: Receiver, vector: bytes) -> None:
        bodies = [*self.joining.messages(self._doc, vector), self.request()]
        receiver.write_state([part for body in bodies for part in (frame_head(receiver.address, len(body)), body)])

    def _answer_waiting(self) -> None:
        if self.is_rebuilding:
            return
        waiting, self._waiting = self._waiting, {}
        for receiver, vector in waiting.items():
            self._send_state(receiver, vector)

    def _enqueue(self, entry: Entry) -> None:
        self._queue.append(entry)
        self._queued_bytes += len(entry.update)
        self._budget.queued_bytes += len(entry.update)

    def _take_queue(self) -> list[Entry]:
        self._budget.queued_bytes -= self._queued_bytes
        entries, self._queue, self._queued_bytes = self._queue, [], 0
        return entries

    def _merge_in(self, updates: Sequence[bytes]) -> bytes:
        merged = merge(updates)
        apply(self._doc, merged)
        return merged

    def _remember(self, update: bytes) -> None:
        # What is known stays known: these bytes, which all joiners of one state send, need not be looked at again.
        self._repeats[update] = None
        if len(self._repeats) > _REMEMBERED_REPEATS:
            self._repeats.popitem(last=False)


def _merge_alone(doc: Doc, update: bytes) -> None:
    if not update:
        return
    expected = additions(read_extent(update), clocks_of(doc))
    if expected is not None:
        apply(doc, update)
        _require(clocks_of(doc), expected)


def _require(clocks: dict[int, int], expected: dict[int, int]) -> None:
    if any(clocks.get(client, 0) < clock for client, clock in expected.items()):
        raise Unmergeable("structs that wait for each other")
