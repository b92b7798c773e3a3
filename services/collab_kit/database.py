"""PostgreSQL: a pool with deadlines, rows as structs, and named queries kept in `.sql` files."""

import asyncio
import random
import re
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib import resources
from typing import Self, TypeAlias, TypeVar

import asyncpg
import msgspec
from asyncpg.pool import PoolConnectionProxy
from msgspec import Struct, structs
from prometheus_client import Counter, Histogram

from collab_kit.errors import StoreUnavailable
from collab_kit.logging import get_logger
from collab_kit.settings import ServiceSettings
from collab_kit.tls import database_tls

__all__ = [
    "Connection",
    "Database",
    "QueriesError",
    "execute",
    "fetch_all",
    "fetch_one",
    "fetch_row",
    "load_queries",
    "parse_queries",
]

OPEN_DEADLINE_S = 30.0
"""How long a starting service waits for PostgreSQL before it gives up and leaves the retry to its supervisor."""
ACQUIRE_DEADLINE_S = 2.0
CONNECT_TIMEOUT_S = 2.0
COMMAND_TIMEOUT_S = 5.0

_log = get_logger()
_wait_seconds = Histogram(
    "collab_database_wait_seconds",
    "Time spent waiting for a connection of the pool",
    buckets=(0.001, 0.01, 0.1, 0.5, 1, 2),
)
_unavailable = Counter(
    "collab_database_unavailable_total", "Requests that failed because PostgreSQL was away", ["error"]
)

_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # shutting down, starting up, statement cancelled by its timeout
    asyncpg.InsufficientResourcesError,  # too many connections, disk full
    asyncpg.LockNotAvailableError,
    asyncpg.InternalClientError,  # asked for something just as the server said good-bye
    asyncpg.ReadOnlySQLTransactionError,  # still connected to what has become a standby
    OSError,
    TimeoutError,
)

# In quotes: these classes are generic in their stubs only.
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
RowT = TypeVar("RowT", bound=Struct)
QueriesT = TypeVar("QueriesT", bound=Struct)


class Database:
    """A service's own pool. It opens no connection before `async with`; every wait in it has a deadline."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._settings = settings
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None

    async def __aenter__(self) -> Self:
        deadline = time.monotonic() + OPEN_DEADLINE_S
        attempt = 0
        while self._pool is None:
            try:
                self._pool = await self._create_pool()
            except _AWAY as error:
                attempt += 1
                if time.monotonic() > deadline:
                    _unavailable.labels(type(error).__name__).inc()
                    raise StoreUnavailable(f"PostgreSQL cannot be reached: {error or type(error).__name__}") from error
                _log.warning("database not reachable yet", attempt=attempt, error=str(error) or type(error).__name__)
                await _pause(attempt)
        return self

    async def __aexit__(self, *_: object) -> None:
        pool, self._pool = self._pool, None
        if pool is None:
            return
        try:
            await asyncio.wait_for(pool.close(), COMMAND_TIMEOUT_S)
        except TimeoutError:
            _log.warning("database connections cut off that did not close", connections=pool.get_size())
            pool.terminate()

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[Connection]:
        """A connection of the pool.

        Raises:
            StoreUnavailable: no connection within the deadline, or PostgreSQL went away while it was in use.
        """
        # Held here: a request that outlives the drain gives its connection back to a pool that is being closed.
        pool = self._pool
        if pool is None:
            raise StoreUnavailable("The database is not open.")
        connection: Connection | None = None
        try:
            connection = await self._acquire(pool)
            yield connection
        except _AWAY as error:
            raise _away(error) from error
        except asyncpg.InterfaceError as error:
            # asyncpg says both "you misuse me" and "the server has gone" with this class.
            if connection is not None and connection.is_closed():
                raise _away(error) from error
            raise
        finally:
            if connection is not None:
                await self._release(pool, connection)

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Connection]:
        """A connection inside a transaction: committed at the end of the block, rolled back when it raises."""
        async with self.connection() as connection, connection.transaction():
            yield connection

    async def fetch_one(self, kind: type[RowT], sql: str, *arguments: object) -> RowT | None:
        async with self.connection() as connection:
            return await fetch_one(connection, kind, sql, *arguments)

    async def fetch_all(self, kind: type[RowT], sql: str, *arguments: object) -> list[RowT]:
        async with self.connection() as connection:
            return await fetch_all(connection, kind, sql, *arguments)

    async def execute(self, sql: str, *arguments: object) -> int:
        async with self.connection() as connection:
            return await execute(connection, sql, *arguments)

    async def check(self) -> None:
        """Raise unless PostgreSQL answers."""
        await self.execute("select 1")

    async def _create_pool(self) -> "asyncpg.Pool[asyncpg.Record]":
        timeout_ms = str(int(COMMAND_TIMEOUT_S * 1000))
        return await asyncpg.create_pool(
            self._settings.database_url,
            password=self._settings.database_password.reveal(),
            ssl=database_tls(self._settings.database_url, self._settings.ca_file),
            min_size=1,
            max_size=self._settings.database_pool_max,
            timeout=CONNECT_TIMEOUT_S,
            command_timeout=COMMAND_TIMEOUT_S,
            server_settings={
                "application_name": self._settings.instance,
                "statement_timeout": timeout_ms,
                "lock_timeout": timeout_ms,
                "idle_in_transaction_session_timeout": timeout_ms,
                "jit": "off",
            },
        )

    async def _acquire(self, pool: "asyncpg.Pool[asyncpg.Record]") -> Connection:
        """Take a connection, trying again while PostgreSQL restarts but never longer than the deadline."""
        started = time.monotonic()
        attempt = 0
        try:
            async with asyncio.timeout(ACQUIRE_DEADLINE_S):
                while True:
                    try:
                        return await pool.acquire()
                    except _AWAY:
                        attempt += 1
                        await _pause(attempt)
        finally:
            _wait_seconds.observe(time.monotonic() - started)

    @staticmethod
    async def _release(pool: "asyncpg.Pool[asyncpg.Record]", connection: Connection) -> None:
        try:
            await pool.release(connection, timeout=CONNECT_TIMEOUT_S)  # pyright: ignore[reportArgumentType]  # ours come from the pool
        except (*_AWAY, asyncpg.InterfaceError) as error:
            # Resetting a broken connection fails too; the pool drops it, and the first error is the one to tell.
            _log.debug("connection dropped", error=str(error))


async def fetch_one(connection: Connection, kind: type[RowT], sql: str, *arguments: object) -> RowT | None:
    record = await connection.fetchrow(sql, *arguments)
    return None if record is None else msgspec.convert(dict(record), kind)


async def fetch_row(connection: Connection, kind: type[RowT], sql: str, *arguments: object) -> RowT:
    """For a statement that always answers with a row, such as `insert … returning`."""
    row = await fetch_one(connection, kind, sql, *arguments)
    if row is None:
        raise LookupError(f"no {kind.__name__} came back")
    return row


async def fetch_all(connection: Connection, kind: type[RowT], sql: str, *arguments: object) -> list[RowT]:
    return [msgspec.convert(dict(record), kind) for record in await connection.fetch(sql, *arguments)]


async def execute(connection: Connection, sql: str, *arguments: object) -> int:
    """Run a statement; the answer is how many rows it touched."""
    status = await connection.execute(sql, *arguments)
    count = status.rpartition(" ")[2]
    return int(count) if count.isdigit() else 0


class QueriesError(Exception):
    """A `queries.sql` and the struct that names its queries disagree: a fault of the program."""


def load_queries(kind: type[QueriesT], package: str) -> QueriesT:
    """Read `queries.sql` of `package` into `kind`, a struct with one `str` field for each named query.

    Raises:
        QueriesError: a query is missing, has no field, or is named twice.
    """
    queries = parse_queries(resources.files(package).joinpath("queries.sql").read_text())
    expected = {field.name for field in structs.fields(kind)}
    if difference := expected.symmetric_difference(queries):
        raise QueriesError(f"{package}/queries.sql and {kind.__name__} differ in: {', '.join(sorted(difference))}")
    return kind(**queries)


def parse_queries(text: str) -> dict[str, str]:
    """Split at lines `-- name: some_query`; what stands before the first is a comment."""
    parts = re.split(r"^-- name: (\w+)[ \t]*$", text, flags=re.MULTILINE)[1:]
    queries: dict[str, str] = {}
    for name, sql in zip(parts[::2], parts[1::2], strict=True):
        if name in queries:
            raise QueriesError(f"the query {name} is named twice")
        queries[name] = sql.strip().removesuffix(";")
    return queries


def _away(error: Exception) -> StoreUnavailable:
    _unavailable.labels(type(error).__name__).inc()
    _log.warning("database unavailable", error=str(error) or type(error).__name__)
    return StoreUnavailable(
        "The database does not answer; nothing was changed that you were not told about. Try again."
    )


async def _pause(attempt: int) -> None:
    """Full jitter, so that replicas do not all come back at the same moment."""
    await asyncio.sleep(random.uniform(0.02, min(2.0, 0.05 * 2**attempt)))  # noqa: S311  # no secret in it
