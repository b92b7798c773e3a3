"""Who answers which path, what reaches a service, and what an answer carries."""

from __future__ import annotations

import json
import re

import httpx
import pytest

from tests.integration.gateway.backends import Answer, Backends
from tests.integration.gateway.conftest import INDEX, SCRIPT
from tests.integration.gateway.harness import PROBLEM, SIGNED_IN, RunningGateway, raw_request

SECURITY_HEADERS = (
    "content-security-policy",
    "x-content-type-options",
    "referrer-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "permissions-policy",
    "x-request-id",
)


@pytest.mark.parametrize(
    ("path", "component"),
    [
        ("/.well-known/jwks.json", "auth"),
        ("/api/auth/refresh", "auth"),
        ("/api/auth/sign-in", "auth"),
        ("/api/auth/schema", "auth"),
        ("/api/users/schema/openapi.json", "user"),
        ("/api/users/me", "user"),
        ("/api/documents", "document-1"),
        ("/api/documents?limit=5&cursor=abc", "document-1"),
        ("/api/documents/0198c0de-0000-7000-8000-00000000000a/members", "document-1"),
        ("/api/collaboration/schema", "versions"),
        ("/api/collaboration/documents/0198c0de-0000-7000-8000-00000000000a/versions?limit=5", "versions"),
    ],
)
async def test_each_route_reaches_its_component_with_its_path_unchanged(
    client: httpx.AsyncClient, path: str, component: str
):
    said = (await client.get(path, headers=SIGNED_IN)).json()

    assert said["component"] == component
    assert said["path"] + (f"?{said['query']}" if said["query"] else "") == path


@pytest.mark.parametrize(
    "path",
    [
        "/api",
        "/api/",
        "/api/unknown",
        "/api/auth",
        "/api/collaboration",
        "/internal/verify",
        "/internal/profiles/1",
        "/internal",
        "/livez",
        "/readyz",
        "/metrics",
        "/.gateway/verify",
        "/.gateway/problem",
        "/.well-known/openid-configuration",
        "/api/documents/..%2f..%2finternal/verify",
        "/api/documents/../../internal/profiles/1",
        "//internal/verify",
    ],
)
async def test_what_no_route_names_is_not_found_and_reaches_no_service(
    gateway: RunningGateway, backends: Backends, path: str
):
    raw = await raw_request(gateway, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

    assert raw.startswith(b"HTTP/1.1 404 ") or (gateway.site.has_waf and raw.startswith(b"HTTP/1.1 403 "))
    assert b"verify" not in b"".join(backend.path.encode() for http in backends.http for backend in http.seen)


async def test_services_see_the_normalised_path_that_the_route_was_chosen_by(
    gateway: RunningGateway, backends: Backends
):
    for hidden in ("/internal/..%2fapi/users/me", "/internal/../api/users/me", "/x/%2e%2e/api//users/me"):
        await raw_request(
            gateway,
            f"GET {hidden} HTTP/1.1\r\nHost: x\r\nAuthorization: {SIGNED_IN['Authorization']}\r\n"
            "User-Agent: test\r\nAccept: */*\r\nConnection: close\r\n\r\n",
        )

    assert {seen.path for seen in backends.user.seen} <= {"/api/users/me"}
    if not gateway.site.has_waf:
        assert len(backends.user.seen) == 3


async def test_services_see_only_headers_they_may_trust(client: httpx.AsyncClient, backends: Backends):
    await client.get(
        "/api/documents",
        headers=SIGNED_IN
        | {
            "X-Collab-Internal": "guessed",
            "X-Collab-User": "somebody-else",
            "X-Collab-Whatever": "1",
            "X_Collab_User": "somebody-else",
            "X-Request-Id": "chosen-by-the-client",
            "X-Forwarded-For": "203.0.113.9",
            "X-Forwarded-Proto": "https",
            "Forwarded": "for=203.0.113.9",
            "X-Original-URL": "/internal/verify",
            "X-Accel-Redirect": "/x",
            "Accept-Language": "de",
            "If-None-Match": '"tag"',
            "Cookie": "theme=dark",
            "Traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        },
    )

    seen = backends.document.seen[0].headers
    assert not [name for name in seen if name.startswith(("x-collab", "x_collab", "x-original", "x-accel"))]
    assert "forwarded" not in seen
    assert re.fullmatch(r"[0-9a-f]{32}", seen["x-request-id"])
    assert seen["x-forwarded-for"] == "127.0.0.1"
    assert seen["x-forwarded-proto"] == "http"
    assert seen["x-forwarded-host"] == seen["host"] == str(client.base_url.netloc.decode())
    assert seen["authorization"] == SIGNED_IN["Authorization"]
    assert (seen["accept-language"], seen["if-none-match"], seen["cookie"]) == ("de", '"tag"', "theme=dark")
    assert seen["traceparent"].startswith("00-0af7651916cd43dd8448eb211c80319c")


async def test_a_ticket_passes_without_auth_being_asked(client: httpx.AsyncClient, backends: Backends):
    path = "/api/collaboration/documents/0198c0de-0000-7000-8000-00000000000a/history"
    assert (await client.get(path, headers={"Authorization": "Bearer a-ticket"})).status_code == 200
    assert backends.versions.seen[0].headers["authorization"] == "Bearer a-ticket"
    assert backends.auth.seen == []


async def test_every_answer_carries_the_gateways_request_id_and_policy_once(
    client: httpx.AsyncClient, backends: Backends
):
    backends.document.answer = Answer(headers={"content-security-policy": "default-src *", "x-request-id": "other"})
    answers = [
        await client.get("/"),
        await client.get("/assets/index-4f2a.js"),
        await client.get("/assets/missing.js"),
        await client.get("/api/unknown"),
        await client.get("/api/documents"),
        await client.get("/api/documents", headers=SIGNED_IN),
        await client.get("/collaboration"),
        await client.post("/"),
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 404, 404, 401, 200, 426, 405]
    for answer in answers:
        for name in SECURITY_HEADERS:
            assert len(answer.headers.get_list(name)) == 1, (answer.url, name)
        policy = answer.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert f"connect-src 'self' ws://{client.base_url.netloc.decode()};" in policy
        assert "script-src 'self';" in policy
        assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])
        assert answer.headers["server"] == "nginx"
        assert "x-powered-by" not in answer.headers
        assert "strict-transport-security" not in answer.headers


async def test_answers_of_services_are_not_kept_unless_they_say_so(client: httpx.AsyncClient, backends: Backends):
    silent = await client.get("/api/documents", headers=SIGNED_IN)
    backends.document.answer = Answer(headers={"cache-control": "private, max-age=5"})
    spoken = await client.get("/api/documents", headers=SIGNED_IN)

    assert silent.headers.get_list("cache-control") == ["no-store"]
    assert spoken.headers.get_list("cache-control") == ["private, max-age=5"]


async def test_errors_of_services_pass_unchanged(client: httpx.AsyncClient, backends: Backends):
    for status in (400, 403, 404, 409, 500, 503):
        backends.document.answer = Answer(status, {"content-type": PROBLEM}, b'{"type":"mine"}')
        answer = await client.get("/api/documents/x", headers=SIGNED_IN)

        assert (answer.status_code, answer.json()) == (status, {"type": "mine"})


@pytest.mark.parametrize("path", ["/", "/documents/0198c0de-0000-7000-8000-00000000000a", "/sign-in?next=/x"])
async def test_pages_get_the_editor_and_are_revalidated(client: httpx.AsyncClient, path: str):
    answer = await client.get(path)

    assert (answer.status_code, answer.text) == (200, INDEX)
    assert answer.headers["content-type"] == "text/html"
    assert answer.headers["cache-control"] == "no-cache"
    again = await client.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    assert again.headers["cache-control"] == "no-cache"


async def test_assets_are_kept_for_good_and_compressed(client: httpx.AsyncClient):
    answer = await client.get("/assets/index-4f2a.js", headers={"Accept-Encoding": "gzip"})

    assert answer.text == SCRIPT
    assert answer.headers["content-type"] == "text/javascript"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [
        ("br", True),
        ("gzip, deflate, br, zstd", True),
        ("gzip;q=0.8,br ;q=1.0", True),
        ("br;q=0.001", True),
        ("gzip, br;q=0", False),
        ("br; q=0.000, gzip", False),
        ("gzip", False),
        ("vbr, brx", False),
    ],
)
async def test_assets_come_in_brotli_to_whom_takes_it(
    gateway: RunningGateway, client: httpx.AsyncClient, accepted: str, packed: bool
):
    path = "/assets/page-7c1e.css"
    (gateway.folder / "web" / path[1:]).write_text("p { color: teal; }\n" * 200)
    (gateway.folder / "web" / f"{path[1:]}.br").write_bytes(b"as if it were Brotli" * 20)
    answer = await client.get(path, headers={"Accept-Encoding": accepted})

    assert answer.status_code == 200
    assert (answer.headers.get("content-encoding") == "br") is packed
    assert answer.content.startswith(b"as if" if packed else b"p { color")
    assert answer.headers["content-type"] == "text/css"
    assert answer.headers.get_list("vary") == ["Accept-Encoding"]
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    known = await client.get(path, headers={"Accept-Encoding": accepted, "If-None-Match": answer.headers["etag"]})
    assert known.status_code == 304
    beside = await client.get(f"{path}.br")
    assert beside.status_code == 404
    missing = await client.get("/assets/gone-1234.css", headers={"Accept-Encoding": accepted})
    assert (missing.status_code, missing.headers.get("content-encoding")) == (404, None)


async def test_an_asset_without_a_copy_in_brotli_comes_in_gzip(client: httpx.AsyncClient):
    answer = await client.get("/assets/index-4f2a.js", headers={"Accept-Encoding": "br, gzip"})

    assert (answer.text, answer.headers["content-encoding"]) == (SCRIPT, "gzip")


@pytest.mark.parametrize("path", ["/assets/gone-1234.js", "/robots.txt", "/.env", "/theme.js"])
async def test_missing_files_are_not_found_and_not_the_editor(client: httpx.AsyncClient, path: str):
    answer = await client.get(path)

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert "Pens &amp; &#36; &#34;Paper&#34;" in answer.text
    assert answer.headers["x-request-id"] in answer.text
    assert "<script" not in answer.text


async def test_editor_is_told_what_its_installation_is_called(gateway: RunningGateway, client: httpx.AsyncClient):
    answer = await client.get("/site.js")

    assert answer.headers["content-type"] == "text/javascript"
    assert answer.headers["cache-control"] == "no-cache"
    assert "content-security-policy" in answer.headers
    literal = answer.text.removeprefix("window.collabSite={name:").partition("};")[0]
    assert json.loads(literal) == gateway.site.name


async def test_static_files_are_read_only(client: httpx.AsyncClient):
    for method in ("POST", "PUT", "DELETE"):
        assert (await client.request(method, "/index.html")).status_code == 405


async def test_compressed_answers_never_come_from_services(client: httpx.AsyncClient, backends: Backends):
    backends.document.answer = Answer(headers={"content-type": "application/json"}, body=b'"' + b"x" * 5000 + b'"')
    answer = await client.get("/api/documents", headers=SIGNED_IN | {"Accept-Encoding": "gzip"})

    assert "content-encoding" not in answer.headers


async def test_status_server_says_that_nginx_lives(gateway: RunningGateway):
    async with httpx.AsyncClient(base_url=gateway.status_url, timeout=30) as status:
        assert (await status.get("/livez")).text == "ok\n"
        counted = await status.get("/nginx_status")
        if "http_stub_status_module" in gateway.site.nginx.modules:
            assert counted.text.startswith("Active connections: ")
        else:
            assert counted.status_code == 404
