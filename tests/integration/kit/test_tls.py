"""Services that speak TLS with each other and with their stores, as in a cluster."""

import asyncio
import json
import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Generator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psutil
import pytest
from obstore.exceptions import BaseError
from obstore.store import S3Store
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect  # pyright: ignore[reportUnknownVariableType]

from collab_kit.s3 import cause, open_bucket
from collab_kit.settings import Secret
from tests.cluster.node.pki import Authority, Pair
from tests.datastores import ObjectStore, wait_until
from tests.integration.kit.front import tls_front
from tests.ports import free_port
from tests.services import ServiceProcess, Stage, trusting

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pki")


@pytest.fixture(scope="module")
def authority(directory: Path) -> Authority:
    return Authority(directory, "inside")


@pytest.fixture(scope="module")
def own(authority: Authority) -> Pair:
    return authority.issue("own", user="own", hosts=["localhost", "127.0.0.1"])


@pytest.fixture(scope="module")
def stranger(directory: Path) -> Pair:
    """Good for the same names, in the eyes of an authority that nobody here trusts."""
    return Authority(directory, "other").issue("strange", user="strange", hosts=["localhost", "127.0.0.1"])


@pytest.fixture(scope="module")
def elsewhere(authority: Authority) -> Pair:
    return authority.issue("elsewhere", user="elsewhere", hosts=["elsewhere.example.org"])


def serving(pair: Pair) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    return context


@pytest.fixture
def postgres_port(bare_stage: Stage, own: Pair) -> Generator[int]:
    with tls_front(bare_stage.postgres.port, serving(own), postgresql=True) as port:
        yield port


def database_url(stage: Stage, service: str, port: int, mode: str = "verify-full") -> str:
    return f"postgresql://collab_{service}@localhost:{port}/{stage.database.name}?sslmode={mode}"


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


class _First(WSListener):
    def __init__(self) -> None:
        self.message = asyncio.get_running_loop().create_future()

    def on_ws_connected(self, transport: WSTransport) -> None:
        transport.send(WSMsgType.BINARY, b"\x00\x00\x01\x00")  # sync step 1 of an empty document

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:  # noqa: ARG002
        if not self.message.done():
            self.message.set_result((frame.msg_type, frame.get_payload_as_bytes()))


async def first_message(url: str, trust: ssl.SSLContext) -> tuple[WSMsgType, bytes]:
    async with asyncio.timeout(30):
        transport, listener = await ws_connect(_First, url, ssl_context=trust, websocket_handshake_timeout=30)
        assert isinstance(listener, _First)
        try:
            return await listener.message
        finally:
            transport.disconnect()
            await transport.wait_disconnected()


def test_everything_speaks_tls_with_everything(bare_stage: Stage, postgres_port: int, authority: Authority, own: Pair):
    stage = bare_stage
    stage.ca = authority.pair.certificate
    websocket_port = free_port()
    with tls_front(stage.valkey.port, serving(own)) as redis_port:

        def overrides(service: str) -> dict[str, str]:
            return {
                "COLLAB_TLS_CERT_FILE": str(own.certificate),
                "COLLAB_TLS_KEY_FILE": str(own.key),
                "COLLAB_CA_FILE": str(authority.pair.certificate),
                "COLLAB_DATABASE_URL": database_url(stage, service, postgres_port),
                "COLLAB_REDIS_URL": f"rediss://localhost:{redis_port}/0",
            }

        services = ("auth", "user", "document", "collaboration")
        stage.ports["collaboration"] = free_port()
        storage = {
            "COLLAB_WEBSOCKET_PORT": str(websocket_port),
            "COLLAB_S3_ENDPOINT": "https://localhost:1",  # first asked when a snapshot is due
            "COLLAB_S3_BUCKET": "collab",
            "COLLAB_S3_REGION": "us-east-1",
        }
        for service in services:
            done = stage.run_module("collab_kit.migrate", f"collab_{service}", service=service, **overrides(service))
            assert done.returncode == 0, done.stderr
        replicas = [stage.launch(service, **overrides(service), **storage) for service in services]
        for replica in replicas:
            wait_until(replica.is_ready, f"{replica.name} being ready")

        with httpx.Client(verify=trusting(stage.ca), trust_env=False, timeout=15) as client:
            person = {"email": "ada@example.org", "password": PASSWORD, "name": "Ada"}
            session = client.post(f"{stage.url('auth')}/api/auth/register", json=person)
            assert session.status_code == 201, session.text
            client.headers["Authorization"] = f"Bearer {session.json()['access_token']}"

            def profile() -> bool:
                return client.get(f"{stage.url('user')}/api/users/me").status_code == 200

            wait_until(profile, "auth's delivery of the profile to user")
            document: dict[str, Any] = {}

            def made() -> bool:
                """With keys asked of auth and a name asked of user: who does not answer in two seconds is left out."""
                answer = client.post(f"{stage.url('document')}/api/documents", json={"title": "x"})
                document.update(answer.json())
                return answer.status_code == 201 and document["owner"]["name"] == "Ada"

            wait_until(made, "a document with its owner's name")
            ticket = client.post(f"{stage.url('document')}/api/documents/{document['id']}/ticket").json()["ticket"]

        trust = ssl.create_default_context(cafile=str(stage.ca))
        url = f"wss://localhost:{websocket_port}/collaboration/{UUID(document['id'])}?ticket={ticket}"
        kind, message = asyncio.run(first_message(url, trust))
        assert (kind, message[0]) == (WSMsgType.BINARY, 0)
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            httpx.get(f"{stage.url('auth')}/livez", trust_env=False)
        for replica in replicas:
            stopping = time.monotonic()
            assert replica.stop() == 0
            # Uvicorn would wait for 30 s; what is cut off after 5 s at the end of a drain is the database's affair.
            assert time.monotonic() - stopping < 20, f"an idle connection held up the drain of {replica.name}"


@pytest.mark.parametrize("kind", ["stranger", "elsewhere"])
def test_a_redis_that_cannot_prove_its_name_makes_a_service_unready_and_no_more(
    bare_stage: Stage, authority: Authority, request: pytest.FixtureRequest, kind: str
):
    stage = bare_stage
    stage.migrate("auth")
    pair: Pair = request.getfixturevalue(kind)
    with tls_front(stage.valkey.port, serving(pair)) as port:
        replica = stage.launch(
            "auth",
            COLLAB_CA_FILE=str(authority.pair.certificate),
            COLLAB_REDIS_URL=f"rediss://localhost:{port}/0",
        )
        wait_until(lambda: _status(replica, "/livez") == 200, "auth's answer")

        def says_why() -> bool:
            """Once both stores had their say in the second that a check has."""
            try:
                readiness = replica.get("/readyz")
            except httpx.HTTPError:
                return False
            assert readiness.status_code == 503
            checks = {check["name"]: check for check in readiness.json()["checks"]}
            return checks["database"]["ok"] and "certificate verify failed" in checks["redis"]["error"].lower()

        wait_until(says_why, "PostgreSQL being there, and Redis refused for its certificate")
        wait_until(lambda: _status(replica, "/livez") == 200, "auth's being alive all the same")
        assert replica.stop() == 0


def _status(replica: ServiceProcess, path: str) -> int | None:
    try:
        return replica.get(path).status_code
    except httpx.HTTPError:
        return None


def test_a_postgresql_of_another_authority_is_waited_for_and_the_log_says_why(
    bare_stage: Stage, authority: Authority, stranger: Pair
):
    stage = bare_stage
    with tls_front(stage.postgres.port, serving(stranger), postgresql=True) as port:
        replica = stage.launch(
            "auth",
            COLLAB_CA_FILE=str(authority.pair.certificate),
            COLLAB_DATABASE_URL=database_url(stage, "auth", port),
        )

        def reasons() -> list[str]:
            found = [line for line in replica.logs() if line["event"] == "database not reachable yet"]
            return [line["error"].lower() for line in found]

        # Any of its tries: one may have come to no answer at all.
        wait_until(lambda: any("certificate verify failed" in reason for reason in reasons()), "the log's line")
        assert replica.stop() == 0


@pytest.mark.parametrize(
    "case",
    [
        ("verify-full", "own", 0),
        ("verify-full", "stranger", 1),
        ("verify-full", "elsewhere", 1),
        ("verify-ca", "elsewhere", 0),
        ("verify-ca", "stranger", 1),
        ("require", "stranger", 0),
    ],
)
def test_sslmode_means_what_postgresql_says_it_means_to_both_programs(
    bare_stage: Stage, authority: Authority, request: pytest.FixtureRequest, case: tuple[str, str, int]
):
    stage = bare_stage
    mode, kind, status = case
    pair: Pair = request.getfixturevalue(kind)
    with tls_front(stage.postgres.port, serving(pair), postgresql=True) as port:
        given = {
            "COLLAB_CA_FILE": str(authority.pair.certificate),
            "COLLAB_DATABASE_URL": database_url(stage, "auth", port, mode),
            # What succeeds does so at once, unless the machine is busy.
            "COLLAB_WAIT_S": "1" if status else "30",
        }
        applied = stage.run_module("collab_kit.migrate", "collab_auth", service="auth", **given)
        if status:
            stage.migrate("auth")
        waited = stage.run_module("collab_kit.migrate", "--wait", "collab_auth", service="auth", **given)

    assert (applied.returncode, waited.returncode) == (status, status), applied.stderr + waited.stdout
    if status:
        assert "certificate" in applied.stderr
        assert "certificate verify failed" in lines(waited.stdout)[-1]["reason"].lower()


def test_waiting_ends_when_the_schema_is_current_and_tells_what_it_waits_for(bare_stage: Stage):
    stage = bare_stage
    arguments = [sys.executable, "-m", "collab_kit.migrate", "--wait", "collab_auth"]
    environment = stage.environment("auth", COLLAB_WAIT_S="30")
    waiting = subprocess.Popen(arguments, env=environment, stdout=subprocess.PIPE, text=True)
    assert waiting.stdout is not None
    first = json.loads(waiting.stdout.readline())
    assert stage.database.psql("select count(*) from pg_tables where tablename = 'schema_migrations'") == "0"
    stage.migrate("auth")
    rest, _ = waiting.communicate(timeout=30)

    *meanwhile, last = lines(rest)
    said = [first, *meanwhile]
    assert {line["event"] for line in said} == {"waiting"}
    reasons = [line["reason"] for line in said]
    others = {reason for reason in reasons if "migrations not applied" not in reason}
    # Said where a question took longer than three seconds.
    assert others <= {"PostgreSQL does not answer"}
    assert len(others) < len(set(reasons))
    assert all(before != after for before, after in pairwise(reasons)), "it repeats itself"
    assert last["event"] == "schema is current"
    assert waiting.returncode == 0


def test_waiting_has_an_end(bare_stage: Stage):
    away = f"postgresql://collab_auth@127.0.0.1:{free_port()}/collab"
    for url in (bare_stage.database.url("auth"), away):
        done = bare_stage.run_module(
            "collab_kit.migrate", "--wait", "collab_auth",
            service="auth", COLLAB_WAIT_S="1", COLLAB_DATABASE_URL=url,
        )  # fmt: skip
        assert done.returncode == 1
        assert lines(done.stdout)[-1]["reason"].startswith("not within 1 s: ")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs to make a namespace of processes, which root may")
@pytest.mark.parametrize(("module", "status"), [("collab_auth", 0), ("collab_kit.migrate", 143)])
def test_process_1_of_a_container_ends_on_sigterm(bare_stage: Stage, module: str, status: int):
    stage = bare_stage
    if module == "collab_auth":
        stage.migrate("auth")
    arguments = ["--wait", "collab_auth"] if module == "collab_kit.migrate" else []
    process = subprocess.Popen(
        ["unshare", "--pid", "--fork", "--kill-child", sys.executable, "-m", module, *arguments],
        env=stage.environment("auth"),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        # Not always the first line: the database may not answer in time at first.
        assert any(json.loads(line)["event"] in {"listening", "waiting"} for line in process.stdout)
        (inner,) = psutil.Process(process.pid).children()
        inner.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == status


@pytest.fixture(scope="module")
def object_store(own: Pair, tmp_path_factory: pytest.TempPathFactory) -> Generator[ObjectStore]:
    store = ObjectStore(tmp_path_factory.mktemp("weed"), tls=(own.certificate, own.key))
    store.start()
    try:
        yield store
    finally:
        store.stop(signal.SIGKILL)


def make_bucket(store: ObjectStore, directory: Path, ca: Path, **overrides: str) -> subprocess.CompletedProcess[str]:
    secret = directory / "s3-admin"
    secret.write_text(store.secret_key)
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONWARNINGS": "error",
        "COLLAB_S3_ENDPOINT": store.endpoint,
        "COLLAB_S3_BUCKET": "made",
        "COLLAB_S3_ADMIN_ACCESS_KEY": store.access_key,
        "COLLAB_S3_ADMIN_SECRET_KEY_FILE": str(secret),
        "COLLAB_CA_FILE": str(ca),
        "COLLAB_WAIT_S": "20",
    }
    command = [sys.executable, "-m", "collab_kit.bucket"]
    return subprocess.run(command, env=environment | overrides, capture_output=True, text=True, timeout=60, check=False)


def test_the_bucket_is_made_over_tls_and_made_again_without_harm(
    object_store: ObjectStore, authority: Authority, tmp_path: Path
):
    ca = authority.pair.certificate
    runs = [make_bucket(object_store, tmp_path, ca) for _ in range(2)]
    assert [run.returncode for run in runs] == [0, 0], runs[0].stdout + runs[0].stderr
    assert lines(runs[1].stdout)[-1]["event"] == "bucket is there"
    assert object_store.secret_key not in runs[0].stdout + runs[0].stderr

    wrong = tmp_path / "wrong"
    wrong.write_text("not it")
    refused = make_bucket(object_store, tmp_path, ca, COLLAB_S3_ADMIN_SECRET_KEY_FILE=str(wrong))
    assert refused.returncode == 1
    assert "refuses these keys" in lines(refused.stdout)[-1]["reason"]


def test_an_object_store_of_another_authority_is_not_spoken_to(
    object_store: ObjectStore, stranger: Pair, tmp_path: Path
):
    refused = make_bucket(object_store, tmp_path, stranger.certificate.with_name("other.crt"), COLLAB_WAIT_S="3")
    assert refused.returncode == 1
    # Any of its tries: one may have timed out before it saw a certificate.
    assert any("UnknownIssuer" in line["reason"] for line in lines(refused.stdout))


async def test_without_keys_credentials_are_those_of_the_environment(
    object_store: ObjectStore, authority: Authority, monkeypatch: pytest.MonkeyPatch
):
    def store(access_key: str | None, secret_key: str | None) -> S3Store:
        return open_bucket(
            "ours",
            endpoint=object_store.endpoint,
            region="us-east-1",
            access_key=access_key,
            secret_key=None if secret_key is None else Secret(secret_key),
            ca_file=str(authority.pair.certificate),
            deadline=timedelta(seconds=5),
        )

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", object_store.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not it")
    with pytest.raises(BaseError) as refused:
        await store(None, None).put_async("a", b"1")
    assert "PermissionDenied" in cause(refused.value)
    await store(object_store.access_key, object_store.secret_key).put_async("a", b"1")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", object_store.secret_key)
    await store(None, None).put_async("b", b"2")
    assert bytes(await (await store(None, None).get_async("b")).bytes_async()) == b"2"
