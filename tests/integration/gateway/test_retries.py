"""What is asked of another replica when one fails, and what never twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from collab_platform.gateway import Nginx, find_nginx
from tests.integration.gateway.backends import Backends
from tests.integration.gateway.conftest import generous, write_editor
from tests.integration.gateway.harness import SIGNED_IN, expect_problem, running_gateway

DOCUMENTS = ("document", "http")


class Broken:
    """A replica that takes requests and ends, or leaves, the connection without an answer."""

    def __init__(self, *, hangs: bool = False) -> None:
        self.asked: list[str] = []
        self._hangs = hangs

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.asked.append(head.split(b" ", 1)[0].decode())
        if self._hangs:
            await reader.read()  # until the gateway goes
        writer.close()


@asynccontextmanager
async def replicas(*broken: Broken) -> AsyncGenerator[tuple[str, ...]]:
    servers = [await asyncio.start_server(each.serve, "127.0.0.1", 0) for each in broken]
    try:
        yield tuple(f"127.0.0.1:{server.sockets[0].getsockname()[1]}" for server in servers)
    finally:
        for server in servers:
            server.close()


@pytest.mark.parametrize(
    ("method", "attempts"), [("GET", 2), ("HEAD", 2), ("PUT", 2), ("DELETE", 2), ("POST", 1), ("PATCH", 1)]
)
async def test_what_was_sent_is_repeated_only_where_http_calls_it_idempotent(
    nginx: Nginx, backends: Backends, tmp_path: Path, method: str, attempts: int
):
    write_editor(tmp_path)
    first, second = Broken(), Broken()
    body: dict[str, Any] = {"json": {"title": "a"}} if method in {"PUT", "POST", "PATCH"} else {}
    async with replicas(first, second) as addresses:
        upstreams = backends.addresses() | {DOCUMENTS: addresses}
        async with (
            running_gateway(tmp_path, nginx, upstreams, environment=generous()) as gateway,
            httpx.AsyncClient(base_url=gateway.url, timeout=30) as client,
        ):
            answer = await client.request(method, "/api/documents/x", headers=SIGNED_IN, **body)

    assert answer.status_code == 502
    if method != "HEAD":
        expect_problem(answer, 502, "service-unreachable")
    assert answer.headers["retry-after"] == "1"
    assert first.asked + second.asked == [method] * attempts


async def test_what_took_its_whole_time_is_not_asked_again(backends: Backends, tmp_path: Path):
    """A service that is too slow would only be given more to do."""
    write_editor(tmp_path)
    first, second = Broken(hangs=True), Broken(hangs=True)
    async with replicas(first, second) as addresses:
        upstreams = backends.addresses() | {DOCUMENTS: addresses}
        async with (
            running_gateway(tmp_path, find_nginx("off"), upstreams, environment=generous(), timeout_s=11) as gateway,
            httpx.AsyncClient(base_url=gateway.url, timeout=60) as client,
        ):
            answer = await client.get("/api/documents/x", headers=SIGNED_IN)

    expect_problem(answer, 504, "service-timeout")
    assert first.asked + second.asked == ["GET"]
