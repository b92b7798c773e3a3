"""Logs, reloading, and whom the workers run as."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from picows import WSError

from collab_platform.gateway import Nginx, memory_directory, worker_user
from tests.integration.gateway.backends import Backends, eventually, running_backends
from tests.integration.gateway.conftest import INDEX, Gateways, generous, write_editor
from tests.integration.gateway.harness import SIGNED_IN, TICKET, RunningGateway, running_gateway
from tests.integration.gateway.websockets import connected


async def test_the_access_log_is_json_with_the_path_and_never_the_query(
    gateway: RunningGateway, client: httpx.AsyncClient
):
    answer = await client.get('/api/documents/a"b?secret=1', headers=SIGNED_IN)
    line = await gateway.logged(answer.headers["x-request-id"])

    assert line["uri"] == "/api/documents/a%22b"
    assert line["route"] == "document"
    assert (line["remote"], line["method"], line["status"], line["upstream_status"]) == ("127.0.0.1", "GET", 200, "200")
    assert line["bytes"] == len(answer.content)
    assert 0 <= line["request_time"] < 60
    assert float(line["upstream_time"]) >= 0
    assert line["upstream"].startswith("127.0.0.1:")
    assert "secret" not in str(line)


async def test_refused_requests_are_logged_as_they_were_asked(gateway: RunningGateway, client: httpx.AsyncClient):
    answer = await client.delete("/api/documents/x?secret=1")
    line = await gateway.logged(answer.headers["x-request-id"])

    assert (line["method"], line["uri"], line["status"], line["route"]) == (
        "DELETE",
        "/api/documents/x",
        401,
        "document",
    )


async def test_tickets_stay_out_of_every_log_even_when_the_service_is_away(nginx: Nginx, tmp_path: Path):
    write_editor(tmp_path)
    async with (
        running_backends() as backends,
        running_gateway(tmp_path, nginx, backends.addresses(), environment=generous()) as gateway,
    ):
        for replica in backends.collaboration:
            await replica.stop()
        for path in ("/collaboration", f"/collaboration/{uuid4()}"):
            with pytest.raises(WSError, match="502"):
                async with connected(gateway.websocket_url(f"{path}?ticket={TICKET}")):
                    pass
        await eventually(lambda: [line["status"] for line in gateway.access_log()] == [502, 502])
        lines = gateway.access_log()

        assert {line["route"] for line in lines} == {"collaboration"}
        assert "127.0.0.1:" in lines[0]["upstream"]
        assert gateway.leaked() == []


async def test_a_reload_fails_no_request_and_lets_websockets_go_in_time(start: Gateways):
    statuses: list[int] = []

    async def keep_asking(client: httpx.AsyncClient, until: asyncio.Event) -> None:
        while not until.is_set():
            statuses.append((await client.get("/api/documents")).status_code)

    # A kept connection may end under a request just being sent; browsers then ask again, httpx does not.
    afresh = httpx.Limits(max_keepalive_connections=0)
    async with (
        start(shutdown_timeout_s=3) as gateway,
        httpx.AsyncClient(base_url=gateway.url, headers=SIGNED_IN, limits=afresh, timeout=30) as client,
        connected(gateway.websocket_url("/collaboration")) as connection,
    ):
        reloaded = asyncio.Event()
        asking = asyncio.create_task(keep_asking(client, reloaded))
        gateway.configure(replace(gateway.site, name="Renamed"))
        await gateway.reload()
        await connection.closed(within_s=9)  # they get ten seconds where nobody says otherwise
        reloaded.set()
        await asking

        assert set(statuses) == {200}
        assert "Renamed" in (await client.get("/assets/missing.js")).text


async def test_stopping_nginx_lets_websockets_go_in_time(start: Gateways):
    async with start() as gateway, connected(gateway.websocket_url("/collaboration")) as connection:
        await gateway.stop()
        await connection.closed()


async def test_a_killed_nginx_is_replaced_and_leaves_nothing_behind(start: Gateways):
    """Its workers would keep the ports, and serve what was configured then."""
    async with start() as gateway, httpx.AsyncClient(base_url=gateway.url, timeout=30) as client:
        left = [*gateway.workers]
        gateway.process.kill()
        await gateway.stop()
        assert all(worker.is_running() for worker in left)

        gateway.configure(replace(gateway.site, name="Anew"))
        await gateway.start()
        assert "Anew" in (await client.get("/assets/missing.js")).text
        await eventually(lambda: not any(worker.is_running() for worker in left))


async def test_a_folder_with_spaces_and_quotes_in_its_name_works(nginx: Nginx, backends: Backends, tmp_path: Path):
    folder = tmp_path / """it's "my" {documents}; yes"""
    folder.mkdir()
    write_editor(folder)
    async with (
        running_gateway(folder, nginx, backends.addresses(), environment=generous()) as gateway,
        httpx.AsyncClient(base_url=gateway.url, timeout=30) as client,
    ):
        assert (await client.get("/")).text == INDEX


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start workers as somebody else")
async def test_workers_of_root_drop_to_nobody_where_it_can_read_the_editor(nginx: Nginx, backends: Backends):
    with tempfile.TemporaryDirectory(prefix="collab-gateway-") as made, contextlib.ExitStack() as stack:
        assert worker_user(Path(made)) == ("root", "root")  # it is 0700
        open_to_all(made)
        write_editor(Path(made))
        verdicts = memory_directory(Path(made))
        assert verdicts is not None
        stack.callback(shutil.rmtree, verdicts, ignore_errors=True)
        async with (
            running_gateway(
                Path(made), nginx, backends.addresses(), environment=generous(), verdict_directory=verdicts
            ) as gateway,
            httpx.AsyncClient(base_url=gateway.url, timeout=30) as client,
        ):
            assert (await client.get("/")).text == INDEX
            assert (await client.get("/.well-known/jwks.json")).status_code == 200
            started = time.monotonic()
            for _ in range(4):
                assert (await client.get("/api/documents", headers=SIGNED_IN)).status_code == 200
            asking_s = time.monotonic() - started
            asked = len([seen for seen in backends.auth.seen if seen.path == "/internal/verify"])
            assert asked <= 1 + asking_s / 2  # a yes is believed for 2 s
            assert (verdicts.owner(), verdicts.stat().st_mode & 0o777) == ("nobody", 0o700)
            large = await client.post("/api/documents", json={"title": "x" * 500_000}, headers=SIGNED_IN)
            assert large.status_code == 200
            assert {worker.username() for worker in gateway.workers} == {"nobody"}
            if nginx.has_waf:
                assert (await client.get("/api/documents?q=<script>alert(1)</script>")).status_code == 403
                await eventually(lambda: "949110" in (gateway.folder / "log/waf-audit.log").read_text())


def open_to_all(folder: str) -> None:
    Path(folder).chmod(0o755)
    user = worker_user(Path(folder))
    assert user is not None
    assert user[0] == "nobody"
