"""Editing sessions of real people, played back faster than they were, among many clients.

A transaction is due at its time, and not before its author's connection has received what it builds on, as a person
could not have made it earlier; it is measured from then. A transaction that only removes text leaves no mark that a
receiver could be asked for: those are judged by the text that results.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Final, NamedTuple

from pycrdt import Doc, Text

from bench.collaboration.clients import Recorder
from bench.collaboration.clients.base import Span
from bench.collaboration.clients.yjs import YjsClient, update_of
from bench.collaboration.load import Ladder, Percentiles, join, until
from bench.collaboration.parts import FAILURES, Run, in_loop, reason
from bench.collaboration.peers import PeerFailed
from bench.collaboration.results import ReplayRow
from bench.collaboration.servers import Server, dialect, open_server
from bench.collaboration.traces import TEXT, TraceUpdate, load, replay
from collab_collaboration.yupdate import read_extent

__all__ = ["Mark", "marks_of", "run"]

_TRACES: Final = ("friendsforever", "clownschool", "automerge-paper")
_CLIENTS: Final = 100
_QUICK_CLIENTS: Final = 10
_RATE_PER_S: Final = 800.0
_QUICK_RATE_PER_S: Final = 200.0
_SETTLE_S: Final = 3.0
_FIRST_CLIENT: Final = 1001
_LIMIT_S: Final = 120.0
_WAIT_LIMIT_S: Final = 20.0


class Mark(NamedTuple):
    """By what a transaction is recognised: its author's clock after it; `end` is 0 when it inserted nothing."""

    author: int
    end: int


def run(run: Run) -> None:
    clients, rate = (_QUICK_CLIENTS, _QUICK_RATE_PER_S) if run.quick else (_CLIENTS, _RATE_PER_S)
    print(f"{'trace':16} {'server':16} {'p50':>8} {'p95':>8} {'p99':>8} {'lost':>7} {'edits/s':>8} {'CPU %':>6}  same")
    for name in _TRACES:
        trace = load(name)
        updates = list(replay(trace, first_client=_FIRST_CLIENT, limit=round(rate * run.seconds)))
        for server in run.servers:
            if dialect(server) in ("sharedb", "etherpad"):
                row = ReplayRow(server=server, trace=name, remark="the sessions are kept as Yjs updates")
            else:
                row = _play_on(
                    run, server, name=name, agents=trace.num_agents, updates=updates, clients=clients, rate=rate
                )
            run.results.add(row)
            print(line(row), flush=True)


def _play_on(
    run: Run, server: str, *, name: str, agents: int, updates: Sequence[TraceUpdate], clients: int, rate: float
) -> ReplayRow:
    try:
        with open_server(server, run.processor, {"COLLAB_MAX_MESSAGES_PER_S": "100000"}) as process:
            work = _play(server, process, name=name, agents=agents, updates=updates, count=clients, rate=rate)
            return in_loop(asyncio.wait_for(work, _LIMIT_S))
    except (PeerFailed, *FAILURES) as error:
        return ReplayRow(server=server, trace=name, remark=reason(error))


def marks_of(updates: Sequence[TraceUpdate]) -> list[Mark]:
    """One for each transaction."""
    marks: list[Mark] = []
    for each in updates:
        author = _FIRST_CLIENT + each.agent
        spans = read_extent(each.update).spans if each.update else []
        marks.append(Mark(author, max((end for client, _, end in spans if client == author), default=0)))
    return marks


class _Agent:
    """An author's connection, and what it has seen of the other authors."""

    def __init__(self, client: YjsClient, authors: Sequence[int]) -> None:
        self.client = client
        self.seen = dict.fromkeys(authors, 0)
        self._read = 0

    def look(self) -> None:
        """Read what has arrived since the last time."""
        messages = self.client.recorder.messages
        for number in self.client.arrived[self._read :]:
            for author, _, end in self.client.spans(messages[number]):
                if isinstance(author, int) and author in self.seen:
                    self.seen[author] = max(self.seen[author], end)
        self._read = len(self.client.arrived)


async def _play(
    server: str, process: Server, *, name: str, agents: int, updates: Sequence[TraceUpdate], count: int, rate: float
) -> ReplayRow:
    recorder = Recorder()
    clients = [
        client for client in await join(count, recorder, process.door, dialect(server)) if isinstance(client, YjsClient)
    ]
    marks = marks_of(updates)
    authors = [_FIRST_CLIENT + number for number in range(agents)]
    playing = [_Agent(client, authors) for client in clients[:agents]]
    recorder.running = True
    used = sum(process.cpu_seconds())
    began = time.perf_counter() + 0.1
    sent_at = [0.0] * len(updates)

    async def play(number: int) -> None:
        agent = playing[number]
        needed: dict[int, int] = {}
        for at, each in enumerate(updates):
            if each.agent != number:
                continue
            for earlier in each.received:
                author, end = marks[earlier]
                needed[author] = max(needed.get(author, 0), end)
            due = began + at / rate
            await until(due)
            waited_until = await _received(agent, needed)
            needed.clear()
            sent_at[at] = max(due, waited_until)
            if each.update:
                agent.client.send_update(each.update)

    await asyncio.gather(*(play(number) for number in range(agents)))
    took = time.perf_counter() - began
    used = sum(process.cpu_seconds()) - used
    await asyncio.sleep(_SETTLE_S)
    recorder.running = False
    ended = next((client.closed for client in clients if client.closed is not None), None)
    for client in clients:
        client.disconnect()
    if ended is not None:
        raise ConnectionError(f"a connection was ended by the server: {ended}")
    messages = recorder.messages
    spans = [clients[0].spans(message) for message in messages]
    visible = Ladder()
    undelivered = 0
    for client in clients:
        own = authors[clients.index(client)] if client in clients[:agents] else None
        for author in authors:
            if author != own:
                undelivered += _tally(client, author, marks=marks, sent_at=sent_at, spans=spans, visible=visible)
    expected = _text([each.update for each in updates if each.update])
    converged = all(
        _text([update for number in client.arrived if (update := update_of(messages[number])) is not None]) == expected
        for client in (clients[agents], clients[-1])
    )
    return ReplayRow(
        server=server,
        trace=name,
        agents=agents,
        clients=count,
        transactions=len(updates),
        offered_per_s=rate,
        achieved_per_s=round(len(updates) / took, 1),
        visible=Percentiles.of(visible),
        undelivered=undelivered,
        converged=converged,
        cpu_percent=round(100 * used / took),
    )


async def _received(agent: _Agent, needed: dict[int, int]) -> float:
    """When the agent's connection has got all that is needed, or 0.0 when it had it already. Raises `TimeoutError`."""
    if not needed:
        return 0.0
    limit = time.perf_counter() + _WAIT_LIMIT_S
    waited = 0.0
    while True:
        agent.look()
        if all(agent.seen[author] >= end for author, end in needed.items()):
            return waited
        if time.perf_counter() > limit:
            raise TimeoutError(f"an author did not get what its next edit builds on within {_WAIT_LIMIT_S:g} s")
        await asyncio.sleep(0.0005)
        waited = time.perf_counter()


def _tally(
    client: YjsClient,
    author: int,
    *,
    marks: Sequence[Mark],
    sent_at: Sequence[float],
    spans: Sequence[Sequence[Span]],
    visible: Ladder,
) -> int:
    """Count what one client saw of one author; the answer is how many of its inserts it never did."""
    waiting = [(mark.end, sent_at[at]) for at, mark in enumerate(marks) if mark.author == author and mark.end]
    at = 0
    for arrived_at, number in zip(client.arrived_at, client.arrived, strict=True):
        for span in spans[number]:
            while span.author == author and at < len(waiting) and waiting[at][0] <= span.end:
                visible.add(arrived_at - waiting[at][1])
                at += 1
    return len(waiting) - at


def _text(updates: Sequence[bytes]) -> str:
    doc: Doc[Text] = Doc()
    text = doc.get(TEXT, type=Text)
    for update in updates:
        doc.apply_update(update)
    return str(text)


def line(row: ReplayRow) -> str:
    if row.visible is None:
        return f"{row.trace:16} {row.server:16} {row.remark}"
    found = (row.visible.p50_ms, row.visible.p95_ms, row.visible.p99_ms)
    figures = " ".join(f"{value if value is not None else float('nan'):8.1f}" for value in found)
    return (
        f"{row.trace:16} {row.server:16} {figures} {row.undelivered:7d} {row.achieved_per_s:8.0f}"
        f" {row.cpu_percent:6d}  {'yes' if row.converged else 'NO'}"
    )
