"""Files by presigned addresses, from a real object storage that checks the signature."""

from __future__ import annotations

import json
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

import httpx
import obstore
import pytest
from obstore.store import S3Store

from collab_platform.gateway import Nginx
from tests.datastores import ObjectStore
from tests.integration.gateway.backends import Backends
from tests.integration.gateway.conftest import generous, write_editor
from tests.integration.gateway.harness import SIGNED_IN, RunningGateway, expect_problem, running_gateway

BUCKET = "collab"
KEY = "attachments/0198c0de-0000-7000-8000-00000000000a/0198c0de-0000-7000-8000-00000000000b"
UPLOAD = "uploads/0198c0de-0000-7000-8000-00000000000b"
PAGE = b"<script>fetch('/api/auth/refresh')</script>"


@dataclass(frozen=True, slots=True)
class Files:
    gateway: RunningGateway
    storage: ObjectStore

    def store(self, endpoint: str) -> S3Store:
        return S3Store(
            BUCKET,
            endpoint=endpoint,
            region="us-east-1",
            access_key_id=self.storage.access_key,
            secret_access_key=self.storage.secret_key,
            virtual_hosted_style_request=False,
            client_options={"allow_http": True},
        )

    def complete(self) -> None:
        """What the document service does once a file has been sent."""
        self.store(f"http://127.0.0.1:{self.storage.port}").copy(UPLOAD, KEY)

    def address(self, method: Literal["GET", "PUT", "DELETE", "POST"], key: str = KEY, *, through: str = "") -> str:
        """A presigned address, which is for the gateway's host unless it is ``through`` another's."""
        return obstore.sign(self.store(through or self.gateway.url), method, key, timedelta(minutes=5))


@pytest.fixture(scope="module")
def storage() -> Iterator[ObjectStore]:
    with tempfile.TemporaryDirectory(prefix="collab-objects-") as folder:
        store = ObjectStore(Path(folder))
        store.start()
        try:
            yield store
        finally:
            store.stop()


@pytest.fixture
async def files(nginx: Nginx, backends: Backends, storage: ObjectStore, tmp_path: Path) -> AsyncIterator[Files]:
    write_editor(tmp_path)
    upstreams = {**backends.addresses(), ("seaweedfs", "s3"): (f"127.0.0.1:{storage.port}",)}
    async with running_gateway(tmp_path, nginx, upstreams, environment=generous(max_upload_bytes=1 << 20)) as gateway:
        yield Files(gateway, storage)


async def test_a_file_is_sent_and_fetched_by_presigned_addresses(files: Files):
    content = bytes(range(256)) * 2000
    async with httpx.AsyncClient(timeout=30) as client:
        described = {"Content-Type": "image/png", "Content-Disposition": 'attachment; filename="a.png"'}
        sent = await client.put(files.address("PUT", UPLOAD), content=content, headers=described)
        assert sent.status_code == 200, sent.text
        files.complete()
        fetched = await client.get(files.address("GET"))
        part = await client.get(files.address("GET"), headers={"Range": "bytes=256-511"})
        same = await client.get(files.address("GET"), headers={"If-None-Match": fetched.headers["etag"]})
        line = await files.gateway.logged(fetched.headers["x-request-id"])

    assert fetched.content == content
    assert {name: fetched.headers[name] for name in described} == described
    assert (part.status_code, part.content) == (206, content[256:512])
    assert same.status_code == 304
    assert (line["route"], line["uri"]) == ("attachments", f"/{BUCKET}/{KEY}")
    assert "Signature" not in json.dumps(line)


async def test_a_file_that_is_a_page_can_do_nothing_here(files: Files):
    async with httpx.AsyncClient(timeout=30) as client:
        await client.put(files.address("PUT", UPLOAD), content=PAGE, headers={"Content-Type": "text/html"})
        files.complete()
        answer = await client.get(files.address("GET"), headers={"Origin": "https://evil.example.org"})

    assert answer.content == PAGE
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
    assert answer.headers["content-disposition"] == "attachment"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in answer.headers
    assert "set-cookie" not in answer.headers


async def test_without_a_good_signature_nothing_is_given(files: Files):
    other = f"http://127.0.0.1:{files.storage.port}"
    async with httpx.AsyncClient(base_url=files.gateway.url, timeout=30) as client:
        good = files.address("GET")
        forged = good[:-1] + ("0" if good[-1] != "0" else "1")
        elsewhere = files.address("GET", through=other).replace(other, files.gateway.url)
        for address in (
            f"/{BUCKET}/{KEY}",
            f"/{BUCKET}/attachments/?list-type=2",
            f"/{BUCKET}/{KEY}?X-Amz-Signature=a",
        ):
            expect_problem(await client.get(address, headers=SIGNED_IN), 403, "request-refused")
        for address in (forged, elsewhere, files.address("GET", "snapshots/x").replace("snapshots/x", KEY)):
            assert (await client.get(address)).status_code == 403
        for outside in ("snapshots/1", "avatars/1"):
            address = files.address("GET", outside)
            assert (await client.get(address)).status_code == 404
        query = good.partition("?")[2]
        for path in (f"/{BUCKET}/attachments/../snapshots/1", f"/{BUCKET}/attachments/..%2fsnapshots/1"):
            target = httpx.Request("GET", files.gateway.url, extensions={"target": f"{path}?{query}".encode()})
            assert (await client.send(target)).status_code == 404


async def test_what_is_sent_is_not_what_is_fetched_and_there_is_a_limit_to_it(files: Files):
    methods: tuple[tuple[Literal["GET", "PUT", "DELETE", "POST"], str], ...] = (
        ("PUT", KEY), ("DELETE", KEY), ("POST", KEY), ("GET", UPLOAD), ("DELETE", UPLOAD), ("POST", UPLOAD),
    )  # fmt: skip
    async with httpx.AsyncClient(timeout=30) as client:
        for method, key in methods:
            expect_problem(await client.request(method, files.address(method, key)), 405, "method-not-allowed")
        large = await client.put(files.address("PUT", UPLOAD), content=b"x" * ((1 << 20) + 1))
        expect_problem(large, 413, "body-too-large")


async def test_the_storage_gets_no_credentials_of_people(client: httpx.AsyncClient, backends: Backends):
    answer = await client.put(
        f"/{BUCKET}/{UPLOAD}?X-Amz-Signature={'0' * 64}",
        content=b"x" * 100_000,
        headers=SIGNED_IN | {"Cookie": "collab_refresh=x", "Content-Type": "text/plain", "X-Amz-Acl": "public-read"},
    )

    assert answer.status_code == 200
    headers = backends.objects.seen[0].headers
    assert not {"authorization", "cookie", "x-amz-acl"} & set(headers)
    assert (headers["host"], headers["content-type"]) == (client.base_url.netloc.decode(), "text/plain")
    assert len(backends.objects.seen[0].body) == 100_000
