"""The log is compacted into proven snapshots in the object store, and documents are read back from both."""

import asyncio
import signal
from uuid import uuid4

import pytest

from collab_collaboration.objects import Objects
from collab_collaboration.settings import CollaborationSettings
from collab_kit.settings import load_settings
from tests.datastores import Datastores
from tests.integration.collaboration.harness import Collaboration, Replica, eventually
from tests.integration.collaboration.rawclient import UPDATE, peer

WINDOW = 20
"""`COLLAB_COMPACT_AFTER` of these tests."""


@pytest.fixture
def stored(own: Collaboration, own_datastores: Datastores) -> Collaboration:
    own.object_store = own_datastores.object_store
    return own


def start(collaboration: Collaboration) -> Replica:
    return collaboration.start(COLLAB_COMPACT_AFTER=str(WINDOW))


def objects(collaboration: Collaboration, replica: Replica) -> Objects:
    return Objects(
        load_settings(CollaborationSettings, collaboration.stage.environment("collaboration", **replica.overrides))
    )


async def write(collaboration: Collaboration, replica: Replica, document: str, letters: str) -> None:
    """One operation a letter, each saved before the next."""
    async with peer(f"{replica.url}/{document}?ticket={collaboration.office.ticket(document)}") as client:
        for letter in letters:
            client.messages.clear()
            client.text += letter
            await client.until(lambda: any(message[:2] == UPDATE for message in client.messages))


async def read(collaboration: Collaboration, replica: Replica, document: str) -> str:
    async with peer(f"{replica.url}/{document}?ticket={collaboration.office.ticket(document)}") as client:
        return str(client.text)


def restart(collaboration: Collaboration, replica: Replica) -> None:
    """So that nothing is in memory."""
    replica.process.stop()
    collaboration.restart(replica)


async def test_the_log_is_trimmed_behind_two_snapshots(stored: Collaboration) -> None:
    replica = start(stored)
    document = str(uuid4())
    await write(stored, replica, document, "a" * WINDOW)
    await eventually(lambda: stored.document(document, "base") == WINDOW, "the first snapshot")
    assert len(stored.operations(document)) == WINDOW, "with one snapshot the log stays whole"
    await write(stored, replica, document, "b" * WINDOW)
    await eventually(lambda: stored.document(document, "base") == 2 * WINDOW, "the second snapshot")
    await eventually(lambda: len(stored.operations(document)) == WINDOW, "trimming what both snapshots hold")
    await write(stored, replica, document, "c" * (WINDOW + 5))
    await eventually(lambda: len(stored.snapshots(document)) == 2, "forgetting the first")
    await eventually(lambda: (stored.document(document, "base") or 0) >= 3 * WINDOW, "the third snapshot")
    restart(stored, replica)
    assert await read(stored, replica, document) == "a" * WINDOW + "b" * WINDOW + "c" * (WINDOW + 5)
    assert replica.metric("collab_snapshots_damaged_total") == 0


@pytest.mark.parametrize("harm", ["damaged", "missing"])
async def test_a_bad_object_is_done_without(stored: Collaboration, harm: str) -> None:
    replica = start(stored)
    document = str(uuid4())
    for number, letter in enumerate("ab", 1):
        await write(stored, replica, document, letter * WINDOW)
        await eventually(lambda number=number: stored.document(document, "base") == number * WINDOW, "a snapshot")
    await eventually(lambda: len(stored.operations(document)) == WINDOW, "trimming")
    await write(stored, replica, document, "c")
    replica.process.stop()
    bucket = objects(stored, replica)
    key = stored.snapshots(document)[-1][1]
    if harm == "damaged":
        await bucket.put(key, (await bucket.get(key))[:-1])
    else:
        await bucket.delete(key)
    stored.restart(replica)
    assert await read(stored, replica, document) == "a" * WINDOW + "b" * WINDOW + "c"
    assert replica.metric("collab_snapshots_damaged_total") == 1
    # And it heals: what is written next makes a good snapshot.
    await write(stored, replica, document, "d" * WINDOW)
    await eventually(lambda: (stored.document(document, "base") or 0) > 2 * WINDOW, "a good snapshot")
    restart(stored, replica)
    assert await read(stored, replica, document) == "a" * WINDOW + "b" * WINDOW + "c" + "d" * WINDOW
    assert replica.metric("collab_snapshots_damaged_total") == 0


async def test_a_store_that_loses_power_loses_no_edit(stored: Collaboration) -> None:
    """What it had said it has, and not yet written to its disk, is gone: all snapshots that have not settled."""
    replica = stored.start(COLLAB_COMPACT_AFTER=str(WINDOW), COLLAB_SNAPSHOT_SETTLE_S="3600")
    document = str(uuid4())
    for number, letter in enumerate("abcd", 1):
        await write(stored, replica, document, letter * WINDOW)
        await eventually(lambda number=number: stored.document(document, "base") == number * WINDOW, "a snapshot")
    replica.process.stop()
    bucket = objects(stored, replica)
    for _, key in stored.snapshots(document):
        await bucket.delete(key)
    stored.restart(replica)
    text = "".join(letter * WINDOW for letter in "abcd")
    assert await read(stored, replica, document) == text
    assert replica.metric("collab_snapshots_damaged_total") == 4


async def test_the_log_is_trimmed_behind_snapshots_that_have_settled(stored: Collaboration) -> None:
    replica = stored.start(COLLAB_COMPACT_AFTER=str(WINDOW), COLLAB_SNAPSHOT_SETTLE_S="3600")
    document = str(uuid4())

    async def compacted(letter: str, number: int) -> None:
        await write(stored, replica, document, letter * WINDOW)
        await eventually(lambda: stored.document(document, "base") == number * WINDOW, "a snapshot")

    for number, letter in enumerate("abcd", 1):
        await compacted(letter, number)
    assert [seq for seq, _ in stored.snapshots(document)] == [WINDOW, 2 * WINDOW, 3 * WINDOW, 4 * WINDOW]
    assert len(stored.operations(document)) == 4 * WINDOW
    settled = f"document = '{document}' and seq <= {2 * WINDOW}"
    stored.stage.database.psql(
        f"update collaboration.snapshot set created_at = now() - interval '2 hours' where {settled}"  # noqa: S608  # ours
    )
    await compacted("e", 5)
    await eventually(lambda: len(stored.operations(document)) == 3 * WINDOW, "trimming up to the newest settled")
    await eventually(lambda: len(stored.snapshots(document)) == 4, "forgetting the first")
    assert stored.snapshots(document)[0][0] == 2 * WINDOW
    restart(stored, replica)
    assert await read(stored, replica, document) == "".join(letter * WINDOW for letter in "abcde")


async def test_an_object_store_that_is_away_costs_nothing_but_space(own: Collaboration) -> None:
    replica = start(own)
    document = str(uuid4())
    await write(own, replica, document, "a" * 2 * WINDOW)
    await eventually(lambda: replica.metric("collab_snapshots_total", outcome="failed") > 0, "a failed compaction")
    restart(own, replica)
    assert await read(own, replica, document) == "a" * 2 * WINDOW
    assert own.document(document, "base") == 0


async def test_a_kill_at_any_moment_of_a_compaction_harms_nothing(stored: Collaboration) -> None:
    replica = start(stored)
    document = str(uuid4())
    written = ""
    for number, letter in enumerate("abcdef"):
        await write(stored, replica, document, letter * WINDOW)
        written += letter * WINDOW
        # Compaction began with the last of these commits: each round the kill comes at another moment of it.
        await asyncio.sleep(number * 0.01)
        replica.process.stop(signal.SIGKILL)
        stored.restart(replica)
        assert await read(stored, replica, document) == written
    assert replica.metric("collab_operations_left_out_total") == 0


async def test_an_idle_document_leaves_memory_and_is_compacted(stored: Collaboration) -> None:
    replica = stored.start(COLLAB_COMPACT_AFTER=str(10 * WINDOW), COLLAB_IDLE_DOCUMENT_S="1")
    document = str(uuid4())
    await write(stored, replica, document, "a" * WINDOW)
    await eventually(lambda: replica.metric("collab_documents_open") == 0, "the document leaving memory")
    await eventually(lambda: stored.document(document, "base") == WINDOW, "its compaction")
    assert await read(stored, replica, document) == "a" * WINDOW
