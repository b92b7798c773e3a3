"""Fixtures for tests on the real datastores; each pytest process (each xdist worker) has its own."""

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.datastores import Datastores, TestDatabase, running_datastores
from tests.people import People
from tests.services import Stage


@pytest.fixture(scope="session")
def datastores() -> Generator[Datastores]:
    """PostgreSQL and Valkey (and SeaweedFS, once asked for), shared by the tests of this process."""
    with running_datastores() as stores:
        yield stores


@pytest.fixture
def database(datastores: Datastores) -> Generator[TestDatabase]:
    """A database of this test's own with the platform's roles and schemas, nothing migrated."""
    database = datastores.postgres.create_database()
    yield database
    database.drop()


@pytest.fixture
def own_datastores() -> Generator[Datastores]:
    """Datastores of this test's own, for tests that kill them."""
    with running_datastores() as stores:
        yield stores


@pytest.fixture(scope="session")
def stage(datastores: Datastores, tmp_path_factory: pytest.TempPathFactory) -> Generator[Stage]:
    """Auth, user and document running, for all tests that stop none of them; each registers its own people."""
    stage = Stage.prepare(tmp_path_factory.mktemp("stage"), datastores)
    try:
        stage.start_all()
        yield stage
    finally:
        stage.close()


@pytest.fixture
def bare_stage(datastores: Datastores, tmp_path: Path) -> Generator[Stage]:
    """Everything prepared and nothing started, for tests of starting, stopping and migrating."""
    stage = Stage.prepare(tmp_path, datastores)
    try:
        yield stage
    finally:
        stage.close()


@pytest.fixture
def people(stage: Stage) -> Generator[People]:
    """Registers people on the shared stage."""
    with People(stage) as people:
        yield people
