"""Each person is counted, wherever they come from; what auth said holds for a moment; API tokens are exchanged."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from collab_platform.gateway import Nginx
from tests.integration.gateway.backends import Answer, Backends, eventually, running_backends
from tests.integration.gateway.conftest import Gateways, generous, write_editor
from tests.integration.gateway.harness import SIGNED_IN, expect_problem, running_gateway

ANN = "0198c0de-0000-7000-8000-00000000000a"
BEN = "0198c0de-0000-7000-8000-00000000000b"
LENT = "Bearer lent-for-a-minute"


@pytest.fixture
async def own(nginx: Nginx, tmp_path: Path) -> AsyncIterator[tuple[Nginx, Path, Backends]]:
    write_editor(tmp_path)
    async with running_backends() as backends:
        yield nginx, tmp_path, backends


def person(user: str, **headers: str) -> Answer:
    return Answer(204, {"x-collab-user": user} | headers)


async def test_a_person_who_asks_too_often_is_told_when_to_come_back_and_others_are_not(
    start: Gateways, backends: Backends
):
    async with (
        start(environment=generous(user_rate_per_s=2, user_burst=3)) as gateway,
        httpx.AsyncClient(base_url=gateway.url, headers=SIGNED_IN, timeout=30) as client,
    ):
        backends.auth.verdict = person(ANN)
        started = time.monotonic()
        answers = [await client.get("/api/documents", headers={"Authorization": f"Bearer {n}"}) for n in range(40)]
        asking_s = time.monotonic() - started
        backends.auth.verdict = person(BEN)
        other = await client.get("/api/documents")
        refused = [answer for answer in answers if answer.status_code == 429]
        line = await gateway.logged(refused[0].headers["x-request-id"])

    assert answers[0].status_code == other.status_code == 200
    # 4 at once, and 2 a second while the others are asked, whatever their tokens
    assert 4 <= len(answers) - len(refused) <= 4 + 2 * asking_s + 1
    expect_problem(refused[0], 429, "too-many-requests")
    told = {name: refused[0].headers[name] for name in refused[0].headers if "limit" in name or name == "retry-after"}
    assert told == {
        "retry-after": "1",
        "ratelimit-policy": '"address";q=100000;w=1, "user";q=2;w=1',
        "ratelimit-limit": "2",
        "ratelimit-remaining": "0",
        "ratelimit-reset": "1",
    }
    assert other.headers["ratelimit-policy"] == told["ratelimit-policy"]
    assert "ratelimit-remaining" not in other.headers  # nginx does not tell, so nobody is told
    assert (line["limited"], line["user"], line["status"]) == ("user", ANN, 429)
    assert len(backends.document.seen) == len(answers) + 1 - len(refused)


async def test_an_address_that_asks_too_often_is_told_its_own_limit(start: Gateways):
    async with (
        start(environment=generous(request_rate_per_s=3, request_burst=1)) as gateway,
        httpx.AsyncClient(base_url=gateway.url, headers=SIGNED_IN, timeout=30) as client,
    ):
        # One after another, on a busy machine, they might be no more than three a second.
        answers = await asyncio.gather(*(client.get("/api/documents") for _ in range(20)))
        refused = [answer for answer in answers if answer.status_code == 429]
        line = await gateway.logged(refused[-1].headers["x-request-id"])

    expect_problem(refused[-1], 429, "too-many-requests")
    headers = refused[-1].headers
    assert (headers["ratelimit-limit"], headers["ratelimit-remaining"], headers["ratelimit-reset"]) == ("3", "0", "1")
    assert (line["limited"], line["user"]) == ("address", "")


async def test_what_costs_much_has_a_limit_of_its_own(start: Gateways):
    async with (
        start(environment=generous(heavy_rate_per_min=2)) as gateway,
        httpx.AsyncClient(base_url=gateway.url, headers=SIGNED_IN, timeout=30) as client,
    ):
        calls: tuple[tuple[str, str, dict[str, str]], ...] = (
            ("POST", "/api/documents/import?filename=a.md", {"Content-Type": "text/markdown"}),
            ("GET", f"/api/documents/{ANN}/export?format=pdf", {}),
            ("PUT", "/api/users/me/avatar", {"Content-Type": "image/png"}),
        )
        answers = [await client.request(method, path, headers=headers) for method, path, headers in calls]
        cheap = await client.get(f"/api/documents/{ANN}")

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].headers["retry-after"] == answers[2].headers["ratelimit-reset"] == "30"
    assert answers[2].headers["ratelimit-limit"] == "2"
    assert cheap.status_code == 200


async def test_a_services_own_429_passes_as_it_is(client: httpx.AsyncClient, backends: Backends):
    backends.document.answer = Answer(429, {"retry-after": "77"})
    answer = await client.get("/api/documents", headers=SIGNED_IN)

    assert answer.headers.get_list("retry-after") == ["77"]
    assert "ratelimit-remaining" not in answer.headers


async def test_people_cannot_say_who_they_are(client: httpx.AsyncClient, backends: Backends):
    for name in ("X-Collab-User", "X-Collab-Authorization", "X-Limited", "X-Inside", "X-Accel-Redirect"):
        answer = await client.get("/api/documents", headers={name: "@suspicious"})
        expect_problem(answer, 401, "unauthenticated")
    assert backends.document.seen == []


async def test_an_api_token_is_exchanged_for_what_auth_lends_it(client: httpx.AsyncClient, backends: Backends):
    backends.auth.verdict = person(ANN, **{"x-collab-authorization": LENT})
    backends.document.answer = Answer(headers={"x-collab-authorization": LENT, "x-collab-user": ANN})
    token = {"Authorization": "Bearer collab_pat_0123456789abcdef"}
    for method in ("GET", "POST"):
        answer = await client.request(method, "/api/documents", headers=token)
        assert answer.status_code == 200
        assert not [name for name in answer.headers if name.startswith("x-collab")]

    assert [seen.headers["authorization"] for seen in backends.document.seen] == [LENT, LENT]
    asked = [seen for seen in backends.auth.seen if seen.path == "/internal/verify"]
    assert {seen.headers["authorization"] for seen in asked} == set(token.values())


async def test_a_yes_of_auths_is_believed_for_a_moment_and_a_no_never(own: tuple[Nginx, Path, Backends]):
    nginx, folder, backends = own
    memory = folder / "memory"
    memory.mkdir()
    async with (
        running_gateway(
            folder, nginx, backends.addresses(), environment=generous(), verdict_directory=memory / "verdicts"
        ) as gateway,
        httpx.AsyncClient(base_url=gateway.url, timeout=30) as client,
    ):
        backends.auth.verdict = person(ANN, **{"x-collab-authorization": LENT, "cache-control": "no-store"})
        started = time.monotonic()
        for _ in range(5):
            assert (await client.get("/api/documents", headers=SIGNED_IN)).status_code == 200
        assert len(backends.auth.seen) <= 1 + (time.monotonic() - started) / 2  # a yes is believed for 2 s
        assert {seen.headers["authorization"] for seen in backends.document.seen} == {LENT}
        assert (memory / "verdicts").stat().st_mode & 0o777 == 0o700
        kept = [file for file in (memory / "verdicts").rglob("*") if file.is_file()]
        assert kept
        assert all(file.stat().st_mode & 0o077 == 0 for file in kept)

        asked = len(backends.auth.seen)
        backends.auth.verdict = Answer(401)
        strangers = [await client.get("/api/documents", headers={"Authorization": "Bearer other"}) for _ in range(4)]
        assert {answer.status_code for answer in strangers} == {401}
        assert len(backends.auth.seen) == asked + 4

        # Revoked: auth is asked again within 3 s.
        async with asyncio.timeout(10):
            while (await client.get("/api/documents", headers=SIGNED_IN)).status_code != 401:  # noqa: ASYNC110
                await asyncio.sleep(0.05)


async def test_nothing_of_auths_verdicts_is_kept_where_there_is_no_memory_for_it(
    client: httpx.AsyncClient, backends: Backends
):
    for _ in range(3):
        await client.get("/api/documents", headers=SIGNED_IN)
    assert len(backends.auth.seen) == 3


@pytest.mark.parametrize(
    "path",
    [
        "/api/auth/sign-in/totp",
        "/api/auth/sign-in/passkey/options",
        "/api/auth/password/forgot",
        "/api/auth/password/reset",
        "/api/auth/email/verify",
        "/api/auth/email/verify/resend",
        "/api/auth/email/confirm",
        "/api/auth/refresh",
        "/api/auth/sign-out",
        "/api/documents/links/open",
    ],
)
async def test_who_is_not_signed_in_yet_is_not_asked_to_be(client: httpx.AsyncClient, backends: Backends, path: str):
    assert (await client.post(path, json={"email": "a@example.org"})).status_code == 200
    assert not [seen for seen in backends.auth.seen if seen.path == "/internal/verify"]


@pytest.mark.parametrize(
    "path",
    ["/api/auth/account", "/api/auth/email/verify/send", "/api/auth/tokens", "/api/auth/audit/all", "/api/users"],
)
async def test_accounts_are_for_those_who_are_signed_in(client: httpx.AsyncClient, path: str):
    expect_problem(await client.get(path), 401, "unauthenticated")
    assert (await client.get(path, headers=SIGNED_IN)).status_code == 200


async def test_finding_a_links_password_is_as_slow_as_signing_in(start: Gateways):
    async with (
        start(environment=generous(sign_in_rate_per_min=4)) as gateway,
        httpx.AsyncClient(base_url=gateway.url, timeout=30) as client,
    ):
        answers = [await client.post("/api/documents/links/open", json={"token": f"token-{n}"}) for n in range(8)]

    assert [answer.status_code for answer in answers] == [200] * 4 + [429] * 4
    assert answers[-1].headers["ratelimit-policy"] == '"address";q=4;w=60'
    assert answers[-1].headers["retry-after"] == "15"


async def test_the_log_of_a_request_names_its_person_once(start: Gateways, backends: Backends):
    backends.auth.verdict = person(BEN)
    async with start() as gateway, httpx.AsyncClient(base_url=gateway.url, headers=SIGNED_IN, timeout=30) as client:
        answer = await client.get(f"/api/documents/{ANN}/export?format=md")
        request_id = answer.headers["x-request-id"]
        await eventually(lambda: any(line["request_id"] == request_id for line in gateway.access_log()))
        lines = [line for line in gateway.access_log() if line["request_id"] == request_id]

    assert [(line["user"], line["route"], line["limited"]) for line in lines] == [(BEN, "document-export", "")]
    assert backends.document.seen[0].path == f"/api/documents/{ANN}/export"
    assert backends.document.seen[0].query == "format=md"
