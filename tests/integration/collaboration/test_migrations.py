"""Documents that are older than a migration are what they were; and every migration can be taken back."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib import resources
from uuid import uuid4

import asyncpg
import pytest

from tests.integration.collaboration.harness import Collaboration

UP, DOWN, OUTSIDE = "-- migrate:up", "-- migrate:down", "transaction:false"
FIRST = "20261122000001_operation_log.sql"


def migrations() -> dict[str, tuple[str, str]]:
    """Name of each file, in order, and its two halves."""
    folder = resources.files("collab_collaboration") / "migrations"
    halves: dict[str, tuple[str, str]] = {}
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        up, _, down = file.read_text().removeprefix(UP).partition(DOWN)
        halves[file.name] = (up, down)
    return halves


async def run(connection: "asyncpg.Connection[asyncpg.Record]", half: str) -> None:
    """As dbmate does."""
    if half.lstrip(" ").startswith(OUTSIDE):
        await connection.execute(half.partition(OUTSIDE)[2])
        return
    async with connection.transaction():
        await connection.execute(half)


@asynccontextmanager
async def schema(collaboration: Collaboration) -> AsyncGenerator["asyncpg.Connection[asyncpg.Record]"]:
    """An empty one, gone afterwards."""
    postgres = collaboration.stage.postgres
    connection = await asyncpg.connect(postgres.url(collaboration.stage.database.name), password=postgres.password)
    name = f"former_{uuid4().hex}"
    try:
        await connection.execute(f'create schema "{name}"')
        await connection.execute(f'set search_path to "{name}"')
        yield connection
        await connection.execute(f'drop schema "{name}" cascade')
    finally:
        await connection.close()


async def test_documents_that_are_there_keep_what_they_have(collaboration: Collaboration) -> None:
    halves = migrations()
    alive, deleted, later = uuid4(), uuid4(), uuid4()
    async with schema(collaboration) as connection:
        await run(connection, halves[FIRST][0])
        await connection.execute("insert into document (id, head, base) values ($1, 7, 3)", alive)
        await connection.execute("insert into document (id, deleted_at) values ($1, now())", deleted)
        for name, (up, _) in halves.items():
            if name != FIRST:
                await run(connection, up)
        rows = await connection.fetch("select id, head, base, epoch, epoch_base, purged_at from document")
        assert {row["id"]: tuple(row)[1:] for row in rows} == {alive: (7, 3, 0, 0, None), deleted: (0, 0, 0, 0, None)}
        assert await connection.fetchval("insert into document (id) values ($1) returning epoch", later) > 0
        for wrong in ("epoch = -1", "epoch = 67108864", "epoch_base = base + 1", "purged_at = now()"):
            with pytest.raises(asyncpg.CheckViolationError):
                await connection.execute(f"update document set {wrong} where id = $1", later)  # noqa: S608  # ours
        assert await connection.fetchval(
            "select indisvalid from pg_index where indexrelid = 'document_to_purge'::regclass"
        )


async def test_every_migration_can_be_taken_back(collaboration: Collaboration) -> None:
    halves = migrations()
    async with schema(collaboration) as connection:
        for _ in range(2):
            for up, _ in halves.values():
                await run(connection, up)
            for _, down in reversed(halves.values()):
                await run(connection, down)
            assert (
                await connection.fetch("select from pg_class where relnamespace = current_schema()::regnamespace") == []
            )
