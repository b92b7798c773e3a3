"""What is too much, too large or malformed is refused early, with a problem that says so."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from pathlib import Path

import httpx
import pytest
from picows import WSError

from collab_platform.gateway import find_nginx
from tests.integration.gateway.backends import Backends, eventually
from tests.integration.gateway.conftest import Gateways, generous, write_editor
from tests.integration.gateway.harness import (
    PROBLEM,
    SIGNED_IN,
    TICKET,
    RunningGateway,
    expect_problem,
    raw_request,
    running_gateway,
)
from tests.integration.gateway.websockets import connected

GIB = 1 << 30
JSON = {"Content-Type": "application/json"}


async def test_a_body_of_1_gib_is_refused_by_its_length_before_it_is_sent(gateway: RunningGateway, backends: Backends):
    async with asyncio.timeout(30):
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
        writer.write(head("POST", "/api/documents", f"Content-Length: {GIB}\r\n"))
        received = await reader.readuntil(b"\r\n\r\n")
        length = int(received.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        body = json.loads(await reader.readexactly(length))
        writer.close()

    assert received.startswith(b"HTTP/1.1 413 ")
    assert PROBLEM.encode() in received
    assert body["type"].endswith("/body-too-large")
    assert backends.document.seen == []


async def test_a_body_of_1_gib_in_chunks_is_refused_without_being_kept(gateway: RunningGateway, backends: Backends):
    before = memory_bytes(gateway)
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    sent = 0
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    answer = asyncio.create_task(reader.readuntil(b"\r\n\r\n"))
    try:
        async with asyncio.timeout(60):
            writer.write(head("POST", "/api/documents", "Transfer-Encoding: chunked\r\n"))
            while sent < GIB and not answer.done():
                writer.write(chunk)
                with contextlib.suppress(TimeoutError):  # nginx does not have to take what it has refused
                    await asyncio.wait_for(writer.drain(), 0.2)
                sent += 0x10000
            received = await answer
    finally:
        answer.cancel()
        writer.close()

    assert received.startswith(b"HTTP/1.1 413 ")
    assert PROBLEM.encode() in received
    assert sent < 64 << 20
    assert backends.document.seen == []
    assert memory_bytes(gateway) - before < 8 << 20
    assert sum(file.stat().st_size for file in (gateway.folder / "run").rglob("*") if file.is_file()) < 4 << 20


async def test_a_refused_upload_leaves_no_connection_behind(gateway: RunningGateway):
    """ModSecurity's module never lets go of such a request where it receives the body itself."""

    def held() -> int:
        connections = [each for worker in gateway.workers for each in worker.net_connections()]
        return len([each for each in connections if each.laddr.port == gateway.port and each.status != "LISTEN"])

    await eventually(lambda: held() == 0)
    for _ in range(3):
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
        writer.write(head("POST", "/api/documents", "Transfer-Encoding: chunked\r\n"))
        writer.write((b"10000\r\n" + b"x" * 0x10000 + b"\r\n") * 20)
        async with asyncio.timeout(30):
            assert (await reader.readline()).startswith(b"HTTP/1.1 413 ")
        assert isinstance(writer.transport, asyncio.Transport)
        writer.transport.abort()
    await eventually(lambda: held() == 0)


async def test_a_body_just_within_the_limit_passes(client: httpx.AsyncClient):
    body = json.dumps({"title": "x" * ((1 << 20) - 20)})
    answer = await client.post("/api/documents", content=body, headers=SIGNED_IN | JSON)

    assert answer.status_code == 200, answer.text
    assert answer.json()["body_bytes"] == len(body)
    too_large = await client.post("/api/documents", content=body + " " * 40, headers=SIGNED_IN | JSON)
    expect_problem(too_large, 413, "body-too-large")


async def test_signing_in_takes_only_a_small_body(client: httpx.AsyncClient):
    answer = await client.post("/api/auth/sign-in", content=b'"' + b"x" * 20_000 + b'"', headers=JSON)

    expect_problem(answer, 413, "body-too-large")


async def test_more_requests_than_the_rate_are_told_when_to_come_back(start: Gateways):
    async with (
        start(environment=generous(request_rate_per_s=1, request_burst=10)) as gateway,
        httpx.AsyncClient(base_url=gateway.url, timeout=30) as client,
    ):
        started = time.monotonic()
        answers = [await client.get("/api/documents", headers=SIGNED_IN) for _ in range(40)]
        asking_s = time.monotonic() - started
        refused = [answer for answer in answers if answer.status_code == 429]

        # 11 at once, and one a second while the others are asked
        assert 11 <= len(answers) - len(refused) <= 11 + asking_s + 1
        expect_problem(refused[0], 429, "too-many-requests")
        assert refused[0].headers["retry-after"] == "1"
        assert (await client.get("/")).status_code == 200  # the editor's files are not counted


async def test_signing_in_has_a_stricter_rate_of_its_own(start: Gateways):
    async with (
        start(environment=generous(sign_in_rate_per_min=6)) as gateway,
        httpx.AsyncClient(base_url=gateway.url, timeout=30) as client,
    ):
        answers = [await client.post(f"/api/auth/{call}", json={}) for call in ("sign-in", "register") * 6]
        assert [answer.status_code for answer in answers] == [200] * 6 + [429] * 6
        expect_problem(answers[-1], 429, "too-many-requests")
        assert answers[-1].headers["retry-after"] == "10"
        assert (await client.post("/api/auth/refresh")).status_code == 200


async def test_one_address_holds_a_bounded_number_of_websockets(start: Gateways):
    async with start(websockets_per_address=2) as gateway:
        url = gateway.websocket_url(f"/collaboration?ticket={TICKET}")
        async with connected(url), connected(url):
            with pytest.raises(WSError, match="429"):
                async with connected(url):
                    pass
        async with connected(url):
            pass


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        ("GET /api/documents HTTP/1.1\r\n\r\n", 400),  # no host
        ("GET /api/documents HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
        ("GET /api/documents HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400),
        ("GET /api/doc uments HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (
            "POST /api/auth/x HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
        ),
        ("POST /api/documents HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd", 400),
        ("POST /api/documents HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
        ("POST /api/documents HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (f"GET /api/documents?q={'x' * 20_000} HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (f"GET /api/documents HTTP/1.1\r\nHost: x\r\nX-Long: {'x' * 20_000}\r\n\r\n", 431),
        ("TRACE /api/documents HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 405),
        ("GET /api/documents HTTP/3.0\r\nHost: x\r\n\r\n", 505),
    ],
)
async def test_what_http_does_not_allow_is_refused_with_a_problem(
    gateway: RunningGateway, backends: Backends, request_text: str, status: int
):
    received = await raw_request(gateway, request_text)
    headers, _, body = received.partition(b"\r\n\r\n")

    assert headers.startswith(f"HTTP/1.1 {status} ".encode()), received
    assert PROBLEM.encode() in headers
    assert b"Content-Security-Policy" in headers
    assert json.loads(body)["status"] == status
    assert backends.document.seen == []


async def test_a_client_that_never_finishes_its_headers_is_let_go(backends: Backends, tmp_path: Path):
    write_editor(tmp_path)
    async with running_gateway(tmp_path, find_nginx("off"), backends.addresses()) as gateway, asyncio.timeout(60):
        started = time.monotonic()
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
        writer.write(b"GET /api/documents HTTP/1.1\r\nHost: x\r\n")
        with contextlib.suppress(ConnectionResetError):
            await reader.read()
        writer.close()

    assert time.monotonic() - started > 8


def head(method: str, path: str, headers: str) -> bytes:
    authorization = SIGNED_IN["Authorization"]
    text = f"{method} {path} HTTP/1.1\r\nHost: test\r\nAuthorization: {authorization}\r\nUser-Agent: test\r\n"
    return f"{text}Accept: */*\r\nContent-Type: application/json\r\n{headers}\r\n".encode()


def memory_bytes(gateway: RunningGateway) -> int:
    return sum(worker.memory_info().rss for worker in gateway.workers)
