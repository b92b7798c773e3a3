"""What holds for every service: starting, stopping, ids, metrics, limits and its description."""

import asyncio
import concurrent.futures
import re
import signal
import socket
from typing import Any

import asyncpg
import httpx
import psutil
import pytest
from openapi_spec_validator import validate

from tests.datastores import wait_until
from tests.people import People
from tests.problems import assert_problem
from tests.services import ServiceProcess, Stage

SERVICES = ("auth", "user", "document")
ACCESS = frozenset({"time", "level", "service", "instance", "event", "method", "route", "status"})
OPENAPI = {"auth": "/api/auth/schema", "user": "/api/users/schema", "document": "/api/documents/schema"}


@pytest.fixture
def client(people: People) -> httpx.Client:
    return people.client()


@pytest.mark.parametrize("service", SERVICES)
def test_the_description_is_a_valid_openapi_document(stage: Stage, client: httpx.Client, service: str):
    description = client.get(stage.url(service) + OPENAPI[service]).json()
    validate(description)
    assert client.get(f"{stage.url(service)}{OPENAPI[service]}/openapi.json").json() == description
    assert not [path for path in description["paths"] if path.startswith("/internal")]
    for path, operations in description["paths"].items():
        for verb, operation in operations.items():
            refused = {status: reply for status, reply in operation["responses"].items() if status >= "400"}
            assert refused or path.startswith("/.well-known"), f"{verb} {path} says nothing of its errors"
            for reply in refused.values():
                assert reply["content"].keys() == {"application/problem+json"}, f"{verb} {path}"


@pytest.mark.parametrize("service", SERVICES)
def test_every_answer_carries_a_request_id(stage: Stage, client: httpx.Client, service: str):
    url = stage.url(service)
    given = client.get(f"{url}/livez", headers={"X-Request-Id": "4f3c2b1a4f3c2b1a4f3c2b1a4f3c2b1a"})
    assert given.headers.get_list("x-request-id") == ["4f3c2b1a4f3c2b1a4f3c2b1a4f3c2b1a"]
    for wild in ("x", "a" * 65, "with blank 123", "<script>alert(1)"):
        made = client.get(f"{url}/nowhere", headers={"X-Request-Id": wild}).headers["x-request-id"]
        assert re.fullmatch(r"[0-9a-f]{32}", made)


def test_a_request_id_goes_with_the_call_to_another_service_and_into_both_logs(stage: Stage, people: People):
    request_id = "feedfacefeedface"
    answer = people.client().post(
        f"{stage.url('auth')}/api/auth/register",
        json={"email": "traced@example.org", "password": "correct horse battery", "name": "Traced"},
        headers={"X-Request-Id": request_id},
    )
    assert answer.status_code == 201
    for name in ("auth-1", "user-1"):
        replica = next(replica for replica in stage.processes if replica.name == name)
        # The line comes after the answer it tells of; those before it tell of what took too long.
        wait_until(
            lambda logged=replica: any(line.keys() >= ACCESS for line in _lines_of(logged, request_id)),
            f"the line in the log of {name}",
        )


def _lines_of(replica: ServiceProcess, request_id: str) -> list[dict[str, Any]]:
    return [line for line in replica.logs() if line.get("request_id") == request_id]


@pytest.mark.parametrize("service", SERVICES)
def test_unknown_addresses_and_methods_are_problems_too(stage: Stage, client: httpx.Client, service: str):
    assert_problem(client.get(f"{stage.url(service)}/nowhere"), 404, "not-found")
    assert_problem(client.get(f"{stage.url(service)}{OPENAPI[service]}/nowhere"), 404, "not-found")
    assert_problem(client.delete(f"{stage.url(service)}/livez"), 405, "method-not-allowed")


@pytest.mark.parametrize("declared", [True, False], ids=["content-length", "chunked"])
def test_a_body_that_is_too_large_is_refused(stage: Stage, people: People, declared: bool):
    ada = people.register()
    body = b'{"title": "' + b"x" * 200_000 + b'"}'
    content = body if declared else iter([body[:100_000], body[100_000:]])
    response = ada.client.post(f"{stage.url('document')}/api/documents", content=content)
    assert_problem(response, 413, "body-too-large")
    assert ada.document("GET").json()["items"] == []


def test_metrics_count_by_route_and_not_by_document(stage: Stage, people: People):
    ada = people.register()
    documents = [ada.create_document() for _ in range(3)]
    for document in documents:
        ada.document("GET", f"/{document}")
    answer = people.client().get(f"{stage.url('document')}/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    counted = re.search(
        r'^collab_http_requests_total\{method="GET",route="/api/documents/\{document_id\}",status="200"\} (\S+)$',
        answer.text,
        re.MULTILINE,
    )
    assert counted is not None
    assert float(counted[1]) >= 3
    assert not any(document in answer.text for document in documents)
    assert "collab_http_request_seconds_bucket" in answer.text
    assert "process_resident_memory_bytes" in answer.text


@pytest.mark.parametrize("service", SERVICES)
def test_ready_lists_its_checks(stage: Stage, client: httpx.Client, service: str):
    needed = {"database"} if service == "user" else {"database", "redis"}

    def is_ready() -> bool:
        """On a busy machine a check may take longer than the second it has."""
        ready = client.get(f"{stage.url(service)}/readyz")
        assert {check["name"] for check in ready.json()["checks"]} == needed
        return ready.status_code == 200

    wait_until(is_ready, f"{service} being ready")
    assert client.get(f"{stage.url(service)}/livez").status_code == 200


@pytest.mark.parametrize("service", SERVICES)
def test_no_secret_is_in_a_log_a_metric_or_an_argument(stage: Stage, client: httpx.Client, service: str):
    replica = next(replica for replica in stage.processes if replica.name == f"{service}-1")
    arguments = psutil.Process(replica.process.pid).cmdline()
    told = replica.log_path.read_text() + client.get(f"{replica.url}/metrics").text + " ".join(arguments)
    for secret in stage.database.passwords.values():
        assert secret not in told
    for name in ("redis-password", "internal-token", "auth-signing-key"):
        assert stage.secret(name) not in told


def test_migrations_may_run_twice_at_once_and_again(bare_stage: Stage):
    """Those of all services beside each other too, among them some that build an index concurrently."""
    stage = bare_stage
    services = [*SERVICES, "collaboration"]
    with concurrent.futures.ThreadPoolExecutor(2 * len(services)) as replicas:
        runs = [
            replicas.submit(stage.run_module, "collab_kit.migrate", f"collab_{service}", service=service)
            for service in services * 2
        ]
        assert [run.result().returncode for run in runs] == [0] * len(runs), [run.result().stderr for run in runs]
    schemas = stage.database.psql("select schemaname from pg_tables where tablename = 'schema_migrations' order by 1")
    assert schemas.split() == ["auth", "collaboration", "document", "users"]
    again = stage.run_module("collab_kit.migrate", "collab_auth", service="auth")
    assert (again.returncode, again.stdout) == (0, "collab_auth: schema is current\n")


def test_a_migration_that_cannot_run_says_why_without_the_password(bare_stage: Stage):
    stage = bare_stage
    wrong = stage.write_secret("wrong", "not/the:pass@word")
    failed = stage.run_module(
        "collab_kit.migrate", "collab_auth", service="auth", COLLAB_DATABASE_PASSWORD_FILE=str(wrong)
    )
    assert failed.returncode == 1
    assert failed.stderr.startswith("migrate collab_auth: ")
    assert "password authentication failed" in failed.stderr
    assert "not/the" not in failed.stderr
    assert "not%2F" not in failed.stderr

    assert stage.run_module("collab_kit.migrate", service="auth").returncode == 2
    assert stage.run_module("collab_kit.migrate", "collab_nothing", service="auth").returncode == 1


def test_a_role_sees_no_other_schema(stage: Stage):
    listed = stage.database.psql(
        "select r.rolname, n.nspname from pg_roles r cross join pg_namespace n"
        " where r.rolname like 'collab\\_%' and n.nspname in ('auth', 'users', 'document', 'collaboration', 'public')"
        " and has_schema_privilege(r.oid, n.oid, 'usage') order by 1"
    )
    assert listed.splitlines() == [
        "collab_auth|auth",
        "collab_collaboration|collaboration",
        "collab_document|document",
        "collab_user|users",
    ]


def test_wrong_settings_are_named_all_at_once(bare_stage: Stage):
    ended = bare_stage.run_module(
        "collab_document",
        service="document",
        COLLAB_PORT="many",
        COLLAB_DATABASE_URL="postgresql://collab_document:hunter2@127.0.0.1/collab",
        COLLAB_INTERNAL_TOKEN_FILE="/nowhere",
        COLLAB_AUTH_URL="",
    )
    assert ended.returncode == 78
    assert ended.stderr.splitlines() == [
        "settings: COLLAB_PORT is wrong: expected a port from 1 to 65535, or 0 for any free one, for example 8101",
        "settings: COLLAB_DATABASE_URL is wrong: expected a PostgreSQL URL naming role, host and database, without a"
        " password, for example postgresql://collab_auth@127.0.0.1:5432/collab",
        "settings: COLLAB_INTERNAL_TOKEN_FILE: cannot read /nowhere: No such file or directory",
        "settings: COLLAB_AUTH_URL is not set: expected a base URL without path, for example http://127.0.0.1:8080",
    ]


def test_a_wrong_signing_key_is_a_wrong_setting(bare_stage: Stage):
    bare_stage.write_secret("auth-signing-key", "not a key")
    ended = bare_stage.run_module("collab_auth", service="auth")
    assert ended.returncode == 78
    assert ended.stderr.startswith("settings: COLLAB_SIGNING_KEY_FILE is wrong: expected a file with an Ed25519")


def test_a_taken_port_is_said_in_one_line(bare_stage: Stage):
    with socket.create_server(("127.0.0.1", bare_stage.ports["user"])):
        ended = bare_stage.run_module("collab_user", service="user")
    assert ended.returncode == 1
    assert len(ended.stdout.splitlines()) == 1
    assert f"cannot listen on 127.0.0.1:{bare_stage.ports['user']}: " in ended.stdout
    assert ended.stderr == ""


def test_a_service_waits_for_postgresql_and_can_be_stopped_meanwhile(bare_stage: Stage):
    stage = bare_stage
    url = stage.database.url("user").replace(f":{stage.postgres.port}/", ":9/")
    replica = stage.launch("user", COLLAB_DATABASE_URL=url)
    wait_until(lambda: "database not reachable yet" in replica.log_path.read_text(), "the first failed attempt")
    assert replica.stop(signal.SIGTERM) == 0


async def test_sigterm_lets_an_open_request_finish(bare_stage: Stage):
    stage = bare_stage
    stage.start_all()
    with People(stage) as people, concurrent.futures.ThreadPoolExecutor(1) as thread:
        ada = people.register("Ada")
        wait_until(lambda: ada.call("GET", "user", "/api/users/me").status_code == 200, "the profile's delivery")
        replica = next(replica for replica in stage.processes if replica.name == "user-1")
        lock = await asyncpg.connect(
            stage.postgres.url(stage.database.name), password=stage.postgres.password, timeout=10
        )
        try:
            async with lock.transaction():
                await lock.execute("lock table users.profile in access exclusive mode")
                request = thread.submit(ada.call, "GET", "user", "/api/users/me")
                await _until_one_waits(lock)
                replica.process.send_signal(signal.SIGTERM)
                wait_until(lambda: not _accepts(stage.ports["user"]), "the end of listening")
                assert not request.done()
            assert request.result(timeout=30).status_code == 200
        finally:
            await lock.close(timeout=10)
        assert replica.process.wait(30) == 0


async def test_a_request_longer_than_the_drain_is_cut_off(bare_stage: Stage):
    stage = bare_stage
    stage.migrate("auth", "user")
    stage.start("auth")
    replica = stage.start("user", COLLAB_DRAIN_TIMEOUT_S="1")
    with People(stage) as people, concurrent.futures.ThreadPoolExecutor(1) as thread:
        ada = people.register("Ada")
        wait_until(lambda: ada.call("GET", "user", "/api/users/me").status_code == 200, "the profile's delivery")
        lock = await asyncpg.connect(
            stage.postgres.url(stage.database.name), password=stage.postgres.password, timeout=10
        )
        try:
            async with lock.transaction():
                await lock.execute("lock table users.profile in access exclusive mode")
                request = thread.submit(ada.call, "GET", "user", "/api/users/me")
                await _until_one_waits(lock)
                replica.process.send_signal(signal.SIGTERM)
                assert replica.process.wait(30) == 0
        finally:
            await lock.close(timeout=10)
        with pytest.raises(httpx.HTTPError):
            request.result(timeout=30).raise_for_status()


async def _until_one_waits(lock: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Until something waits for a lock in this database.

    Asked over a connection that is there already: the service gives up after five seconds, and what comes then has to
    fit into them.
    """
    waiting = "select count(*) from pg_locks join pg_database on oid = database where datname = current_database()"
    async with asyncio.timeout(60):
        while not await lock.fetchval(f"{waiting} and not granted"):  # noqa: ASYNC110  # no event tells of it
            await asyncio.sleep(0.02)


def _accepts(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=0.5):
            return True
    except OSError:
        return False
