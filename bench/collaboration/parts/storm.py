"""A join storm: everybody comes at once to one large document."""

import asyncio
import random
import time
from typing import Final

from pycrdt import Doc, Text, TransactionEvent, merge_updates

from bench.collaboration.clients import Client, Recorder, connect
from bench.collaboration.clients.sharedb import ShareDBClient
from bench.collaboration.clients.yjs import YjsClient
from bench.collaboration.load import Ladder, Percentiles
from bench.collaboration.parts import FAILURES, Run, in_loop, reason
from bench.collaboration.peers import PeerFailed
from bench.collaboration.results import StormRow
from bench.collaboration.servers import Server, dialect, open_server

__all__ = ["large_document", "run"]

_CLIENTS: Final = 300
_QUICK_CLIENTS: Final = 20
_BYTES: Final = 5_000_000
_QUICK_BYTES: Final = 500_000
_DEADLINE_S: Final = 60.0
_PASTE: Final = 80
"""Characters inserted by one operation."""
_NEAR: Final = 1000
"""Characters from the front of the text within which it is edited."""
_MESSAGE_OPERATIONS: Final = 400
"""Operations in one message while the document is being made: some 40 kB."""
_SETTLE_S: Final = 3.0
_WHOLE: Final = 0.95
"""Of the largest answer: Etherpad's names who is there, so that not all are of one size."""


def run(run: Run) -> None:
    clients, size = (_QUICK_CLIENTS, _QUICK_BYTES) if run.quick else (_CLIENTS, _BYTES)
    print(
        f"{'server':16} {'clients':>7} {'MB':>6} {'p50 s':>7} {'p99 s':>7} {'all s':>7} {'missing':>7} {'peak MB':>8}"
    )
    updates = large_document(size)
    for server in run.servers:
        try:
            with open_server(server, run.processor) as process:
                row = in_loop(_storm(server, process, clients, updates))
        except (PeerFailed, *FAILURES) as error:
            row = StormRow(server=server, clients=clients, remark=reason(error))
        run.results.add(row)
        print(line(row), flush=True)


def large_document(size_bytes: int, seed: int = 1) -> list[bytes]:
    """Updates that make a document of at least that size: lines inserted and here and there removed, near its front.

    Near it, because finding a place takes longer the further back it is: making the document is not what is measured.
    """
    chance = random.Random(seed)
    doc: Doc[Text] = Doc()
    text = doc.get("text", type=Text)
    messages: list[bytes] = []
    made: list[bytes] = []
    written = length = 0

    def keep(event: TransactionEvent) -> None:
        made.append(event.update)

    subscription = doc.observe(keep)
    while written < size_bytes:
        at = chance.randrange(min(length, _NEAR) + 1)
        text.insert(at, "".join(chance.choices("abcdefghijklmnop ", k=_PASTE)))
        length += _PASTE
        if length > 2 * _NEAR and chance.random() < 0.1:
            at = chance.randrange(_NEAR)
            del text[at : at + 10]
            length -= 10
        written += len(made[-1])
        if len(made) >= _MESSAGE_OPERATIONS:
            messages.append(merge_updates(*made))
            made.clear()
    doc.unobserve(subscription)
    return [*messages, merge_updates(*made)] if made else messages


async def _storm(server: str, process: Server, count: int, updates: list[bytes]) -> StormRow:
    document = await process.door.document()
    protocol = dialect(server)
    author = await connect(protocol, Recorder(), process.door, document, await process.door.ticket(document))
    await _write(author, updates)
    await asyncio.sleep(_SETTLE_S)
    before = process.resident_mb()
    process.forget_peak()
    recorder = Recorder(keeps_states=False)
    tickets = [await process.door.ticket(document) for _ in range(count)]
    began = time.perf_counter()
    joining = [asyncio.create_task(connect(protocol, recorder, process.door, document, ticket)) for ticket in tickets]
    came = await asyncio.gather(*joining, return_exceptions=True)
    clients = [client for client in came if isinstance(client, Client)]
    refused = [reason(error) for error in came if isinstance(error, BaseException)]
    if clients:
        await asyncio.wait([client.synced for client in clients], timeout=_DEADLINE_S)
    ladder = Ladder()
    for client in clients:
        if client.synced_at is not None:
            ladder.add(client.synced_at - began)
    whole = max((client.state_bytes for client in clients), default=0)
    refused += [client.closed for client in clients if client.closed is not None]
    peak = process.peak_mb()
    for client in (author, *clients):
        client.disconnect()
    if ladder.count == 0:
        raise TimeoutError(f"nobody got the document within {_DEADLINE_S:g} s")
    partial = sum(0 < client.state_bytes < _WHOLE * whole for client in clients)
    return StormRow(
        server=server,
        clients=count,
        document_mb=round(whole / 1e6, 2),
        synced=Percentiles.of(ladder),
        all_s=round((ladder.percentile_ms(100) or 0) / 1000, 2) if ladder.count == count else None,
        missing=count - ladder.count,
        server_before_mb=before,
        server_peak_mb=peak,
        remark="; ".join(_remarks(server, partial, refused)),
    )


def _remarks(server: str, partial: int, refused: list[str]) -> list[str]:
    remarks: list[str] = []
    if dialect(server) in ("sharedb", "etherpad"):
        remarks.append("text of the same size, not a CRDT")
    if partial:
        remarks.append(f"{partial} got less than the others")
    if refused:
        remarks.append(f"{len(refused)} connections failed, the first: {refused[0]}")
    return remarks


async def _write(author: Client, updates: list[bytes]) -> None:
    """Put the document in, message by message."""
    await asyncio.wait_for(author.synced, _DEADLINE_S)
    size = sum(map(len, updates))
    if isinstance(author, ShareDBClient):
        await asyncio.wait_for(author.idle.wait(), _DEADLINE_S)
        author.paste("x" * size)
        await _acknowledged(author, 1)
        return
    if not isinstance(author, YjsClient):
        author.edit(size - 1)
        await _acknowledged(author, size)
        return
    for number, update in enumerate(updates, 1):
        author.send_update(update)
        if author.acknowledges:
            await _acknowledged(author, number)
        else:
            await asyncio.sleep(0.02)


async def _acknowledged(author: Client, count: int) -> None:
    async with asyncio.timeout(_DEADLINE_S):
        while len(author.acknowledged_at) < count:
            if author.closed is not None:
                raise ConnectionError(f"ended by the server while the document was made: {author.closed}")
            await asyncio.sleep(0.002)


def line(row: StormRow) -> str:
    if row.synced is None:
        return f"{row.server:16} {row.remark}"
    p50, p99 = ((value or 0) / 1000 for value in (row.synced.p50_ms, row.synced.p99_ms))
    everybody = "-" if row.all_s is None else f"{row.all_s:.2f}"
    return (
        f"{row.server:16} {row.clients:7d} {row.document_mb:6.2f} {p50:7.2f} {p99:7.2f} {everybody:>7}"
        f" {row.missing:7d} {row.server_peak_mb:8.0f}  {row.remark}".rstrip()
    )
