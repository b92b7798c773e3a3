"""The collaboration service and its datastores as processes of each test's own: these tests need no environment."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.faults.collaboration.ground import Ground, opened
from tests.integration.collaboration.harness import JavaScript, TicketOffice, install_clients, javascript


@pytest.fixture(scope="session")
def office() -> Iterator[TicketOffice]:
    with TicketOffice().open() as office:
        yield office


@pytest.fixture
def ground(office: TicketOffice, tmp_path: Path) -> Iterator[Ground]:
    """Documents leave memory soon, and are compacted all the time."""
    with opened(tmp_path, office, COLLAB_COMPACT_AFTER="20", COLLAB_IDLE_DOCUMENT_S="1") as ground:
        yield ground


@pytest.fixture
async def js() -> AsyncIterator[JavaScript]:
    """A Node process for real clients."""
    install_clients()
    async with javascript() as clients:
        yield clients
