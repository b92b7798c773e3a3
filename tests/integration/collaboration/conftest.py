"""A running collaboration service and the clients that speak with it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from tests.datastores import Datastores
from tests.integration.collaboration.harness import (
    Collaboration,
    JavaScript,
    Replica,
    TicketOffice,
    install_clients,
    javascript,
)
from tests.integration.collaboration.reference import Reference, reference
from tests.integration.collaboration.store import Store
from tests.services import Stage


@pytest.fixture(scope="session")
def office() -> Iterator[TicketOffice]:
    with TicketOffice().open() as office:
        yield office


@pytest.fixture(scope="module")
def collaboration(
    datastores: Datastores, office: TicketOffice, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Collaboration]:
    """Migrated, nothing started; shared by the tests of a module."""
    stage = Stage.prepare(tmp_path_factory.mktemp("collaboration"), datastores)
    try:
        stage.migrate("collaboration")
        yield Collaboration(stage, office)
    finally:
        stage.close()


@pytest.fixture(scope="module")
def replica(collaboration: Collaboration) -> Replica:
    """One replica shared by the tests of a module."""
    return collaboration.start()


@pytest.fixture(scope="module")
def stored(
    datastores: Datastores, office: TicketOffice, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Collaboration]:
    """As `collaboration`, with an object store."""
    stage = Stage.prepare(tmp_path_factory.mktemp("collaboration"), datastores)
    try:
        stage.migrate("collaboration")
        yield Collaboration(stage, office, datastores.object_store)
    finally:
        stage.close()


@pytest.fixture
async def store(stored: Collaboration) -> AsyncIterator[Store]:
    """The stores themselves, to look at or to change behind the service's back."""
    store = Store(stored)
    async with store.database, aclosing(store.redis):
        yield store
        await store.log.release()


@pytest.fixture
def own(own_datastores: Datastores, office: TicketOffice, tmp_path: Path) -> Iterator[Collaboration]:
    """Datastores and all of a test's own, for tests that kill things."""
    stage = Stage.prepare(tmp_path, own_datastores)
    try:
        stage.migrate("collaboration")
        yield Collaboration(stage, office)
    finally:
        for process in stage.processes:
            process.stop()


@pytest.fixture(scope="session")
def yjs() -> Iterator[Reference]:
    """Yjs itself, to be equal to."""
    with reference() as merging:
        yield merging


@pytest.fixture
async def js() -> AsyncIterator[JavaScript]:
    """A Node process for real clients."""
    install_clients()
    async with javascript() as clients:
        yield clients
