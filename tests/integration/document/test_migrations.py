"""The schema: forward from the first release with data in it, while people write, and all the way back."""

import asyncio
from collections.abc import AsyncGenerator
from importlib import resources
from uuid import uuid4

import asyncpg
import pytest

from tests.services import Stage

FIRST = "20261122000001"


@pytest.fixture
async def first_release(bare_stage: Stage) -> AsyncGenerator["asyncpg.Connection[asyncpg.Record]"]:
    """A connection to a database with the first release's schema."""
    connection = await connect(bare_stage)
    await connection.execute(halves(FIRST)[0])
    await connection.execute("create table schema_migrations (version varchar(128) primary key)")
    await connection.execute("insert into schema_migrations values ($1)", FIRST)
    yield connection
    await connection.close()


async def connect(stage: Stage) -> "asyncpg.Connection[asyncpg.Record]":
    return await asyncpg.connect(stage.database.url("document"), password=stage.secret("document-database-password"))


def versions() -> list[str]:
    files = resources.files("collab_document").joinpath("migrations").iterdir()
    return sorted(file.name.partition("_")[0] for file in files if file.name.endswith(".sql"))


def halves(version: str) -> tuple[str, str]:
    """What a migration does, and what takes it back."""
    for file in resources.files("collab_document").joinpath("migrations").iterdir():
        if file.name.startswith(f"{version}_"):
            up, _, down = file.read_text().partition("-- migrate:down")
            return up, down.removeprefix(" transaction:false")
    raise LookupError(version)


async def test_what_was_there_stays_and_people_go_on_writing(
    bare_stage: Stage, first_release: "asyncpg.Connection[asyncpg.Record]"
):
    owner, deleted = uuid4(), uuid4()
    await first_release.execute(
        """with made as (
            insert into document (title) select 'Old ' || n from generate_series(1, 2000) as n returning id
        )
        insert into member (document_id, user_id, role) select id, $1, 'owner' from made""",
        owner,
    )
    await first_release.execute("insert into document (id, title, deleted_at) values ($1, 'Gone', now())", deleted)

    writer = await connect(bare_stage)
    done = asyncio.Event()
    written = 0

    async def write() -> None:
        nonlocal written
        # Longer than a lock that is waited for in passing, shorter than one that is held.
        await writer.execute("set statement_timeout = '8s'")
        while not done.is_set():
            document = await writer.fetchval("insert into document (title) values ('New') returning id")
            await writer.execute("insert into member values ($1, $2, 'owner')", document, owner)
            written += 1

    writing = asyncio.create_task(write())
    try:
        await asyncio.to_thread(bare_stage.migrate, "document")
    finally:
        done.set()
        await writing
        await writer.close()
    assert written > 0
    roles = await first_release.fetchval(
        "select count(*) from document where document_role(id, $1) = 'owner' and version = 1", owner
    )
    assert roles == 2000 + written
    assert await first_release.fetchval("select document_role($1, $2)", deleted, owner) is None
    invalid = await first_release.fetchval("select count(*) from pg_index where not indisvalid")
    assert invalid == 0


async def test_every_migration_can_be_taken_back(
    bare_stage: Stage, first_release: "asyncpg.Connection[asyncpg.Record]"
):
    columns = """select table_name, column_name, data_type from information_schema.columns
        where table_schema = 'document' order by 1, 2"""
    before = await first_release.fetch(columns)
    await asyncio.to_thread(bare_stage.migrate, "document")
    for version in reversed(versions()[1:]):
        await first_release.execute(halves(version)[1])
    assert await first_release.fetch(columns) == before
    left = await first_release.fetch("select proname from pg_proc where pronamespace = 'document'::regnamespace")
    assert left == []
