"""Fixtures for tests of parts of the document service."""

from collections.abc import AsyncGenerator

import asyncpg
import pytest
from msgspec import structs

from collab_kit.database import Database
from collab_kit.events import Publisher, open_redis
from collab_kit.settings import Secret
from tests.datastores import Datastores
from tests.integration.document.parts import Parts, build
from tests.services import Stage, settings_for


@pytest.fixture
async def parts(bare_stage: Stage, datastores: Datastores) -> AsyncGenerator[Parts]:
    """On a database of this test's own, as the service's own role; no service runs."""
    bare_stage.migrate("document")
    password = bare_stage.secret("document-database-password")
    url = bare_stage.database.url("document")
    settings = structs.replace(settings_for(datastores), database_url=url, database_password=Secret(password))
    redis = open_redis(settings)
    connection = await asyncpg.connect(url, password=password)
    try:
        async with Database(settings) as database:
            yield build(database, connection, Publisher(redis))
    finally:
        await connection.close()
        await redis.aclose()
