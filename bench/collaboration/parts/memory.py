"""What an idle connection and an open document take of a server's memory.

Three readings on fresh servers: nothing connected; so many idle connections to one empty document; so many documents of
ten thousand characters with one connection each. The second less the first is connections, the third less the second is
documents.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from bench.collaboration.clients import Client, Recorder
from bench.collaboration.clients.sharedb import ShareDBClient
from bench.collaboration.clients.yjs import YjsClient
from bench.collaboration.load import join
from bench.collaboration.parts import FAILURES, Run, in_loop, reason
from bench.collaboration.peers import PeerFailed
from bench.collaboration.results import MemoryRow
from bench.collaboration.servers import Server, dialect, open_server

__all__ = ["run"]

_COUNT: Final = 1000
_QUICK_COUNT: Final = 50
_CHARACTERS: Final = 10_000
_AT_ONCE: Final = 20
_SETTLE_S: Final = 4.0
_LIMIT_S: Final = 180.0


def run(run: Run) -> None:
    count = _QUICK_COUNT if run.quick else _COUNT
    print(f"{'server':16} {'started MB':>10} {'connections':>11} {'documents':>10} {'kB each':>9} {'kB each':>9}")
    for server in run.servers:
        row = _measure(run, server, count)
        run.results.add(row)
        print(line(row), flush=True)


def _measure(run: Run, server: str, count: int) -> MemoryRow:
    remark = ""
    started = connections = documents = None
    try:
        started, connections = _grown(run, server, lambda process: _connections(server, process, count))
        _, documents = _grown(run, server, lambda process: _documents(server, process, count))
    except (PeerFailed, *FAILURES) as error:
        remark = reason(error)
    return MemoryRow(
        server=server,
        started_mb=started or 0,
        count=count,
        characters=_CHARACTERS,
        connections_mb=connections,
        documents_mb=documents,
        connection_kb=None if started is None or connections is None else _each_kb(connections - started, count),
        document_kb=None if connections is None or documents is None else _each_kb(documents - connections, count),
        remark=remark,
    )


def _each_kb(grown_mb: float, count: int) -> float:
    return round(1000 * grown_mb / count, 1)


def _grown(run: Run, server: str, work: Callable[[Server], Awaitable[list[Client]]]) -> tuple[float, float]:
    """Resident megabytes before and after on a fresh server."""

    async def measure(process: Server) -> tuple[float, float]:
        before = process.resident_mb()
        clients = await work(process)
        await asyncio.sleep(_SETTLE_S)
        after = process.resident_mb()
        for client in clients:
            client.disconnect()
        return before, after

    with open_server(server, run.processor, {"COLLAB_IDLE_DOCUMENT_S": "600"}) as process:
        return in_loop(asyncio.wait_for(measure(process), _LIMIT_S))


async def _connections(server: str, process: Server, count: int) -> list[Client]:
    return await join(count, Recorder(), process.door, dialect(server))


async def _documents(server: str, process: Server, count: int) -> list[Client]:
    recorder = Recorder()

    async def fill() -> Client:
        (client,) = await join(1, recorder, process.door, dialect(server))
        await _write(client)
        return client

    clients: list[Client] = []
    while len(clients) < count:
        clients += await asyncio.gather(*(fill() for _ in range(min(_AT_ONCE, count - len(clients)))))
    return clients


async def _write(client: Client) -> None:
    if isinstance(client, YjsClient):
        client.send_update(client.pasted("x" * _CHARACTERS))
    elif isinstance(client, ShareDBClient):
        await client.idle.wait()
        client.paste("x" * _CHARACTERS)
    else:
        client.edit(_CHARACTERS - 1)


def line(row: MemoryRow) -> str:
    figures = (row.connections_mb, row.documents_mb, row.connection_kb, row.document_kb)
    shown = [f"{figure:.1f}" if figure is not None else "-" for figure in figures]
    return (
        f"{row.server:16} {row.started_mb:10.1f} {shown[0]:>11} {shown[1]:>10} {shown[2]:>9} {shown[3]:>9}"
        f"  {row.remark}".rstrip()
    )
