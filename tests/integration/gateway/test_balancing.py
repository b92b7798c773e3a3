"""Replicas: WebSockets keep to their document's, and one that is away is not noticed."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from uuid import uuid4

import httpx

from collab_platform.gateway import Nginx
from tests.integration.gateway.backends import Answer, Backends, running_backends
from tests.integration.gateway.conftest import Gateways, generous, write_editor
from tests.integration.gateway.harness import SIGNED_IN, TICKET, RunningGateway, expect_problem, running_gateway
from tests.integration.gateway.websockets import connected


async def replica_of(gateway: RunningGateway, path: str) -> str:
    async with connected(gateway.websocket_url(path)) as connection:
        return (await connection.receive()).decode()


async def test_frames_pass_both_ways_and_the_ticket_reaches_the_service(gateway: RunningGateway, backends: Backends):
    path = f"/collaboration/{uuid4()}?ticket={TICKET}"
    async with connected(gateway.websocket_url(path)) as connection:
        await connection.receive()
        for payload in (b"hello", b"\x00" * 200_000, b""):
            connection.send(payload)
            assert await connection.receive() == payload

    paths = [seen for replica in backends.collaboration for seen in replica.paths]
    assert paths == [path]
    headers = next(replica.headers[0] for replica in backends.collaboration if replica.headers)
    assert len(headers["x-request-id"]) == 32
    assert headers["x-forwarded-for"] == "127.0.0.1"


async def test_a_document_keeps_to_its_replica_and_documents_spread(gateway: RunningGateway):
    documents = [uuid4() for _ in range(120)]
    first = [await replica_of(gateway, f"/collaboration/{document}?ticket=a") for document in documents]
    again = [await replica_of(gateway, f"/collaboration/{document}?ticket=b") for document in documents]

    assert first == again
    counted = Counter(first)
    assert len(counted) == 3
    assert min(counted.values()) >= 12


async def test_connections_that_name_no_document_spread(gateway: RunningGateway):
    counted = Counter([await replica_of(gateway, "/collaboration") for _ in range(40)])

    assert len(counted) == 3


async def test_documents_of_a_replica_that_is_away_move_and_come_back(nginx: Nginx, tmp_path: Path):
    write_editor(tmp_path)
    async with (
        running_backends() as backends,
        running_gateway(tmp_path, nginx, backends.addresses(), environment=generous()) as gateway,
    ):
        documents = [f"/collaboration/{uuid4()}" for _ in range(30)]
        before = {document: await replica_of(gateway, document) for document in documents}
        away = backends.collaboration[1]
        await away.stop()
        during = {document: await replica_of(gateway, document) for document in documents}
        await away.start()
        after: dict[str, str] = {}
        for _ in range(25):
            after = {document: await replica_of(gateway, document) for document in documents}
            if after == before:
                break
            await asyncio.sleep(0.2)

    assert after == before
    assert away.name not in during.values()
    assert all(during[document] == before[document] for document in documents if before[document] != away.name)


async def test_what_is_no_websocket_is_told_so(client: httpx.AsyncClient, backends: Backends):
    answer = await client.get(f"/collaboration/{uuid4()}?ticket={TICKET}")

    expect_problem(answer, 426, "upgrade-required")
    assert answer.headers["upgrade"] == "websocket"
    assert all(replica.paths == [] for replica in backends.collaboration)


async def test_one_replica_of_two_restarting_fails_no_request(nginx: Nginx, tmp_path: Path):
    """Reads and writes alike: a refused connection has carried no request, so even a POST may go to the other."""
    write_editor(tmp_path)
    async with (
        running_backends(documents=2) as backends,
        running_gateway(tmp_path, nginx, backends.addresses(), environment=generous()) as gateway,
        httpx.AsyncClient(base_url=gateway.url, headers=SIGNED_IN, timeout=30) as client,
    ):
        await backends.documents[0].stop()
        down = [await client.get("/api/documents") for _ in range(60)]
        down += [await client.post("/api/documents", json={}) for _ in range(20)]
        assert [answer.status_code for answer in down] == [200] * 80

        await backends.documents[0].start()
        async with asyncio.timeout(30):
            while not backends.documents[0].seen:
                assert (await client.get("/api/documents")).status_code == 200
                await asyncio.sleep(0.05)


async def test_the_only_replica_answers_as_soon_as_it_is_back(nginx: Nginx, tmp_path: Path):
    write_editor(tmp_path)
    async with (
        running_backends() as backends,
        running_gateway(tmp_path, nginx, backends.addresses(), environment=generous()) as gateway,
        httpx.AsyncClient(base_url=gateway.url, headers=SIGNED_IN, timeout=30) as client,
    ):
        await backends.document.stop()
        away = [await client.get("/api/documents") for _ in range(5)]
        expect_problem(away[-1], 502, "service-unreachable")
        assert away[-1].headers["retry-after"] == "1"

        await backends.document.start()
        assert (await client.get("/api/documents")).status_code == 200


async def test_a_write_that_a_service_may_have_done_is_not_sent_again(nginx: Nginx, tmp_path: Path):
    write_editor(tmp_path)

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        await reader.readuntil(b"\r\n\r\n")
        asked += 1
        writer.close()

    asked = 0
    deaf = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with deaf, running_backends() as backends:
        addresses = {**backends.addresses()}
        addresses["document", "http"] = (f"127.0.0.1:{deaf.sockets[0].getsockname()[1]}",) * 3
        async with (
            running_gateway(tmp_path, nginx, addresses, environment=generous()) as gateway,
            httpx.AsyncClient(base_url=gateway.url, headers=SIGNED_IN, timeout=30) as client,
        ):
            expect_problem(await client.post("/api/documents", json={}), 502, "service-unreachable")
            assert asked == 1


async def test_a_service_that_does_not_answer_in_time_is_a_504(start: Gateways, backends: Backends):
    backends.user.answer = Answer(delay_s=8)
    async with start(timeout_s=1) as gateway, httpx.AsyncClient(base_url=gateway.url, timeout=30) as client:
        answer = await client.patch("/api/users/me", headers=SIGNED_IN, json={})

    expect_problem(answer, 504, "service-timeout")
    assert len(backends.user.seen) == 1
