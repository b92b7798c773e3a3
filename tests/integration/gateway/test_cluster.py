"""What a gateway needs in a cluster: TLS to the services, the editor elsewhere, and others before it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from picows import WSError

from collab_platform.gateway import Nginx, TrustedProxies, UpstreamTls
from tests.cluster.node.pki import Authority
from tests.integration.gateway.backends import Backends, HttpBackend, eventually, running_backends
from tests.integration.gateway.conftest import INDEX, SCRIPT, Gateways, generous, modsecurity, write_editor
from tests.integration.gateway.harness import (
    SIGNED_IN,
    TICKET,
    RunningGateway,
    expect_problem,
    raw_request,
    running_gateway,
    whole_lines,
)
from tests.integration.gateway.websockets import connected
from tests.ports import free_port

SERVICES = ("auth", "user", "document", "collaboration")
VISITOR = "203.0.113.7"
PUBLIC_URL = "https://docs.example.org"
LOOPBACK = ("127.0.0.0/8",)


def server_tls(authority: Authority, *hosts: str) -> ssl.SSLContext:
    pair = authority.issue("server", user="server", hosts=hosts)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    return context


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    (tmp_path / "pki").mkdir()
    return Authority(tmp_path / "pki", "inside")


async def test_services_are_spoken_to_over_tls(nginx: Nginx, authority: Authority, tmp_path: Path):
    write_editor(tmp_path)
    async with (
        running_backends(tls=server_tls(authority, *SERVICES)) as backends,
        running_gateway(
            tmp_path,
            nginx,
            backends.addresses(),
            environment=generous(),
            upstream_tls=UpstreamTls(authority.pair.certificate),
        ) as gateway,
        httpx.AsyncClient(base_url=gateway.url, timeout=30) as client,
    ):
        answers = [await client.post("/api/documents", json={}, headers=SIGNED_IN) for _ in range(3)]
        cached = await client.get("/.well-known/jwks.json")
        document = uuid4()
        async with connected(gateway.websocket_url(f"/collaboration/{document}?ticket={TICKET}")) as connection:
            await connection.receive()
            connection.send(b"hello")
            assert await connection.receive() == b"hello"

    assert [answer.status_code for answer in (*answers, cached)] == [200] * 4
    assert [seen.path for seen in backends.auth.seen if seen.path == "/internal/verify"] == ["/internal/verify"] * 3


@pytest.mark.parametrize("wrong", ["authority", "name"])
async def test_a_service_that_cannot_prove_its_name_gets_no_request(
    nginx: Nginx, authority: Authority, tmp_path: Path, wrong: str
):
    write_editor(tmp_path)
    (tmp_path / "other").mkdir()
    signer = Authority(tmp_path / "other", "other") if wrong == "authority" else authority
    names = SERVICES if wrong == "authority" else ("elsewhere",)
    async with (
        running_backends(tls=server_tls(signer, *names)) as backends,
        running_gateway(
            tmp_path, nginx, backends.addresses(), upstream_tls=UpstreamTls(authority.pair.certificate)
        ) as gateway,
        httpx.AsyncClient(base_url=gateway.url, timeout=30) as client,
    ):
        expect_problem(await client.post("/api/auth/refresh"), 502, "service-unreachable")
        expect_problem(await client.get("/api/documents", headers=SIGNED_IN), 503, "unavailable")
        with pytest.raises(WSError, match="502"):
            async with connected(gateway.websocket_url("/collaboration")):
                pass
        said = (tmp_path / "log/error.log").read_text()

    assert not any(backend.seen for backend in backends.http)
    assert ("upstream SSL certificate verify error" if wrong == "authority" else "does not match") in said


async def test_the_editor_may_be_elsewhere(nginx: Nginx, backends: Backends, tmp_path: Path):
    for name in ("gateway", "web"):
        (tmp_path / name).mkdir()
    write_editor(tmp_path / "web")
    async with (
        running_gateway(tmp_path / "web", nginx, {}, routed=False) as web,
        running_gateway(
            tmp_path / "gateway",
            nginx,
            backends.addresses(),
            environment=generous(),
            web_upstream=f"127.0.0.1:{web.port}",
            virtual_addresses=True,
        ) as gateway,
        httpx.AsyncClient(base_url=gateway.url, timeout=30) as client,
    ):
        page = await client.get(f"/documents/{uuid4()}")
        script = await client.get("/assets/index-4f2a.js")
        again = await client.get("/assets/index-4f2a.js", headers={"If-None-Match": script.headers["etag"]})
        named = await client.get("/site.js")
        missing = await client.get("/assets/gone.js")
        private = [await client.get(path) for path in ("/livez", "/metrics", "/internal/x", "/api/unknown")]
        api = await client.get("/api/documents", headers=SIGNED_IN)
        alone, hidden = [await client.get(f"{web.url}{path}") for path in ("/", "/metrics")]
        await web.stop()
        away = await client.get("/")

    assert (page.text, page.headers["cache-control"]) == (INDEX, "no-cache")
    assert (script.text, script.headers["content-encoding"]) == (SCRIPT, "gzip")
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert again.status_code == 304
    assert "collabSite" in named.text
    assert missing.status_code == 404
    assert missing.headers["x-request-id"] in missing.text
    assert [answer.status_code for answer in private] == [404] * 4
    assert (api.status_code, away.status_code) == (200, 502)
    assert "<html" in away.text
    for answer in (page, script, missing, away, alone, hidden):
        assert len(answer.headers.get_list("content-security-policy")) == 1
        assert len(answer.headers.get_list("x-request-id")) == 1
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert (alone.text, hidden.status_code) == (INDEX, 404)


@pytest.mark.parametrize(
    ("header", "value"), [("X-Forwarded-For", f"192.0.2.1, {VISITOR}, 127.0.0.9"), ("CF-Connecting-IP", VISITOR)]
)
async def test_a_trusted_proxy_is_believed_about_its_client(
    start: Gateways, backends: Backends, header: str, value: str
):
    proxies = TrustedProxies(LOOPBACK, header)
    async with (
        start(public_url=PUBLIC_URL, proxies=proxies) as gateway,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway.port}", timeout=30) as client,
    ):
        told = {header: value, "X-Forwarded-Proto": "https", "Host": "docs.example.org"}
        answer = await client.get("/api/documents", headers=SIGNED_IN | told)
        plain = await client.get("/a?b=c", headers=told | {"X-Forwarded-Proto": "http"})
        logged = await gateway.logged(answer.headers["x-request-id"])

    assert answer.status_code == 200
    seen = backends.document.seen[0].headers
    assert (seen["x-forwarded-for"], seen["x-forwarded-proto"]) == (VISITOR, "https")
    assert logged["remote"] == VISITOR
    assert answer.headers["strict-transport-security"] == "max-age=86400"
    assert "wss://docs.example.org;" in answer.headers["content-security-policy"]
    assert (plain.status_code, plain.headers["location"]) == (308, f"{PUBLIC_URL}/a?b=c")


async def test_nobody_else_is(start: Gateways, backends: Backends):
    proxies = TrustedProxies(("192.0.2.0/24",))
    lies = {"X-Forwarded-For": VISITOR, "X-Forwarded-Proto": "http"}
    async with (
        start(public_url=PUBLIC_URL, proxies=proxies) as gateway,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway.port}", timeout=30) as client,
    ):
        answer = await client.get("/api/documents", headers=SIGNED_IN | lies)

    assert answer.status_code == 200
    seen = backends.document.seen[0].headers
    # TLS ends before this gateway, as its public URL says.
    assert (seen["x-forwarded-for"], seen["x-forwarded-proto"]) == ("127.0.0.1", "https")


async def test_limits_are_by_the_client_that_a_trusted_proxy_names(start: Gateways):
    environment = generous(sign_in_rate_per_min=1)
    async with (
        start(environment=environment, proxies=TrustedProxies(LOOPBACK)) as gateway,
        httpx.AsyncClient(base_url=gateway.url, timeout=30) as client,
    ):
        statuses = [
            (await client.post("/api/auth/sign-in", json={}, headers={"X-Forwarded-For": address})).status_code
            for address in (VISITOR, VISITOR, "203.0.113.8")
        ]
    assert statuses == [200, 429, 200]


async def test_only_who_has_a_certificate_of_the_authority_is_answered(
    start: Gateways, authority: Authority, backends: Backends, tmp_path: Path
):
    (tmp_path / "other").mkdir()
    known = authority.issue("proxy", user="proxy")
    stranger = Authority(tmp_path / "other", "other").issue("proxy", user="proxy")
    plain_port = free_port()
    async with start(
        tls=True, client_ca=authority.pair.certificate, plain_listen=(("127.0.0.1", plain_port),)
    ) as gateway:

        async def ask(pair: object) -> httpx.Response:
            trust = ssl.create_default_context(cafile=str(gateway.folder / "tls/ca.pem"))
            if pair is not None:
                chosen = known if pair is known else stranger
                trust.load_cert_chain(chosen.certificate, chosen.key)
            async with httpx.AsyncClient(base_url=gateway.url, verify=trust, timeout=30) as client:
                return await client.get("/api/documents", headers=SIGNED_IN)

        accepted, refused, nobody = [await ask(pair) for pair in (known, stranger, None)]
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{plain_port}", timeout=30) as client:
            plain = await client.get("/api/documents", headers=SIGNED_IN | {"X-Forwarded-Proto": "https"})

    assert accepted.status_code == 200
    for answer in (refused, nobody):
        expect_problem(answer, 400, "invalid-request")
    assert (plain.status_code, plain.headers["location"]) == (308, f"{gateway.url}/api/documents")
    assert len(backends.document.seen) == 1


async def test_plain_http_beside_tls_is_redirected(start: Gateways):
    plain_port = free_port()
    async with (
        start(tls=True, plain_listen=(("127.0.0.1", plain_port),)) as gateway,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{plain_port}", timeout=30) as client,
    ):
        answer = await client.get("/documents/x?y=1")
    assert (answer.status_code, answer.headers["location"]) == (308, f"{gateway.url}/documents/x?y=1")


async def test_slots_without_a_replica_are_passed_over(nginx: Nginx, tmp_path: Path):
    write_editor(tmp_path)
    async with running_backends(collaboration=1) as backends:
        (alive,) = (replica.address for replica in backends.collaboration)
        slots = (*(f"127.0.0.1:{free_port()}" for _ in range(7)), alive)
        addresses = {**backends.addresses(), ("collaboration", "websocket"): slots}
        async with running_gateway(
            tmp_path, nginx, addresses, environment=generous(), virtual_addresses=True
        ) as gateway:
            for _ in range(20):
                async with connected(gateway.websocket_url(f"/collaboration/{uuid4()}?ticket={TICKET}")) as connection:
                    assert await connection.receive() == b"collaboration-1"


@asynccontextmanager
async def every_other_connection_refused(backend: HttpBackend) -> AsyncGenerator[str]:
    """An address that two replicas share, one of which has just gone: what a Service is for a moment."""
    count = 0
    writers: list[asyncio.StreamWriter] = []

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(65_536):
            writer.write(chunk)
        writer.close()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        count += 1
        writers.append(writer)
        if count % 2:
            writer.transport.abort()
            return
        there, back = await asyncio.open_connection("127.0.0.1", backend.port)
        writers.append(back)
        await asyncio.gather(pass_on(reader, back), pass_on(there, writer))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
    assert count > 1


async def test_an_address_of_several_replicas_is_asked_again(nginx: Nginx, backends: Backends, tmp_path: Path):
    write_editor(tmp_path)
    async with every_other_connection_refused(backends.auth) as shared:
        addresses = {**backends.addresses(), ("auth", "http"): (shared,)}
        async with (
            running_gateway(tmp_path, nginx, addresses, environment=generous(), virtual_addresses=True) as gateway,
            httpx.AsyncClient(base_url=gateway.url, timeout=30) as client,
        ):
            statuses = [
                (await client.get("/api/auth/sign-out", headers={"Connection": "close"})).status_code for _ in range(6)
            ]
    assert statuses == [200] * 6


async def test_inspection_and_status_share_a_port_on_every_address(backends: Backends, tmp_path: Path):
    write_editor(tmp_path)
    async with (
        running_gateway(
            tmp_path,
            modsecurity(),
            backends.addresses(),
            environment=generous(),
            status_host="0.0.0.0",  # noqa: S104 - what is tested
            audit_log="/dev/stdout",
        ) as gateway,
        httpx.AsyncClient(base_url=gateway.url, timeout=30) as client,
    ):
        fine = await client.get("/api/documents", headers=SIGNED_IN)
        attack = await client.get("/api/documents?q=<script>alert(1)</script>", headers=SIGNED_IN)
        status = await client.get(f"{gateway.status_url}/livez")
        assert (fine.status_code, attack.status_code, status.status_code) == (200, 403, 200)

        def audited(running: RunningGateway) -> bool:
            lines = whole_lines(running.folder / "log/stderr")
            found = [json.loads(line) for line in lines if line.startswith('{"transaction"')]
            return any(attack.headers["x-request-id"] in json.dumps(line) for line in found)

        await eventually(lambda: audited(gateway))


async def test_a_public_url_of_https_is_taken_at_its_word(start: Gateways):
    """A page that came over https may only open wss: the gateway has to know, whoever ended TLS."""
    async with start(public_url=PUBLIC_URL) as gateway:
        received = await raw_request(gateway, "GET / HTTP/1.1\r\nHost: docs.example.org\r\nConnection: close\r\n\r\n")
    assert b"connect-src 'self' wss://docs.example.org;" in received
    assert b"Strict-Transport-Security: max-age=86400\r\n" in received
