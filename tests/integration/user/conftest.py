"""A user service between peers that a test can look at."""

from collections.abc import Iterator

import pytest

from tests.datastores import Datastores
from tests.integration.user.harness import House, Peers
from tests.services import Stage


@pytest.fixture(scope="session")
def peers() -> Iterator[Peers]:
    with Peers().open() as peers:
        yield peers


@pytest.fixture(scope="session")
def shared_house(datastores: Datastores, peers: Peers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Running, with object storage, for all tests that stop nothing."""
    stage = Stage.prepare(tmp_path_factory.mktemp("user"), datastores)
    house = House(stage, peers, datastores.object_store)
    with house.stack:
        try:
            stage.migrate("user")
            house.start()
            yield house
        finally:
            stage.close()


@pytest.fixture
def house(shared_house: House) -> Iterator[House]:
    """The shared one; nothing of it is away, before and after."""
    yield shared_house
    shared_house.peers.away.clear()
    shared_house.peers.last_admin = None


@pytest.fixture
def own_house(datastores: Datastores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Migrated and not started, without object storage: for tests of other settings."""
    stage = Stage.prepare(tmp_path_factory.mktemp("user"), datastores)
    with Peers().open() as peers:
        house = House(stage, peers)
        with house.stack:
            try:
                stage.migrate("user")
                yield house
            finally:
                stage.close()
