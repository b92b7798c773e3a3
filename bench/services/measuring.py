"""Asks, and says how long the answers took."""

import asyncio
import itertools
import statistics
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from bench.services.client import Client, Request

if TYPE_CHECKING:
    from asyncpg import Connection, Record

__all__ = ["connected", "measure", "percentile", "time_sql"]

_LEAST: Final = 40
"""Answers that a percentile is made of at least, however long they take."""
_MOST: Final = 1000
_SQL_RUNS: Final = 21


@asynccontextmanager
async def connected(url: str, count: int) -> AsyncGenerator[list[Client]]:
    clients: list[Client] = []
    try:
        for _ in range(count):
            clients.append(await Client.connect(url))  # noqa: PERF401  # those that there are get closed
        yield clients
    finally:
        for client in clients:
            await client.close()


async def measure(clients: Sequence[Client], requests: Sequence[Request], *, seconds: float) -> list[float]:
    """Each client asks again as soon as it has its answer; the answer is the milliseconds of each, from the least."""
    taken: list[float] = []
    upcoming = itertools.cycle(requests)

    async def ask_on(client: Client, until: float) -> None:
        while len(taken) < _MOST and (time.monotonic() < until or len(taken) < _LEAST):
            taken.append((await client.ask(next(upcoming)))[0] * 1000)

    # Not counted: the first answers open connections to the database and prepare statements.
    await asyncio.gather(*(client.ask(request) for client, request in zip(clients, requests, strict=False)))
    until = time.monotonic() + seconds
    async with asyncio.TaskGroup() as group:
        for client in clients:
            group.create_task(ask_on(client, until))
    return sorted(taken)


def percentile(values: Sequence[float], percent: float) -> float:
    """Of sorted values."""
    return values[min(len(values) - 1, int(len(values) * percent / 100))]


async def time_sql(connection: "Connection[Record]", sql: str, arguments: tuple[object, ...]) -> float:
    """The median in milliseconds, prepared as the service does it."""
    taken: list[float] = []
    for _ in range(_SQL_RUNS):
        began = time.perf_counter()
        await connection.fetch(sql, *arguments)
        taken.append((time.perf_counter() - began) * 1000)
    return round(statistics.median(taken), 2)
