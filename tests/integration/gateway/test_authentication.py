"""The gateway asks auth before it passes a request on, and trusts nobody when auth does not answer."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from collab_platform.gateway import Nginx
from tests.integration.gateway.backends import USER, Answer, Backends, running_backends
from tests.integration.gateway.conftest import generous, write_editor
from tests.integration.gateway.harness import SIGNED_IN, RunningGateway, expect_problem, running_gateway


async def test_a_good_token_passes_and_the_log_knows_whose_it_is(
    gateway: RunningGateway, client: httpx.AsyncClient, backends: Backends
):
    answer = await client.post("/api/documents", json={"title": "Plan"}, headers=SIGNED_IN)

    assert answer.status_code == 200
    assert backends.document.seen[0].body == b'{"title":"Plan"}'
    asked = backends.auth.seen[0]
    assert (asked.method, asked.path, asked.body) == ("GET", "/internal/verify", b"")
    assert asked.headers["x-request-id"] == backends.document.seen[0].headers["x-request-id"]
    assert "content-length" not in asked.headers
    line = await gateway.logged(answer.headers["x-request-id"])
    assert (line["user"], line["route"], line["method"], line["status"]) == (USER, "documents", "POST", 200)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": ""}])
async def test_without_a_good_token_the_service_is_not_reached(
    client: httpx.AsyncClient, backends: Backends, headers: dict[str, str]
):
    for method in ("GET", "POST", "PATCH", "PUT", "DELETE"):
        answer = await client.request(method, "/api/documents/x", headers=headers)

        expect_problem(answer, 401, "unauthenticated")
        assert answer.headers["www-authenticate"] == 'Bearer realm="collab"'
    assert backends.document.seen == []


async def test_a_challenge_of_auths_own_is_handed_on(client: httpx.AsyncClient, backends: Backends):
    challenge = 'Bearer realm="collab", error="invalid_token"'
    backends.auth.verdict = Answer(401, {"www-authenticate": challenge})

    answer = await client.get("/api/documents")
    assert answer.headers.get_list("www-authenticate") == [challenge]


@pytest.mark.parametrize("verdict", [Answer(500), Answer(503), Answer(302, {"location": "/"}), Answer(404)])
async def test_when_auth_gives_no_verdict_the_answer_is_503_and_nothing_passes(
    client: httpx.AsyncClient, backends: Backends, verdict: Answer
):
    backends.auth.verdict = verdict

    answer = await client.get("/api/documents", headers=SIGNED_IN)
    expect_problem(answer, 503, "unavailable")
    assert answer.headers["retry-after"] == "1"
    assert backends.document.seen == []


async def test_when_auth_is_down_the_answer_is_503_until_it_is_back(nginx: Nginx, tmp_path: Path):
    write_editor(tmp_path)
    async with (
        running_backends() as backends,
        running_gateway(tmp_path, nginx, backends.addresses(), environment=generous()) as gateway,
        httpx.AsyncClient(base_url=gateway.url, timeout=30) as client,
    ):
        await backends.auth.stop()
        answer = await client.get("/api/documents", headers=SIGNED_IN)
        expect_problem(answer, 503, "unavailable")
        assert backends.document.seen == []

        expect_problem(await client.post("/api/auth/sign-in", json={}), 502, "service-unreachable")

        await backends.auth.start()
        assert (await client.get("/api/documents", headers=SIGNED_IN)).status_code == 200
