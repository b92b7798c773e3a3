"""Compaction happens in a process of its own, which neither outlives the service nor takes it along."""

import signal
from uuid import uuid4

import psutil
import pytest

from tests.datastores import Datastores
from tests.integration.collaboration.harness import Collaboration, Replica, eventually
from tests.integration.collaboration.rawclient import UPDATE, peer
from tests.system.processes import alive, command_line

WINDOW = 20
"""`COLLAB_COMPACT_AFTER` of these tests."""


@pytest.fixture
def stored(own: Collaboration, own_datastores: Datastores) -> Collaboration:
    own.object_store = own_datastores.object_store
    return own


def compactors(replica: Replica) -> list[psutil.Process]:
    children = psutil.Process(replica.process.process.pid).children()
    return [child for child in children if "collab_collaboration.worker" in command_line(child)]


async def write(collaboration: Collaboration, replica: Replica, document: str, letters: str) -> None:
    """One operation a letter, each saved before the next."""
    async with peer(f"{replica.url}/{document}?ticket={collaboration.office.ticket(document)}") as client:
        for letter in letters:
            client.messages.clear()
            client.text += letter
            await client.until(lambda: any(message[:2] == UPDATE for message in client.messages))


async def test_a_compactor_that_dies_is_replaced_and_goes_with_the_service(stored: Collaboration) -> None:
    replica = stored.start(COLLAB_COMPACT_AFTER=str(WINDOW))
    document = str(uuid4())
    assert compactors(replica) == [], "none before there is something to do"
    await write(stored, replica, document, "a" * WINDOW)
    await eventually(lambda: stored.document(document, "base") == WINDOW, "the first snapshot")
    (first,) = compactors(replica)
    assert first.nice() == 10
    first.kill()
    await write(stored, replica, document, "b" * WINDOW)
    await eventually(lambda: stored.document(document, "base") == 2 * WINDOW, "the second snapshot")
    (second,) = compactors(replica)
    # The snapshot is made before the log is trimmed, and that before the service hears of it.
    await eventually(lambda: replica.metric("collab_work_seconds_count", kind="Compact") >= 2, "the compaction's end")
    replica.process.stop(signal.SIGKILL)
    await eventually(lambda: not alive(second), "its end")
    stored.restart(replica)
    async with peer(f"{replica.url}/{document}?ticket={stored.office.ticket(document)}") as client:
        assert str(client.text) == "a" * WINDOW + "b" * WINDOW
    assert replica.process.stop() == 0


async def test_a_store_that_is_away_is_told_by_the_compactor_and_waited_for(stored: Collaboration) -> None:
    replica = stored.start(COLLAB_COMPACT_AFTER=str(WINDOW))
    assert stored.object_store is not None
    stored.object_store.stop()
    document = str(uuid4())
    await write(stored, replica, document, "a" * WINDOW)
    await eventually(lambda: replica.metric("collab_snapshots_total", outcome="failed") >= 1, "the failure", 60)
    assert stored.document(document, "base") == 0
    stored.object_store.start()
    await eventually(lambda: stored.document(document, "base") == WINDOW, "the snapshot", 60)
    assert replica.process.stop() == 0
