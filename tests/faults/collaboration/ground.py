"""The collaboration service on datastores of its own, all of which can be killed, and how to read what is stored."""

import asyncio
import json
import random
import signal
import socket
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from pycrdt import Text

from collab_collaboration.crdt import clocks_of
from collab_collaboration.objects import Objects
from collab_collaboration.oplog import OperationLog
from collab_collaboration.settings import CollaborationSettings
from collab_collaboration.snapshots import Documents
from collab_kit.database import Database
from collab_kit.errors import StoreUnavailable
from collab_kit.s3 import open_bucket
from collab_kit.settings import load_settings
from tests.datastores import Datastores, running_datastores, wait_until
from tests.faults.collaboration.editors import Account, Editor, Promise, Protocol, entries, settle
from tests.integration.collaboration.harness import Collaboration, Replica, TicketOffice
from tests.services import Stage
from tests.system.processes import describe, processes_of, remaining

__all__ = ["PROTOCOLS", "STORES", "Ground", "Team", "event_of", "kept", "opened"]

STORES = ("postgresql", "valkey", "object store")
_READ_DEADLINE_S = 40.0
"""A store that was killed is back well before."""
_GIVEN_UP = "ConnectionError: unexpected connection_lost() call"
"""asyncpg leaves this behind, for asyncio to log, where a connection is lost whose opening was given up."""
_GIVEN_BACK = "never retrieved\nfuture: <Task finished name="
_BY_POOL = "coro=<PoolConnectionHolder.release() "
"""And this where a connection is lost just while it is being given back, by who had no more time to wait for that."""
_BURIAL_S = 20.0
PROTOCOLS: tuple[Protocol, ...] = ("hocuspocus", "y-websocket")


class Team(NamedTuple):
    """Who edits one document, and what they were promised."""

    document: UUID
    account: Account
    editors: list[Editor]


@dataclass
class Ground:
    stores: Datastores
    service: Collaboration
    settings: dict[str, str]
    """Of every replica."""
    chance: random.Random = field(default_factory=lambda: random.Random(0))
    replicas: list[Replica] = field(default_factory=list[Replica])
    _numbers: Any = field(default_factory=count)

    def start(self, replicas: int = 1, **overrides: str) -> list[Replica]:
        """More replicas, ready; the answer is those."""
        more = [self.service.start(**self.settings, **overrides) for _ in range(replicas)]
        self.replicas += more
        return more

    def door(self, *replicas: Replica) -> Callable[[], Replica]:
        """Each time another of `replicas`, or of all."""
        return lambda: self.chance.choice(replicas or self.replicas)

    def team(self, protocols: Sequence[Protocol], *, doors: Sequence[Callable[[], Replica]] | None = None) -> Team:
        """An editor for each of `protocols` on a new document, at `doors` in turn, by default at any replica."""
        team = Team(uuid4(), Account(), [])
        for number, protocol in enumerate(protocols):
            door = doors[number % len(doors)] if doors else self.door()
            team.editors.append(self.editor(team, protocol, door))
        return team

    def editor(self, team: Team, protocol: Protocol, door: Callable[[], Replica]) -> Editor:
        """One more of an existing team, not added to its list."""
        name = f"{next(self._numbers):04d}"
        chance = random.Random(self.chance.random())
        return Editor(name, team.document, protocol, door, self.service.office, team.account, chance)

    # Killing

    def kill(self, victim: str | Replica) -> None:
        """SIGKILL, to one of `STORES` or a replica."""
        if isinstance(victim, Replica):
            victim.process.stop(signal.SIGKILL)
        elif victim == "postgresql":
            self.stores.postgres.crash()
        elif victim == "valkey":
            self.stores.valkey.stop(signal.SIGKILL)
        else:
            self.stores.object_store.stop(signal.SIGKILL)

    def revive(self, victim: str | Replica) -> None:
        """Start it again where it was, and wait until it takes connections."""
        if isinstance(victim, Replica):
            victim.process = self.service.stage.launch("collaboration", **victim.overrides)
            wait_until(lambda: _takes_connections(victim), f"{victim.process.name} being back", 60)
        elif victim == "postgresql":
            self.stores.postgres.start()
        elif victim == "valkey":
            self.stores.valkey.start()
        else:
            self.stores.object_store.start()

    # Reading

    async def settled(self, *teams: Team) -> None:
        """Wait until each team agrees, and find that very text in the stores, and every promise kept."""
        async with self.archive() as archive:
            for team in teams:
                text = await settle(team.editors)
                promise = team.account.promise()
                assert sorted(entries(text)) == sorted(promise.entries)
                assert await kept(archive, team.document, promise) == []

    @asynccontextmanager
    async def archive(self) -> AsyncGenerator[Documents]:
        """What reads documents from the stores, as a service does that has none in memory."""
        settings = self._own_settings()
        async with Database(settings) as database:
            yield Documents(OperationLog(database), Objects(settings), settle_s=settings.snapshot_settle_s)

    def stored_objects(self) -> set[str]:
        """The keys of all snapshots' objects, also those that nothing refers to."""
        settings = self._own_settings()
        bucket = open_bucket(
            settings.s3_bucket,
            endpoint=settings.s3_endpoint,
            region=settings.s3_region,
            access_key=settings.s3_access_key,
            secret_key=settings.s3_secret_key,
            ca_file=None,
            deadline=timedelta(seconds=10),
        )
        pages = bucket.list("documents/")  # pyright: ignore[reportUnknownMemberType]  # of its overload for arrow
        return {found["path"] for page in pages for found in page}

    def snapshot_objects(self) -> set[str]:
        """The keys of the objects that are some document's snapshot."""
        return set(self.service.stage.database.psql("select object_key from collaboration.snapshot").splitlines())

    def logged(self, event: str) -> int:
        """How often all replicas together, those before too, said this."""
        return sum(line["event"] == event for line in self._log_lines())

    def complaints(self) -> list[str]:
        """What all replicas' logs hold of errors and tracebacks, but for what asyncpg says of its own retries."""
        return [
            json.dumps(line)
            for line in self._log_lines()
            if (line["level"] in ("error", "critical") or "exception" in line)
            and line.get("logger") != "asyncpg.pool"
            and _GIVEN_UP not in line.get("exception", "")
            and not (_GIVEN_BACK in line["event"] and _BY_POOL in line["event"])
        ]

    def _log_lines(self) -> Generator[dict[str, Any]]:
        for process in self.service.stage.processes:
            *whole, last = process.log_path.read_text().split("\n")
            for line in whole:
                try:
                    yield json.loads(line)
                except json.JSONDecodeError:
                    yield {"event": line, "level": "critical"}
            # One that runs may be writing it just now.
            assert not last or process.process.poll() in (None, -signal.SIGKILL), f"cut off: {last}"

    def _own_settings(self) -> CollaborationSettings:
        environment = self.service.stage.environment("collaboration", **self.replicas[0].overrides)
        return load_settings(CollaborationSettings, environment)

    # The end

    def close(self) -> list[str]:
        """Stop everything; the answer is the processes that are left all the same."""
        for process in self.service.stage.processes:
            process.stop()
        self.stores.stop()
        places = (self.stores.directory, self.service.stage.directory)
        left = {process for place in places for process in processes_of(place)}
        # A worker of a killed replica's ends when it finds its input at an end.
        return describe(remaining(left, within_s=_BURIAL_S))


@contextmanager
def opened(directory: Path, office: TicketOffice, **settings: str) -> Generator[Ground]:
    """Datastores as in production where it matters (fsync on), migrated; no replica yet."""
    with running_datastores(fsync=True) as stores:
        stage = Stage.prepare(directory, stores)
        try:
            stage.migrate("collaboration")
            yield Ground(stores, Collaboration(stage, office, stores.object_store), settings)
        finally:
            for process in stage.processes:
                process.stop(signal.SIGKILL)


async def kept(archive: Documents, document: UUID, promise: Promise) -> list[str]:
    """How what is stored of a document breaks a promise; waits for stores that are on their way back."""
    loop = asyncio.get_running_loop()
    end = loop.time() + _READ_DEADLINE_S
    while True:
        try:
            loaded = await archive.load(document)
        except StoreUnavailable:
            if loop.time() > end:
                raise
            await asyncio.sleep(0.2)
        else:
            return promise.broken(str(loaded.doc.inner.get("text", type=Text)), clocks_of(loaded.doc))


def event_of(line: str) -> str:
    """What a line of a log is about."""
    return json.loads(line)["event"]


def _takes_connections(replica: Replica) -> bool:
    process = replica.process
    if process.process.poll() is not None:
        raise RuntimeError(f"{process.name} ended: {process.log_path.read_text()[-4000:]}")
    try:
        with socket.create_connection(("127.0.0.1", replica.websocket_port), timeout=1):
            return True
    except OSError:
        return False
