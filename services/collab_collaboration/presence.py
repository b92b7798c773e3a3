"""Who is in a document and where: the awareness states of its clients, never stored, sent at most once a tick.

A state belongs to the session that introduced it. Another session may touch it only as the same person with a newer
clock (the client reconnected before its old socket was seen to be gone), so nobody moves somebody else's caret.

Source: y-protocols `awareness.js`.
"""

from typing import Final, Generic, TypeVar

import msgspec
from msgspec import Struct

from collab_collaboration.lib0 import Malformed, read_bytes, read_uint, write_bytes, write_uint

__all__ = ["MAX_STATES_PER_OWNER", "MAX_STATE_BYTES", "Presence", "encode_states", "read_states"]

MAX_STATE_BYTES: Final = 8 * 1024
MAX_STATES_PER_OWNER: Final = 16
MAX_STATES_PER_UPDATE: Final = 4096
EXPIRY_S: Final = 40.0
"""Clients renew their state every 15 s; what another replica has not renewed for this long is gone."""

_NOBODY: Final = b"null"

OwnerT = TypeVar("OwnerT")
State = tuple[int, int, bytes]
"""Client id, clock, and the state as JSON (`null`: gone)."""


class _Entry(Struct, Generic[OwnerT]):
    clock: int
    state: bytes
    owner: OwnerT | None
    """The local session that speaks for this client; `None` once it has left, and for clients of other replicas."""
    person: str
    """The user behind it; empty when another replica knows that and we do not."""
    seen_at: float


def read_states(update: bytes) -> list[State]:
    """Raises `Malformed`, also for a state that is not JSON or too large."""
    count, at = read_uint(update, 0)
    if count > MAX_STATES_PER_UPDATE:
        raise Malformed(f"more than {MAX_STATES_PER_UPDATE} awareness states in one message")
    states: list[State] = []
    for _ in range(count):
        client, at = read_uint(update, at)
        clock, at = read_uint(update, at)
        state, at = read_bytes(update, at)
        if len(state) > MAX_STATE_BYTES:
            raise Malformed(f"an awareness state is larger than {MAX_STATE_BYTES} bytes")
        if state != _NOBODY:
            _check_json(state)
        states.append((client, clock, state))
    if at != len(update):
        raise Malformed("bytes follow the end of the awareness update")
    return states


def encode_states(states: list[State]) -> bytes:
    parts = [write_uint(len(states))]
    for client, clock, state in states:
        parts += (write_uint(client), write_uint(clock), write_bytes(state))
    return b"".join(parts)


class Presence(Generic[OwnerT]):
    """The states of one document; `OwnerT` is what speaks for a client here, a session."""

    def __init__(self) -> None:
        self._entries: dict[int, _Entry[OwnerT]] = {}
        self._owned: dict[OwnerT, set[int]] = {}
        self._changed: dict[int, bool] = {}
        """Client id to whether a local session caused it: only such a change is another replica told about."""

    @property
    def is_dirty(self) -> bool:
        return bool(self._changed)

    def __len__(self) -> int:
        return sum(entry.state != _NOBODY for entry in self._entries.values())

    def apply(self, update: bytes, owner: OwnerT, person: str, now: float) -> None:
        """Take what a local session says. Raises `Malformed`."""
        for client, clock, state in read_states(update):
            entry = self._entries.get(client)
            accepted = state != _NOBODY if entry is None else _may_replace(entry, clock, state, owner, person)
            if accepted and self._claim(client, owner, entry.owner if entry else None):
                self._set(client, _Entry(clock, state, owner, person, now), local=True)

    def apply_remote(self, update: bytes, now: float) -> None:
        """Take what another replica says of its own sessions. Raises `Malformed`."""
        for client, clock, state in read_states(update):
            entry = self._entries.get(client)
            if entry is None:
                if state != _NOBODY:
                    self._set(client, _Entry(clock, state, None, "", now), local=False)
            elif clock > entry.clock:
                if entry.owner is not None:
                    self._disown(client, entry.owner)
                self._set(client, _Entry(clock, state, None, "", now), local=False)
            elif clock == entry.clock and entry.owner is None:
                if state != entry.state:
                    self._set(client, _Entry(clock, state, None, "", now), local=False)
                else:
                    entry.seen_at = now

    def leave(self, owner: OwnerT, now: float) -> None:
        """Remove the states of a session that has gone."""
        for client in self._owned.pop(owner, ()):
            entry = self._entries[client]
            self._set(client, _Entry(entry.clock, _NOBODY, None, entry.person, now), local=True)

    def expire(self, now: float) -> None:
        """Remove what another replica has stopped renewing, and forget who left long ago."""
        for client, entry in list(self._entries.items()):
            if entry.owner is not None or now - entry.seen_at <= EXPIRY_S:
                continue
            if entry.state != _NOBODY:
                self._set(client, _Entry(entry.clock, _NOBODY, None, entry.person, now), local=False)
            elif client not in self._changed:
                del self._entries[client]

    def take_changes(self) -> tuple[bytes, bytes]:
        """What changed since the last call, encoded: all of it, and what local sessions caused (or nothing)."""
        changes = [(client, *self._said(client), local) for client, local in self._changed.items()]
        self._changed.clear()
        ours = [(client, clock, state) for client, clock, state, local in changes if local]
        everything = encode_states([(client, clock, state) for client, clock, state, _ in changes])
        return everything, encode_states(ours) if ours else b""

    def encode(self, *, only_local: bool = False) -> bytes:
        """Everybody who is here now."""
        return encode_states(
            [
                (client, entry.clock, entry.state)
                for client, entry in self._entries.items()
                if entry.state != _NOBODY and not (only_local and entry.owner is None)
            ]
        )

    def _said(self, client: int) -> tuple[int, bytes]:
        entry = self._entries[client]
        return entry.clock, entry.state

    def _set(self, client: int, entry: _Entry[OwnerT], *, local: bool) -> None:
        self._entries[client] = entry
        self._changed[client] = local

    def _claim(self, client: int, owner: OwnerT, previous: OwnerT | None) -> bool:
        if previous == owner:
            return True
        mine = self._owned.setdefault(owner, set())
        if len(mine) >= MAX_STATES_PER_OWNER:
            return False
        if previous is not None:
            self._disown(client, previous)
        mine.add(client)
        return True

    def _disown(self, client: int, owner: OwnerT) -> None:
        owned = self._owned[owner]
        owned.discard(client)
        if not owned:
            del self._owned[owner]


def _may_replace(entry: _Entry[OwnerT], clock: int, state: bytes, owner: OwnerT, person: str) -> bool:
    is_own = entry.owner == owner
    if not is_own and entry.person not in ("", person):
        return False
    if clock != entry.clock:
        return clock > entry.clock
    if state == _NOBODY:
        return is_own and entry.state != _NOBODY
    # A client that comes back does not move its clock. The person matters: y-websocket repeats what it hears of others.
    return entry.state == _NOBODY and entry.person == person


def _check_json(state: bytes) -> None:
    try:
        msgspec.json.decode(state)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Malformed("an awareness state is not JSON") from None
