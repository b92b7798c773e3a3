"""While the operator works on the installation everybody is told so, and the gateway itself stays well."""

from __future__ import annotations

import httpx
import pytest
from picows import WSError

from tests.integration.gateway.backends import Backends
from tests.integration.gateway.conftest import Gateways, generous
from tests.integration.gateway.harness import SIGNED_IN, TICKET, RunningGateway, expect_problem
from tests.integration.gateway.websockets import connected


async def expect_maintenance(gateway: RunningGateway, client: httpx.AsyncClient, backends: Backends) -> None:
    for method, path in (
        ("GET", "/api/documents"),
        ("POST", "/api/auth/sign-in"),
        ("PUT", "/api/users/me/avatar"),
        ("GET", "/.well-known/jwks.json"),
    ):
        answer = await client.request(method, path, headers=SIGNED_IN)
        expect_problem(answer, 503, "maintenance")
        assert answer.headers["retry-after"] == "60"
    for path in ("/", "/documents/1", "/assets/index-4f2a.js"):
        page = await client.get(path)
        assert page.status_code == 503
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert "Maintenance" in page.text
        assert page.headers["retry-after"] == "60"
        assert page.headers["cache-control"] == "no-store"
        assert "content-security-policy" in page.headers
    with pytest.raises(WSError, match="503"):
        async with connected(gateway.websocket_url(f"/collaboration?ticket={TICKET}")):
            pass
    assert not any(backend.seen for backend in backends.http)
    async with httpx.AsyncClient(base_url=gateway.status_url, timeout=30) as status:
        assert (await status.get("/livez")).status_code == 200


async def test_the_switch_is_a_file_which_is_looked_for_with_every_request(start: Gateways, backends: Backends):
    async with start() as gateway, httpx.AsyncClient(base_url=gateway.url, timeout=30) as client:
        switch = gateway.folder / "run/maintenance"
        assert (await client.get("/")).status_code == 200
        switch.touch()
        await expect_maintenance(gateway, client, backends)
        switch.unlink()
        assert (await client.get("/")).status_code == 200
        assert (await client.get("/api/documents", headers=SIGNED_IN)).status_code == 200


async def test_it_is_a_setting_too(start: Gateways, backends: Backends):
    async with (
        start(environment=generous(maintenance=True)) as gateway,
        httpx.AsyncClient(base_url=gateway.url, timeout=30) as client,
    ):
        await expect_maintenance(gateway, client, backends)
