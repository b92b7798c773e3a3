"""A document with a long history, opened by a process that has just started.

Every edit of the longest trace is typed through a client, so that the operation log has one row for each. Then a fresh
process opens the document: from that log alone, and from the snapshot made of it. Hocuspocus is given its Database
extension over plain files, which keeps the whole state and no history. The other peers keep nothing here.
"""

import asyncio
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench.collaboration.clients import Protocol, Recorder, connect
from bench.collaboration.clients.yjs import YjsClient
from bench.collaboration.doors import Door
from bench.collaboration.parts import FAILURES, Run, in_loop, reason
from bench.collaboration.peers import HOCUSPOCUS_STORED, PeerFailed, running_peer
from bench.collaboration.results import ColdOpenRow
from bench.collaboration.servers import OURS
from bench.collaboration.standalone import standalone
from bench.collaboration.traces import load, replay
from tests.datastores import wait_until

__all__ = ["run"]

_TRACE: Final = "automerge-paper"
_QUICK_EDITS: Final = 3000
_IN_FLIGHT: Final = 2000
"""Edits sent and not yet acknowledged, while the document is being written."""
_WRITE_LIMIT_S: Final = 300.0
_OPEN_LIMIT_S: Final = 60.0
_SNAPSHOT_LIMIT_S: Final = 300.0
_DOCUMENT: Final = "00000000-0000-4000-8000-000000000005"
_SETTINGS: Final = {"COLLAB_MAX_MESSAGES_PER_S": "1000000", "COLLAB_IDLE_DOCUMENT_S": "600"}
_LOG, _SNAPSHOT, _FILES = "operation log", "snapshot", "files"


def run(run: Run) -> None:
    print(f"{'server':16} {'from':14} {'edits':>8} {'MB':>6} {'cold s':>22} {'warm s':>7} {'resident MB':>11}")
    limit = _QUICK_EDITS if run.quick else None
    updates = [each.update for each in replay(load(_TRACE), first_client=1001, limit=limit) if each.update]
    for server in run.servers:
        for row in _rows(run, server, updates):
            run.results.add(row)
            print(line(row), flush=True)


def _rows(run: Run, server: str, updates: Sequence[bytes]) -> list[ColdOpenRow]:
    rows: list[ColdOpenRow] = []
    try:
        if server == OURS:
            _ours(run, updates, rows)
        elif server == "hocuspocus":
            _hocuspocus(run, updates, rows)
        else:
            rows.append(ColdOpenRow(server=server, store="", remark="keeps nothing as it is started here"))
    except (PeerFailed, *FAILURES) as error:
        store = _LOG if server == OURS and not rows else _SNAPSHOT if server == OURS else _FILES
        rows.append(ColdOpenRow(server=server, store=store, remark=reason(error)))
    return rows


def _ours(run: Run, updates: Sequence[bytes], rows: list[ColdOpenRow]) -> None:
    never = {"COLLAB_COMPACT_AFTER": "1000000"}
    with standalone(processor=run.processor, stored=True, settings={**_SETTINGS, **never}) as process:
        in_loop(_write(process.door, updates))
        opened: list[tuple[float, float, int]] = []
        for _ in range(run.repeats):
            process.restart()
            opened.append(in_loop(_open(process.door)))
        rows.append(_row(OURS, _LOG, len(updates), opened, process.resident_mb()))
        process.restart(COLLAB_COMPACT_AFTER="1000")
        in_loop(_open(process.door))
        try:
            wait_until(
                lambda: process.sql("select base = head from collaboration.document") == "t",
                "a snapshot of the document",
                _SNAPSHOT_LIMIT_S,
            )
        except TimeoutError as error:
            raise TimeoutError(f"{error}; the service's log ends with {process.last_words()}") from error
        opened.clear()
        for _ in range(run.repeats):
            process.restart()
            opened.append(in_loop(_open(process.door)))
        rows.append(_row(OURS, _SNAPSHOT, len(updates), opened, process.resident_mb()))


def _hocuspocus(run: Run, updates: Sequence[bytes], rows: list[ColdOpenRow]) -> None:
    with tempfile.TemporaryDirectory(prefix="collab-bench-") as folder:
        store = Path(folder)
        with running_peer(HOCUSPOCUS_STORED, processor=run.processor, store=store) as process:
            in_loop(_write(process.door, updates))
            wait_until(lambda: any(store.iterdir()), "the document in a file", _SNAPSHOT_LIMIT_S)
        opened: list[tuple[float, float, int]] = []
        resident = 0.0
        for _ in range(run.repeats):
            with running_peer(HOCUSPOCUS_STORED, processor=run.processor, store=store) as process:
                opened.append(in_loop(_open(process.door)))
                resident = process.resident_mb()
        rows.append(_row("hocuspocus", _FILES, len(updates), opened, resident))


def _row(
    server: str, store: str, edits: int, opened: Sequence[tuple[float, float, int]], resident: float
) -> ColdOpenRow:
    return ColdOpenRow(
        server=server,
        store=store,
        edits=edits,
        document_mb=round(max(size for *_, size in opened) / 1e6, 2),
        seconds=sorted(round(cold, 3) for cold, *_ in opened),
        warm_seconds=round(min(warm for _, warm, _ in opened), 3),
        resident_mb=resident,
    )


async def _write(door: Door, updates: Sequence[bytes]) -> None:
    client = await _connected(door)
    await asyncio.wait_for(client.synced, _OPEN_LIMIT_S)
    async with asyncio.timeout(_WRITE_LIMIT_S):
        for number, update in enumerate(updates):
            client.send_update(update)
            await _acknowledged(client, number - _IN_FLIGHT)
        await _acknowledged(client, len(updates))
    client.disconnect()


async def _acknowledged(client: YjsClient, count: int) -> None:
    while len(client.acknowledged_at) < count:
        if client.closed is not None:
            raise ConnectionError(f"ended by the server while the document was written: {client.closed}")
        await asyncio.sleep(0.001)


async def _open(door: Door) -> tuple[float, float, int]:
    """Seconds for the first client, seconds for the second, and the document's size in bytes."""
    took: list[float] = []
    size = 0
    for _ in range(2):
        began = time.perf_counter()
        client = await _connected(door)
        await asyncio.wait_for(client.synced, _OPEN_LIMIT_S)
        took.append((client.synced_at or 0) - began)
        size = client.state_bytes
        client.disconnect()
    if size < 100:
        raise RuntimeError("the document came back empty")
    return took[0], took[1], size


async def _connected(door: Door) -> YjsClient:
    protocol: Protocol = "hocuspocus"
    client = await connect(protocol, Recorder(), door, _DOCUMENT, await door.ticket(_DOCUMENT))
    assert isinstance(client, YjsClient)
    return client


def line(row: ColdOpenRow) -> str:
    if not row.seconds:
        return f"{row.server:16} {row.store:14} {row.remark}"
    cold = "/".join(f"{each:.2f}" for each in row.seconds)
    return (
        f"{row.server:16} {row.store:14} {row.edits:8d} {row.document_mb:6.2f} {cold:>22} {row.warm_seconds or 0:7.3f}"
        f" {row.resident_mb:11.0f}"
    )
