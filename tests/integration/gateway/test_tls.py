"""TLS with the environment's own CA: verified, HTTP/2, and plain HTTP sent on its way."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import AsyncGenerator

import httpx
import pytest

from tests.integration.gateway.backends import Backends, eventually
from tests.integration.gateway.conftest import INDEX, Gateways
from tests.integration.gateway.harness import SIGNED_IN, TICKET, RunningGateway, raw_request
from tests.integration.gateway.websockets import connected


def trusting(gateway: RunningGateway) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(gateway.folder / "tls/ca.pem"))


async def test_the_certificate_is_good_for_whoever_trusts_the_ca_and_nobody_else(start: Gateways):
    async with start(tls=True) as gateway:
        for host in ("127.0.0.1", "localhost"):
            async with httpx.AsyncClient(verify=trusting(gateway), timeout=30) as client:
                answer = await client.get(f"https://{host}:{gateway.port}/")
                assert answer.text == INDEX
        async with httpx.AsyncClient(timeout=30) as stranger:
            with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
                await stranger.get(gateway.url)


async def test_http_2_is_spoken_and_everything_works_over_it(start: Gateways, backends: Backends):
    async with (
        start(tls=True) as gateway,
        httpx.AsyncClient(base_url=gateway.url, verify=trusting(gateway), http2=True, timeout=30) as client,
    ):
        page = await client.get("/")
        api = await client.post("/api/documents", json={"title": "x"}, headers=SIGNED_IN)
        denied = await client.get("/api/documents")
        large = await client.post("/api/auth/sign-in", content=b"x" * 20_000)

    assert [answer.http_version for answer in (page, api, denied, large)] == ["HTTP/2"] * 4
    assert (api.status_code, denied.status_code, large.status_code) == (200, 401, 413)
    assert backends.document.seen[0].headers["x-forwarded-proto"] == "https"
    assert backends.document.seen[0].headers["host"] == f"127.0.0.1:{gateway.port}"
    policy = page.headers["content-security-policy"]
    assert f"connect-src 'self' wss://127.0.0.1:{gateway.port};" in policy


async def test_an_http_2_upload_of_unknown_length_is_refused_and_leaves_no_connection_behind(start: Gateways):
    async def endless() -> AsyncGenerator[bytes]:
        for _ in range(64):
            yield b"x" * 65_536

    async with start(tls=True) as gateway:
        async with httpx.AsyncClient(base_url=gateway.url, verify=trusting(gateway), http2=True, timeout=3) as client:
            # httpx may still be sending when it is refused, and then does not look for the answer.
            with contextlib.suppress(httpx.TransportError):
                answer = await client.post("/api/documents", content=endless(), headers=SIGNED_IN)
                assert (answer.http_version, answer.status_code) == ("HTTP/2", 413)

        def held() -> bool:
            connections = [each for worker in gateway.workers for each in worker.net_connections()]
            return any(each.laddr.port == gateway.port and each.status != "LISTEN" for each in connections)

        await eventually(lambda: not held())


async def test_websockets_pass(start: Gateways, backends: Backends):
    async with start(tls=True) as gateway:
        url = gateway.websocket_url(f"/collaboration?ticket={TICKET}")
        async with connected(url, trust=trusting(gateway)) as connection:
            connection.send(b"hello")
            assert [await connection.receive(), await connection.receive()][1] == b"hello"
    assert sum(len(replica.paths) for replica in backends.collaboration) == 1


async def test_strict_transport_is_for_names_but_not_for_localhost(start: Gateways):
    async with (
        start(tls=True) as gateway,
        httpx.AsyncClient(base_url=gateway.url, verify=trusting(gateway), timeout=30) as client,
    ):
        local = await client.get("/", headers={"Host": "localhost:1"})
        named = await client.get("/api/unknown", headers={"Host": "docs.example.org"})

    assert "strict-transport-security" not in local.headers
    assert named.headers["strict-transport-security"] == "max-age=86400"


async def test_plain_http_on_the_same_port_is_sent_to_https(start: Gateways):
    async with start(tls=True) as gateway:
        received = await raw_request(gateway, "GET /documents/x?y=1 HTTP/1.1\r\nHost: evil.example\r\n\r\n")

    assert received.startswith(b"HTTP/1.1 308 ")
    assert f"Location: {gateway.url}/documents/x?y=1\r\n".encode() in received


async def test_old_tls_is_refused(start: Gateways):
    async with start(tls=True) as gateway:
        old = trusting(gateway)
        with pytest.warns(DeprecationWarning, match="TLSVersion"):
            old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        async with httpx.AsyncClient(verify=old, timeout=30) as client:
            with pytest.raises(httpx.ConnectError):
                await client.get(gateway.url)
