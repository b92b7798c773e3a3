"""What the collaboration service stands on is full, slow, broken or gone: people write on, nothing is lost."""

import asyncio
import shutil
import signal
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from redis import Redis

from collab_collaboration.yupdate import read_extent
from tests.datastores import Postgres, Valkey
from tests.faults.collaboration.editors import present, settle, typing
from tests.faults.collaboration.ground import PROTOCOLS, Ground, Team, event_of
from tests.faults.collaboration.proxy import Manner, proxied
from tests.faults.disk import fill, mounted
from tests.integration.collaboration.harness import Replica, eventually
from tests.integration.collaboration.rawclient import UPDATE, Peer, peer, read_sized

EVERY_S = 0.05
DISK_MB = 400
SNAPSHOT_DEADLINE_S = 60
"""After a failure the next try comes up to half a minute later."""
SENT_AWAY = 1013
FROZEN_S = 15
"""Who has not been heard for ten seconds is gone to the others: they tell it no more, and it misses something."""
LARGE = 900_000
"""Characters of a large edit: below what one message may have."""
NOT_IN_TIME = "edits not saved in time, clients sent away"


@asynccontextmanager
async def at_two_replicas(ground: Ground, **overrides: str) -> AsyncGenerator[Team]:
    """Two people at each, by either protocol, who have seen each other's first edits."""
    doors = [ground.door(replica) for replica in ground.start(2, **overrides)]
    team = ground.team([PROTOCOLS[0], PROTOCOLS[0], PROTOCOLS[1], PROTOCOLS[1]], doors=doors)
    async with present(team.editors):
        await settle(team.editors)
        yield team


async def shows_nothing_new(team: Team) -> bool:
    """Whether nobody was shown or promised anything for a second, although they write."""
    promise = team.account.promise()
    await asyncio.sleep(1)
    return team.account.promise().clocks == promise.clocks


async def has_snapshot(ground: Ground, team: Team, beyond: int = 0) -> int:
    """Wait until the document has a snapshot beyond an operation's number; the answer is its number."""
    document = str(team.document)
    stored = ground.service.document
    await eventually(lambda: (stored(document, "base") or 0) > beyond, "a snapshot", SNAPSHOT_DEADLINE_S)
    return ground.service.document(document, "base") or 0


@contextmanager
def on_small_disk(postgres: Postgres) -> Generator[Path]:
    """PostgreSQL's data on a disk that can be filled."""
    postgres.stop()
    place = postgres.directory / "disk"
    place.mkdir()
    with mounted(place, megabytes=DISK_MB):
        _move(postgres.directory / "postgres", place / "postgres")
        postgres.directory = place
        postgres.start()
        try:
            yield place
        finally:
            postgres.stop(signal.SIGQUIT)


def _move(source: Path, target: Path) -> None:
    """With owners and modes, which PostgreSQL looks at."""
    owner = source.stat()
    shutil.copytree(source, target)
    for path in (target, *target.rglob("*")):
        shutil.chown(path, owner.st_uid, owner.st_gid)
    shutil.rmtree(source)


def _write_until_full(postgres: Postgres) -> None:
    """What PostgreSQL took of the disk beforehand, in segments of its log, would serve slow writers for long."""
    with pytest.raises(RuntimeError, match="psql failed"):
        postgres.psql("select pg_logical_emit_message(false, '', repeat('x', 1000000)) from generate_series(1, 1000)")


async def test_a_full_disk_below_postgresql(ground: Ground) -> None:
    postgres = ground.stores.postgres
    with on_small_disk(postgres) as disk:
        async with at_two_replicas(ground) as team:
            async with typing(team.editors, every_s=EVERY_S):
                fill(disk / "filler")
                await asyncio.to_thread(_write_until_full, postgres)
                told = [editor for editor in team.editors if editor.protocol == "hocuspocus"]
                await eventually(lambda: all(editor.refused for editor in told), "being told that nothing is saved")
                # What was stored before may still be on its way.
                await eventually(lambda: shows_nothing_new(team), "nothing being shown that cannot be stored")
                promise = team.account.promise()
                (disk / "filler").unlink()
                if not postgres.is_running:
                    await asyncio.to_thread(postgres.start)
                await eventually(lambda: team.account.promise().reach > promise.reach, "saving again")
            await ground.settled(team)
        assert set(map(event_of, ground.complaints())) <= {NOT_IN_TIME}


async def test_the_object_store_is_gone_for_a_while(ground: Ground) -> None:
    async with at_two_replicas(ground) as team, typing(team.editors, every_s=EVERY_S):
        base = await has_snapshot(ground, team)
    # Nobody is there: the document leaves memory.
    await eventually(lambda: all(not replica.metric("collab_documents_open") for replica in ground.replicas), "leaving")
    await asyncio.to_thread(ground.kill, "object store")
    doors = [ground.door(replica) for replica in ground.replicas]
    other = ground.team(PROTOCOLS, doors=doors)
    failed = ground.logged("not compacted")
    for editor in team.editors:
        editor.closes.clear()
    async with present([*team.editors, *other.editors]):
        async with typing(other.editors, every_s=EVERY_S):
            await eventually(
                lambda: all(editor.closes.count(SENT_AWAY) > 0 for editor in team.editors),
                "being told that a document cannot be opened",
            )
            await eventually(lambda: ground.logged("not compacted") > failed, "compaction failing")
        text = await settle(other.editors)
        assert not any(editor.is_synced for editor in team.editors)
        assert text, "a document that needs no object is written on"
        await asyncio.to_thread(ground.revive, "object store")
        async with typing(other.editors, every_s=EVERY_S):
            await has_snapshot(ground, other)
        await ground.settled(team, other)
    assert (ground.service.document(str(team.document), "base") or 0) >= base
    assert ground.complaints() == []


@pytest.mark.parametrize("manner", ["slow", "broken", "silent"])
async def test_the_object_store_does_not_do_its_work(ground: Ground, manner: Manner) -> None:
    assert ground.service.object_store is not None
    port = ground.service.object_store.port
    async with proxied(port) as (proxy, url), at_two_replicas(ground, COLLAB_S3_ENDPOINT=url) as team:
        async with typing(team.editors, every_s=EVERY_S):
            base = await has_snapshot(ground, team)
            failed = ground.logged("not compacted")
            proxy.manner = manner
            # A compaction may be under way that needs nothing more of the store.
            await eventually(lambda: proxy.asked > 0, "the store being asked", SNAPSHOT_DEADLINE_S)
            if manner == "slow":
                base = await has_snapshot(
                    ground, team, beyond=ground.service.document(str(team.document), "base") or base
                )
            else:
                await eventually(lambda: ground.logged("not compacted") > failed, "compaction failing")
        await settle(team.editors)
        proxy.manner = "as it is"
        async with typing(team.editors, every_s=EVERY_S):
            await has_snapshot(ground, team, beyond=ground.service.document(str(team.document), "head") or base)
        await ground.settled(team)
    assert ground.complaints() == []


@pytest.mark.parametrize("fault", ["flushed", "killed", "frozen"])
async def test_redis_fails_and_replicas_agree_all_the_same(ground: Ground, fault: str) -> None:
    valkey = ground.stores.valkey
    async with at_two_replicas(ground) as team:
        async with typing(team.editors, every_s=EVERY_S):
            await asyncio.sleep(0.5)
            _break(valkey, fault)
            await asyncio.sleep(1)
        # Still without it: what the other replica stored is read from PostgreSQL.
        await settle(team.editors)
        if fault != "flushed":
            assert sum(caught_up(replica) for replica in ground.replicas) > 0
        _mend(valkey, fault)
        heard = [received(replica) for replica in ground.replicas]
        async with typing(team.editors, every_s=EVERY_S):
            await eventually(
                lambda: all(received(each) > before for each, before in zip(ground.replicas, heard, strict=True)),
                "replicas hearing of each other again",
            )
        await ground.settled(team)
    assert ground.complaints() == []


def caught_up(replica: Replica) -> float:
    return sum(
        replica.metric("collab_catch_ups_total", reason=reason) for reason in ("gap", "told", "compared", "trimmed")
    )


def received(replica: Replica) -> float:
    return replica.metric("collab_fanout_messages_total", direction="in", outcome="received")


def _break(valkey: Valkey, fault: str) -> None:
    if fault == "killed":
        valkey.stop(signal.SIGKILL)
    elif fault == "frozen":
        valkey.signal(signal.SIGSTOP)
    else:
        with Redis(port=valkey.port, password=valkey.password) as redis:
            redis.flushall()  # pyright: ignore[reportUnknownMemberType]  # **kwargs
            redis.script_flush()


def _mend(valkey: Valkey, fault: str) -> None:
    if fault == "killed":
        valkey.start()
    elif fault == "frozen":
        valkey.signal(signal.SIGCONT)


async def test_more_waits_for_redis_than_may_wait(ground: Ground) -> None:
    """What is dropped was stored before: it is read from there."""
    first, second = ground.start(2)
    paths = [f"/{(document := uuid4())}?ticket={ground.service.office.ticket(document)}" for _ in range(6)]
    async with asyncio.TaskGroup() as group:

        async def write_much(path: str) -> None:
            async with peer(first.url + path) as writer, peer(second.url + path) as reader:
                everybody.append((writer, reader))
                await ready.wait()
                for letter in "abcd":
                    writer.text += letter * LARGE
                await writer.until(lambda: came_back(writer) == 4 * LARGE)
                done.append(path)
                await reader.until(lambda: len(reader.text) == 4 * LARGE)
                assert str(reader.text) == str(writer.text)

        everybody: list[tuple[Peer, Peer]] = []
        done: list[str] = []
        ready = asyncio.Event()
        for path in paths:
            group.create_task(write_much(path))
        await eventually(lambda: len(everybody) == len(paths), "everybody being there")
        ground.stores.valkey.signal(signal.SIGSTOP)
        ready.set()
        try:
            await eventually(lambda: len(done) == len(paths), "everything being stored", 60)
        finally:
            ground.stores.valkey.signal(signal.SIGCONT)
    lost = sum(
        first.metric("collab_fanout_messages_total", direction="out", outcome=how) for how in ("dropped", "failed")
    )
    assert lost > 0
    assert caught_up(second) > 0
    assert ground.complaints() == []


def came_back(writer: Peer) -> int:
    """How many of its characters came back to it."""
    updates = (read_sized(message, 2)[0] for message in writer.messages if message[:2] == UPDATE)
    return max((end for update in updates for _, _, end in read_extent(update).spans), default=0)


async def test_postgresql_is_frozen_for_longer_than_edits_may_wait(ground: Ground) -> None:
    postgres = ground.stores.postgres
    async with at_two_replicas(ground, COLLAB_STORE_PATIENCE_S="2") as team:
        async with typing(team.editors, every_s=EVERY_S):
            await asyncio.sleep(0.5)
            postgres.signal(signal.SIGSTOP)
            for editor in team.editors:
                editor.closes.clear()
            try:
                await eventually(lambda: all(SENT_AWAY in editor.closes for editor in team.editors), "being sent away")
                await eventually(lambda: shows_nothing_new(team), "nothing being shown that is not stored")
                promise = team.account.promise()
                for replica in ground.replicas:
                    await eventually(lambda replica=replica: not replica.metric("collab_pending_bytes"), "letting go")
            finally:
                postgres.signal(signal.SIGCONT)
            await eventually(lambda: team.account.promise().reach > promise.reach, "saving again")
        await ground.settled(team)
    assert set(map(event_of, ground.complaints())) == {NOT_IN_TIME}


async def test_a_replica_is_frozen_and_goes_on(ground: Ground) -> None:
    """Meanwhile the other compacts, and what the first has missed is no longer in the log."""
    async with at_two_replicas(ground) as team:
        first, _ = ground.replicas
        async with typing(team.editors, every_s=EVERY_S):
            await asyncio.sleep(0.5)
            first.process.process.send_signal(signal.SIGSTOP)
            try:
                before = team.account.promise()
                await asyncio.sleep(FROZEN_S)
                assert team.account.promise().reach > before.reach, "the other replica goes on"
            finally:
                first.process.process.send_signal(signal.SIGCONT)
        await ground.settled(team)
        assert sum(map(caught_up, ground.replicas)) > 0
    # That it was not running is time in which a commit under way did not end.
    assert set(map(event_of, ground.complaints())) <= {NOT_IN_TIME}
