"""Editing sessions of real people, keystroke by keystroke, as Yjs updates.

The data is Joseph Gentle's https://github.com/josephg/editing-traces (CC BY 4.0), in no package registry and not part
of this repository: a checkout of it is looked for in the folder that `COLLAB_EDITING_TRACES` names, else in
`editing-traces` of the tests' cache, and each file must have the digest below. Only traces in ASCII are used, so that
a position counts the same in code points, in bytes (`pycrdt`) and in UTF-16 (Yjs).
"""

import gzip
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
from msgspec import Struct
from pycrdt import Doc, Text, TransactionEvent

__all__ = [
    "TEXT",
    "Patch",
    "Trace",
    "TraceUpdate",
    "TracesMissing",
    "Transaction",
    "load",
    "names",
    "replay",
    "require",
]

TEXT: Final = "text"
"""The root under which the updates keep the document."""

_FILES: Final = {
    "friendsforever": (
        "concurrent_traces/friendsforever.json.gz",
        "c80f9ee71bb2f063d58d1db8513d60145f0f7e209f6c72c8600b22eee73a2769",
    ),
    "clownschool": (
        "concurrent_traces/clownschool.json.gz",
        "b53866c8ab53233755a7b6ad60698a66cad041607e95c07056b036f464240b94",
    ),
    "sveltecomponent": (
        "sequential_traces/ascii_only/sveltecomponent.json.gz",
        "0393353a1ff0281f4a2adad080b0843bffa7988f9a4869ed04faf0984f78a234",
    ),
    "automerge-paper": (
        "sequential_traces/ascii_only/automerge-paper.json.gz",
        "42c0ff1720c0cad77077e190e36135c9cab9f7bbc266351c0a7fe4981c6a1546",
    ),
}


class TracesMissing(Exception):  # noqa: N818  # named for what is the matter
    """The file is not there, or not the one that was pinned; the message says where it belongs."""


class Patch(NamedTuple):
    """At a position, remove so many characters, then insert a text."""

    at: int
    removed: int
    inserted: str


class Transaction(Struct, frozen=True):
    """What `agent` did to the document as it is after all of `parents`, indices of earlier transactions."""

    patches: list[Patch]
    agent: int = 0
    parents: list[int] | None = None
    """`None` in a sequential trace: the transaction before it."""


class Trace(Struct, frozen=True, rename="camel"):
    txns: list[Transaction]
    end_content: str
    num_agents: int = 1

    def parents(self, index: int) -> list[int]:
        given = self.txns[index].parents
        if given is not None:
            return list(given)
        return [index - 1] if index else []


class TraceUpdate(NamedTuple):
    """The Yjs update of transaction `number`, and what its agent had to receive, in this order, before making it."""

    number: int
    agent: int
    update: bytes
    received: list[int]


def names() -> list[str]:
    return list(_FILES)


def load(name: str) -> Trace:
    """The trace of that name: `friendsforever` and `clownschool` are concurrent, of 2 and 3 agents.

    Raises:
        TracesMissing
    """
    return msgspec.json.decode(gzip.decompress(_read(name)), type=Trace)


def require() -> None:
    """Raises `TracesMissing` unless every trace is there."""
    for name in _FILES:
        _read(name)


def _read(name: str) -> bytes:
    relative, digest = _FILES[name]
    path = _folder() / relative
    try:
        packed = path.read_bytes()
    except FileNotFoundError:
        raise TracesMissing(
            f"{path} is not there: put a checkout of https://github.com/josephg/editing-traces at {_folder()}, "
            "or name one in COLLAB_EDITING_TRACES"
        ) from None
    if hashlib.sha256(packed).hexdigest() != digest:
        raise TracesMissing(f"{path} is not the file that was pinned (SHA-256 {digest})")
    return packed


def replay(trace: Trace, *, first_client: int = 1, limit: int | None = None) -> Iterator[TraceUpdate]:
    """Each transaction, made by its agent on exactly the state it was made on; at most the first `limit`.

    Agent `a` has the Yjs client id `first_client + a`. Agents never contradict themselves in a trace, so one document
    for each is enough: before a transaction it receives what came before that transaction and it lacks.
    """
    agents = [_Agent(first_client + number) for number in range(trace.num_agents)]
    updates: list[bytes] = []
    for index, transaction in enumerate(trace.txns[:limit]):
        agent = agents[transaction.agent]
        received = agent.missing(trace, index)
        for earlier in received:
            agent.receive(earlier, updates[earlier])
        updates.append(agent.make(index, transaction.patches))
        yield TraceUpdate(index, transaction.agent, updates[-1], received)


class _Agent:
    def __init__(self, client: int) -> None:
        self._doc: Doc[Text] = Doc(client_id=client)
        self._text = self._doc.get(TEXT, type=Text)
        self._has: set[int] = set()

    def missing(self, trace: Trace, index: int) -> list[int]:
        found: set[int] = set()
        waiting = trace.parents(index)
        while waiting:
            each = waiting.pop()
            if each not in self._has and each not in found:
                found.add(each)
                waiting += trace.parents(each)
        return sorted(found)

    def receive(self, index: int, update: bytes) -> None:
        self._doc.apply_update(update)
        self._has.add(index)

    def make(self, index: int, patches: list[Patch]) -> bytes:
        """Empty for a transaction without patches: some traces end with one."""
        made: list[bytes] = []

        def keep(event: TransactionEvent) -> None:
            made.append(event.update)

        subscription = self._doc.observe(keep)
        with self._doc.transaction():
            for at, removed, inserted in patches:
                if removed:
                    del self._text[at : at + removed]
                if inserted:
                    self._text.insert(at, inserted)
        self._doc.unobserve(subscription)
        self._has.add(index)
        return made[0] if made else b""


def _folder() -> Path:
    if chosen := os.environ.get("COLLAB_EDITING_TRACES"):
        return Path(chosen)
    cache = os.environ.get("COLLAB_TEST_CACHE")
    if cache is None:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "collab-tests"
    return Path(cache) / "editing-traces"
