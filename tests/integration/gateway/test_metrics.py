"""What nginx's log says is counted for Prometheus by the process beside it."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from collab_platform.gateway import Nginx
from tests.integration.gateway.backends import GOOD_TOKEN, Backends, eventually
from tests.integration.gateway.conftest import Gateways, generous
from tests.integration.gateway.harness import PASSWORD, SIGNED_IN, TICKET, RunningGateway, raw_request
from tests.integration.gateway.websockets import connected
from tests.ports import free_port

Values = dict[tuple[str, frozenset[tuple[str, str]]], float]
KEYS = "/.well-known/jwks.json"
DEADLINE_S = 60


@dataclass(frozen=True)
class Counter:
    """Where ``python -m collab_gateway`` is to hear the log, and answers ``/metrics``."""

    log_port: int
    port: int

    def command(self, status_port: int) -> list[str]:
        endpoints = {"log": self.log_port, "metrics": self.port, "status": status_port}
        given = [word for name, port in endpoints.items() for word in (f"--{name}", f"127.0.0.1:{port}")]
        return [sys.executable, "-m", "collab_gateway", *given]

    async def text(self) -> str:
        async with httpx.AsyncClient(timeout=10) as client:
            return (await client.get(f"http://127.0.0.1:{self.port}/metrics")).raise_for_status().text

    async def values(self) -> Values:
        return {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(await self.text())
            for sample in family.samples
        }

    async def value(self, name: str, **labels: str) -> float | None:
        return (await self.values()).get((f"collab_gateway_{name}", frozenset(labels.items())))

    async def until(self, holds: Callable[[float | None], bool], name: str, **labels: str) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while True:
                if holds(await self.value(name, **labels)):
                    return
                await asyncio.sleep(0.05)

    async def reaches(self, wanted: float, name: str, **labels: str) -> None:
        """Waits: nginx tells of a request just after it has answered."""
        await self.until(lambda found: (found or 0) >= wanted, name, **labels)
        assert await self.value(name, **labels) == wanted, (name, labels)

    async def values_of(self, number: int) -> Values:
        """Once so many requests were counted; the log says of them before this process has heard it."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                values = await self.values()
                counted = [value for key, value in values.items() if key[0] == "collab_gateway_requests_total"]
                if sum(counted) >= number:
                    return values
                await asyncio.sleep(0.05)


@pytest.fixture
def counter() -> Counter:
    return Counter(free_port(), free_port())


@asynccontextmanager
async def counting(counter: Counter, gateway: RunningGateway) -> AsyncGenerator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(*counter.command(gateway.site.status_port))
    try:
        async with asyncio.timeout(DEADLINE_S):
            while True:
                try:
                    await counter.text()
                    break
                except httpx.TransportError:
                    assert process.returncode is None
                    await asyncio.sleep(0.05)
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(DEADLINE_S):
            assert await process.wait() in {0, -signal.SIGKILL}


@asynccontextmanager
async def counted(
    start: Gateways, counter: Counter, **limits: int
) -> AsyncGenerator[tuple[RunningGateway, httpx.AsyncClient]]:
    async with (
        start(environment=generous(**limits), counted_at=("127.0.0.1", counter.log_port)) as gateway,
        counting(counter, gateway),
        httpx.AsyncClient(base_url=gateway.url, timeout=10) as client,
    ):
        yield gateway, client


async def test_every_request_is_counted_once_by_route_method_and_status(start: Gateways, counter: Counter):
    async with counted(start, counter) as (gateway, client):
        await asyncio.gather(*(client.get("/api/documents", headers=SIGNED_IN) for _ in range(30)))
        for _ in range(3):
            await client.get("/api/documents")
        await client.post("/api/auth/sign-in", json={"email": "a@example.org", "password": PASSWORD})
        await client.get("/")
        await client.get("/api/nowhere")
        await raw_request(gateway, "TRACE /api/documents HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

        lines = await all_lines(gateway, 37)
        list_route = next(line["route"] for line in lines if line["uri"] == "/api/documents" and line["status"] == 200)
        await counter.reaches(30, "requests_total", route=list_route, method="GET", status="200")
        await counter.reaches(3, "requests_total", route=list_route, method="GET", status="401")
        await counter.reaches(33, "request_seconds_count", route=list_route)
        await counter.reaches(1, "requests_total", route="page", method="GET", status="200")

        values = await counter.values_of(len(lines))
        requests = {key: value for key, value in values.items() if key[0] == "collab_gateway_requests_total"}
        assert sum(requests.values()) == len(lines)
        assert {dict(labels)["method"] for _, labels in requests} == {"GET", "POST", "other"}
        assert values["collab_gateway_unreadable_total", frozenset()] == 0
        sent = await counter.value("sent_bytes_total", route="page")
        assert sent is not None
        assert sent > 200

        text = await counter.text()
        assert not any(secret in text for secret in (GOOD_TOKEN, PASSWORD, "127.0.0.1", "a@example.org", "/api/"))


async def test_what_the_cache_gives_and_the_limits_refuse_is_counted(start: Gateways, counter: Counter):
    async with counted(start, counter, sign_in_rate_per_min=6) as (_, client):
        for _ in range(4):
            await client.get(KEYS)
        answers = [await client.post("/api/auth/sign-in", json={}) for _ in range(12)]
        refused = sum(answer.status_code == 429 for answer in answers)
        assert refused

        values = await counter.values_of(4 + len(answers))
        route = next(dict(labels)["route"] for name, labels in values if name == "collab_gateway_cache_total")
        await counter.reaches(1, "cache_total", route=route, result="miss")
        await counter.reaches(3, "cache_total", route=route, result="hit")
        signing_in = next(
            dict(labels)["route"]
            for name, labels in values
            if name == "collab_gateway_requests_total" and ("method", "POST") in labels
        )
        await counter.reaches(refused, "limited_total", route=signing_in, by="address")


async def test_a_websocket_is_counted_when_it_ends_and_its_life_is_no_time_of_an_answer(
    start: Gateways, counter: Counter
):
    async with counted(start, counter) as (gateway, _):
        async with connected(gateway.websocket_url(f"/collaboration?ticket={TICKET}")):
            pass
        [line] = await all_lines(gateway, 1)
        await counter.reaches(1, "requests_total", route=line["route"], method="GET", status="101")
        assert await counter.value("request_seconds_count", route=line["route"]) is None


async def test_the_firewalls_scores_are_counted(start: Gateways, counter: Counter, backends: Backends):
    async with counted(start, counter) as (gateway, client):
        for query in ("limit=10", "cursor=<script>alert(1)</script>"):
            await client.get(f"/api/documents?{query}", headers=SIGNED_IN)
        if not gateway.site.has_waf:
            assert await counter.value("firewall_score_count") == 0
            return
        assert len(backends.document.seen) == 1
        await counter.reaches(2, "firewall_score_count")
        assert await counter.value("firewall_score_bucket", le="0.0") == 1
        assert await counter.value("firewall_score_bucket", le="4.0") == 1, "refused from 5 on"
        await client.get("/")  # all that was told before it is counted with it
        await counter.reaches(1, "requests_total", route="page", method="GET", status="200")
        values = await counter.values()
        matched = {key: value for key, value in values.items() if key[0] == "collab_gateway_firewall_matched_total"}
        assert list(matched.values()) == [1]


async def test_connections_are_known_where_nginx_counts_them(start: Gateways, counter: Counter, nginx: Nginx):
    async with counted(start, counter) as (gateway, client):
        await client.get("/")  # and kept open
        found = await counter.value("connections", state="waiting")
        if "http_stub_status_module" not in nginx.modules:
            assert found is None
            return
        await counter.until(bool, "connections", state="waiting")
        # None is better than an old number.
        await gateway.stop()
        await counter.until(lambda value: value is None, "connections", state="waiting")


async def test_the_gateway_answers_while_nobody_counts_and_is_counted_again(start: Gateways, counter: Counter):
    async with (
        start(counted_at=("127.0.0.1", counter.log_port)) as gateway,
        httpx.AsyncClient(base_url=gateway.url, timeout=10) as client,
    ):

        async def ask(times: int) -> None:
            for _ in range(times):
                assert (await client.get("/")).status_code == 200

        await ask(20)
        async with counting(counter, gateway) as process:
            await ask(1)  # a datagram to nobody is an error at the next one: it may be lost
            await ask(5)
            await eventually_counted(counter, 5)
            process.kill()
            await process.wait()
        await ask(20)
        async with counting(counter, gateway):
            await ask(6)
            await eventually_counted(counter, 5)
        assert len(await all_lines(gateway, 52)) == 52
        noise = (gateway.folder / "log/error.log").read_text().splitlines()
        assert len(noise) <= 100, noise[:3]


async def test_it_says_what_is_wrong_and_ends(counter: Counter):
    async def said(*command: str) -> tuple[int | None, str]:
        process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
        async with asyncio.timeout(DEADLINE_S):
            _, text = await process.communicate()
        return process.returncode, text.decode()

    code, text = await said(*counter.command(1)[:-1], "127.0.0.1")
    assert code == 2
    assert "'127.0.0.1' is not an IPv4 address with a port" in text

    with socket.create_server(("127.0.0.1", counter.port)):
        code, text = await said(*counter.command(1))
    assert code == 1
    assert text.startswith("collab_gateway: cannot listen: ")
    assert "Traceback" not in text


async def eventually_counted(counter: Counter, least: int) -> None:
    await counter.until(lambda found: (found or 0) >= least, "requests_total", route="page", method="GET", status="200")


async def all_lines(gateway: RunningGateway, number: int) -> list[dict[str, Any]]:
    await eventually(lambda: len(gateway.access_log()) >= number)
    return gateway.access_log()
