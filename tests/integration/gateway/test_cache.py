"""Answers that are the same for everyone are kept for a while, and outlive the service that gave them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx

from collab_platform.gateway import Nginx
from tests.integration.gateway.backends import Answer, Backends, running_backends
from tests.integration.gateway.conftest import Gateways, generous, write_editor
from tests.integration.gateway.harness import COOKIE, SIGNED_IN, running_gateway

KEYS = "/.well-known/jwks.json"


async def test_a_cached_route_asks_its_service_once_and_says_so_in_the_log(start: Gateways, backends: Backends):
    async with start() as gateway, httpx.AsyncClient(base_url=gateway.url) as client:
        answers = await asyncio.gather(*(client.get(KEYS) for _ in range(20)))
        last = await client.get(KEYS)
        line = await gateway.logged(last.headers["x-request-id"])

    assert {answer.status_code for answer in answers} == {200}
    assert len(backends.auth.seen) == 1
    assert len({answer.headers["x-request-id"] for answer in answers}) == 20
    assert line["cache"] == "HIT"
    assert line["upstream"] == ""


async def test_nothing_personal_reaches_a_cached_route(start: Gateways, backends: Backends):
    async with start() as gateway, httpx.AsyncClient(base_url=gateway.url) as client:
        await client.get(KEYS, headers=SIGNED_IN | {"Cookie": f"collab_refresh={COOKIE}", "If-None-Match": "x"})

    assert not {"authorization", "cookie", "if-none-match"} & set(backends.auth.seen[0].headers)


async def test_errors_and_cookies_are_not_cached(start: Gateways, backends: Backends):
    async with start() as gateway, httpx.AsyncClient(base_url=gateway.url) as client:
        backends.auth.answer = Answer(500)
        assert (await client.get(KEYS)).status_code == 500
        backends.auth.answer = Answer(headers={"set-cookie": "a=b"})
        assert (await client.get(KEYS)).status_code == 200
        backends.auth.answer = None
        assert (await client.get(KEYS)).json()["component"] == "auth"


async def test_a_kept_answer_is_given_while_its_service_is_away(nginx: Nginx, tmp_path: Path):
    write_editor(tmp_path)
    async with (
        running_backends() as backends,
        running_gateway(tmp_path, nginx, backends.addresses(), environment=generous()) as gateway,
        httpx.AsyncClient(base_url=gateway.url) as client,
    ):
        backends.auth.answer = Answer(headers={"cache-control": "max-age=1"}, body=b'{"keys":[]}')
        await client.get(KEYS)
        await backends.auth.stop()
        await asyncio.sleep(2.5)  # nginx counts its age in whole seconds
        stale = await client.get(KEYS)
        line = await gateway.logged(stale.headers["x-request-id"])

    assert (stale.status_code, stale.json()) == (200, {"keys": []})
    assert line["cache"] in {"STALE", "UPDATING"}


async def test_other_routes_are_never_cached(client: httpx.AsyncClient, backends: Backends):
    backends.document.answer = Answer(headers={"cache-control": "public, max-age=60"})
    for _ in range(3):
        await client.get("/api/documents", headers=SIGNED_IN)

    assert len(backends.document.seen) == 3
