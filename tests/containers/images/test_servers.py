"""The gateway's and the editor's images, with the configuration that the platform renders for them."""

from __future__ import annotations

import secrets
from collections.abc import Generator
from pathlib import Path

import httpx
import pytest

from collab_platform.blueprint import Blueprint, derive
from collab_platform.environment import Environment
from collab_platform.gateway.container import gateway_files, web_files
from tests.containers.base import Docker
from tests.containers.images.boxes import SAFE, Box, box

pytestmark = pytest.mark.timeout(1800)

PUBLIC_URL = "http://collab.example.org"
ENVIRONMENT = Environment()


@pytest.fixture(scope="module")
def blueprint() -> Blueprint:
    return derive("test", ENVIRONMENT)


@pytest.fixture(scope="module")
def web(
    docker: Docker, images: dict[str, str], blueprint: Blueprint, tmp_path_factory: pytest.TempPathFactory
) -> Generator[Box]:
    files = web_files(blueprint, public_url=PUBLIC_URL, site_name="Test", limits=ENVIRONMENT.gateway)
    directory, options = tmp_path_factory.mktemp("web"), ["--publish=127.0.0.1:0:8080", "--publish=127.0.0.1:0:8082"]
    with box(docker, images["web"], directory, files={"config": _nginx(files)}, options=options) as started:
        started.until(lambda: _get(started, 8082, "/livez").status_code == 200)
        yield started


def test_the_editor_is_served(web: Box) -> None:
    page = _get(web, 8080, "/documents/somewhere")
    assert page.status_code == 200
    assert "<!doctype html>" in page.text.lower()
    script = page.text.partition('<script type="module"')[2].partition('src="')[2].partition('"')[0]
    asset = _get(web, 8080, script)
    assert asset.status_code == 200
    assert asset.headers["Content-Type"].startswith("text/javascript")
    assert "immutable" in asset.headers["Cache-Control"]
    # Compressed when the image was built.
    assert asset.headers["Content-Encoding"] == "gzip"
    assert web.execute("stat", "-c", "%Y", f"/srv/www{script}.gz").strip() == "315532800"
    assert _get(web, 8080, "/assets/none.js").status_code == 404


def test_the_editor_ends_when_told_to(
    docker: Docker, images: dict[str, str], blueprint: Blueprint, tmp_path: Path
) -> None:
    files = web_files(blueprint, public_url=PUBLIC_URL, site_name="Test", limits=ENVIRONMENT.gateway)
    options = ["--publish=127.0.0.1:0:8082"]
    with box(docker, images["web"], tmp_path, files={"config": _nginx(files)}, options=options) as started:
        started.until(lambda: _get(started, 8082, "/livez").status_code == 200)
        assert started.stop() == 0


def test_the_gateway_inspects_and_passes_on(
    docker: Docker, images: dict[str, str], blueprint: Blueprint, tmp_path: Path
) -> None:
    """Nobody is behind it: what it lets through ends with 502 or 503, what it refuses with its own 403."""
    files = gateway_files(
        blueprint,
        public_url=PUBLIC_URL,
        site_name="Test",
        limits=ENVIRONMENT.gateway,
        inside_tls=False,
        collaboration_slots=2,
        serve_tls=False,
        client_ca=False,
        trusted_proxies=(),
        client_address_header="X-Forwarded-For",
        drain_s=5,
    )
    # Names of services that nginx has to find when it starts; nothing listens there.
    services = ("auth", "user", "document", "collaboration", "collaboration-0", "collaboration-1")
    names = ("web", "seaweedfs", *services)
    options = [f"--add-host={name}:127.0.0.1" for name in names]
    options += [
        "--publish=127.0.0.1:0:8080",
        "--publish=127.0.0.1:0:8082",
        "--tmpfs=/var/cache/collab:uid=10001,gid=10001",
        "--tmpfs=/run/verdicts:uid=10001,gid=10001",
    ]
    with box(docker, images["gateway"], tmp_path, files={"config": _nginx(files)}, options=options) as gateway:
        gateway.until(lambda: _get(gateway, 8082, "/livez").status_code == 200)
        attack = _get(gateway, 8080, "/api/users/me?q=1'%20OR%20'1'='1'%20UNION%20SELECT%20password%20FROM%20users--")
        harmless = _get(gateway, 8080, "/api/users/me")
        assert attack.status_code == 403, attack.text
        assert harmless.status_code in {502, 503}
        assert _get(gateway, 8080, "/internal/verify").status_code in {404, 502, 503}
        assert harmless.headers["X-Request-Id"]
        assert gateway.stop() == 0


def test_they_say_what_is_wrong_with_their_configuration(docker: Docker, images: dict[str, str]) -> None:
    for name in ("gateway", "web"):
        container = f"box-{secrets.token_hex(6)}"
        docker.run("create", f"--name={container}", *SAFE, images[name])
        try:
            started = Box(docker=docker, name=container)
            docker.run("start", container)
            assert started.wait_exit() == 1
            assert "/etc/collab/nginx/nginx.conf" in started.logs()
        finally:
            docker.run("rm", "--force", container)


def _nginx(files: dict[str, str]) -> dict[str, str]:
    return {f"nginx/{name}": text for name, text in files.items()}


def _get(server: Box, port: int, path: str) -> httpx.Response:
    url = f"http://127.0.0.1:{server.port(port)}{path}"
    headers = {"Host": "collab.example.org", "Accept-Encoding": "gzip"}
    try:
        return httpx.get(url, headers=headers, timeout=10, trust_env=False)
    except httpx.TransportError as error:
        raise OSError(str(error)) from error
