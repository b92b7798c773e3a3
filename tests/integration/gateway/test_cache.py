"""Answers that are the same for everyone are kept for a while, and outlive the service that gave them."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import httpx

from collab_platform.gateway import Nginx
from tests.integration.gateway.backends import Answer, Backends, running_backends
from tests.integration.gateway.conftest import Gateways, generous, write_editor
from tests.integration.gateway.harness import COOKIE, SIGNED_IN, running_gateway

KEYS = "/.well-known/jwks.json"


async def test_a_cached_route_asks_its_service_once_and_says_so_in_the_log(start: Gateways, backends: Backends):
    async with start() as gateway, httpx.AsyncClient(base_url=gateway.url, timeout=30) as client:
        answers: list[httpx.Response] = []
        address = KEYS
        for attempt in range(10):
            backends.auth.seen.clear()
            address = f"{KEYS}?attempt={attempt}"
            started = time.monotonic()
            answers = await asyncio.gather(*(client.get(address) for _ in range(20)))
            if time.monotonic() - started < 2:
                break  # who has waited for the first one's answer for 2 s asks too
        last = await client.get(address)
        line = await gateway.logged(last.headers["x-request-id"])

    assert {answer.status_code for answer in answers} == {200}
    assert len(backends.auth.seen) == 1
    assert len({answer.headers["x-request-id"] for answer in answers}) == 20
    assert line["cache"] == "HIT"
    assert line["upstream"] == ""


async def test_nothing_personal_reaches_a_cached_route(start: Gateways, backends: Backends):
    async with start() as gateway, httpx.AsyncClient(base_url=gateway.url, timeout=30) as client:
        await client.get(KEYS, headers=SIGNED_IN | {"Cookie": f"collab_refresh={COOKIE}", "If-None-Match": "x"})

    assert not {"authorization", "cookie", "if-none-match"} & set(backends.auth.seen[0].headers)


async def test_errors_and_cookies_are_not_cached(start: Gateways, backends: Backends):
    async with start() as gateway, httpx.AsyncClient(base_url=gateway.url, timeout=30) as client:
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
        httpx.AsyncClient(base_url=gateway.url, timeout=30) as client,
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


PERSON = "0198c0de-0000-7000-8000-00000000000a"
AVATAR = f"/api/users/{PERSON}/avatar"


async def test_a_picture_is_kept_without_asking_who_looks(start: Gateways, backends: Backends):
    picture = b"RIFF....WEBP" * 500
    headers = {"content-type": "image/webp", "cache-control": "public, max-age=31536000, immutable", "etag": '"4f2a"'}
    backends.user.answer = Answer(headers=headers, body=picture)
    async with start() as gateway, httpx.AsyncClient(base_url=gateway.url, timeout=30) as client:
        answers = [await client.get(AVATAR, params={"v": "4f2a"}, headers=SIGNED_IN) for _ in range(3)]
        known = await client.get(AVATAR, params={"v": "4f2a"}, headers={"If-None-Match": '"4f2a"'})
        await client.get(AVATAR, params={"v": "5b3c"})
        refused = await client.put(AVATAR, content=b"{}", headers=SIGNED_IN | {"Content-Type": "application/json"})
        own = await client.get("/api/users/me/avatar")
        other = await client.get(f"/api/users/{PERSON}")

    assert [answer.content for answer in answers] == [picture] * 3
    assert answers[2].headers["cache-control"] == headers["cache-control"]
    assert known.status_code == 304
    assert [seen.query for seen in backends.user.seen if seen.path == AVATAR] == ["v=4f2a", "v=5b3c"]
    assert "authorization" not in backends.user.seen[0].headers
    assert "content-encoding" not in answers[0].headers
    assert (refused.status_code, own.status_code, other.status_code) == (405, 401, 401)


async def test_answers_for_everybody_are_compressed_and_say_so(start: Gateways, backends: Backends):
    backends.auth.answer = Answer(
        headers={"content-type": "application/json", "etag": '"1"'}, body=b'{"keys":"%s"}' % (b"x" * 5000)
    )
    async with start() as gateway, httpx.AsyncClient(base_url=gateway.url, timeout=30) as client:
        for _ in range(2):  # from the service, and from the cache
            packed = await client.get(KEYS, headers={"Accept-Encoding": "gzip"})
            plain = await client.get(KEYS, headers={"Accept-Encoding": "identity"})

            assert packed.headers["content-encoding"] == "gzip"
            assert "content-encoding" not in plain.headers
            assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
            assert packed.content == plain.content
    assert len(backends.auth.seen) == 1
    assert "accept-encoding" not in backends.auth.seen[0].headers


async def test_conditions_and_keys_reach_services_and_tags_come_back(client: httpx.AsyncClient, backends: Backends):
    backends.document.answer = Answer(headers={"etag": '"8"', "vary": "Authorization"})
    conditions = {"If-Match": '"7"', "If-None-Match": 'W/"6"', "Idempotency-Key": "0198c0de-1"}
    answer = await client.patch("/api/documents/x", json={"title": "a"}, headers=SIGNED_IN | conditions)

    seen = backends.document.seen[0].headers
    assert {name: seen[name.lower()] for name in conditions} == conditions
    assert (answer.headers["etag"], answer.headers["vary"]) == ('"8"', "Authorization")
