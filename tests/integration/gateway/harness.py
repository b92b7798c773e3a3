"""Runs a real nginx with what ``render`` says, in a folder of its own and on free ports."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import psutil

from collab_platform.blueprint import Blueprint, derive
from collab_platform.environment import Environment
from collab_platform.gateway import (
    GatewaySite,
    Nginx,
    Tls,
    ensure_certificate,
    render,
    worker_user,
)
from collab_platform.gateway.launch import end_orphans
from tests.integration.gateway.backends import GOOD_TOKEN, eventually
from tests.ports import free_port

SIGNED_IN = {"Authorization": f"Bearer {GOOD_TOKEN}"}
TICKET = "ticket-9f8e7d6c5b4a"
PASSWORD = "correct-horse-' OR 1=1; --"
PROBLEM = "application/problem+json"
COOKIE = "refresh-cookie-1a2b3c4d"
_SECRETS = (GOOD_TOKEN, TICKET, PASSWORD, "correct-horse", COOKIE)
START_DEADLINE_S = 60.0


class RunningGateway:
    """One nginx. Its logs are files, so that every test can end by looking for secrets in them."""

    def __init__(self, folder: Path, blueprint: Blueprint, site: GatewaySite) -> None:
        self.folder = folder
        self.blueprint = blueprint
        self.site = site
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return self.site.public_url

    @property
    def port(self) -> int:
        return self.site.listen[0][1]

    @property
    def status_url(self) -> str:
        return f"http://127.0.0.1:{self.site.status_port}"

    @property
    def process(self) -> psutil.Process:
        assert self._process is not None
        return psutil.Process(self._process.pid)

    @property
    def workers(self) -> list[psutil.Process]:
        return [child for child in self.process.children() if "worker process" in title(child)]

    def websocket_url(self, path: str) -> str:
        return self.url.replace("http", "ws", 1) + path

    def configure(self, site: GatewaySite) -> None:
        """Write the configuration of ``site`` beside what runs; :meth:`reload` puts it to use."""
        self.site = site
        for name, text in render(self.blueprint, site).items():
            (site.configuration_directory / name).write_text(text, encoding="utf-8")

    async def start(self) -> None:
        for name in ("conf", "run", "cache", "log", "web/assets"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self.configure(self.site)
        errors = (self.folder / "log/stderr").open("wb")
        with errors:
            self._process = await asyncio.create_subprocess_exec(
                *self.site.nginx.command(self.site.configuration_directory / "nginx.conf"),
                cwd=self.folder / "run",
                stdout=errors,
                stderr=errors,
            )
        async with asyncio.timeout(START_DEADLINE_S), httpx.AsyncClient() as client:
            while True:
                if self._process.returncode is not None:
                    raise AssertionError((self.folder / "log/stderr").read_text())
                with contextlib.suppress(httpx.TransportError):
                    # Workers of a killed one would answer too.
                    if self.workers and (await client.get(f"{self.status_url}/livez")).status_code == 200:
                        return
                await asyncio.sleep(0.02)

    async def reload(self) -> None:
        """Have a new worker take over; returns once there is one."""
        before = {worker.pid for worker in self.workers}
        self.process.send_signal(signal.SIGHUP)
        await eventually(lambda: bool({worker.pid for worker in self.workers} - before), timeout_s=START_DEADLINE_S)

    async def stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(START_DEADLINE_S):
            await process.wait()

    def access_log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in whole_lines(self.folder / "log/access.log")]

    async def logged(self, request_id: str) -> dict[str, Any]:
        """The access log's line about a request; nginx writes it just after it has answered."""

        def found() -> dict[str, Any] | None:
            return next((line for line in self.access_log() if line["request_id"] == request_id), None)

        await eventually(lambda: found() is not None)
        return found() or {}

    def leaked(self) -> list[str]:
        """Secrets that stand in a log."""
        logs = {path.name: path.read_text(errors="replace") for path in (self.folder / "log").iterdir()}
        return [f"{secret} in {name}" for secret in _SECRETS for name, text in logs.items() if secret in text]


def whole_lines(log: Path) -> list[str]:
    """Of the last line there may be only the beginning so far: who writes may be stopped within one."""
    return log.read_text(encoding="utf-8", errors="replace").split("\n")[:-1]


def title(process: psutil.Process) -> str:
    """What nginx says a process of its is; nothing once it has ended."""
    try:
        return " ".join(process.cmdline())
    except (psutil.Error, OSError):  # OSError while it is on its way out
        return ""


@asynccontextmanager
async def running_gateway(
    folder: Path,
    nginx: Nginx,
    upstreams: Mapping[tuple[str, str], tuple[str, ...]],
    *,
    environment: Environment | None = None,
    tls: bool = False,
    timeout_s: int | None = None,
    routed: bool = True,
    **changes: Any,
) -> AsyncGenerator[RunningGateway]:
    """A gateway that answers. When it is done, no secret may stand in any of its logs.

    Not ``routed``, it only has the editor. ``timeout_s`` replaces that of every route, ``changes`` are fields of its
    :class:`GatewaySite`.
    """
    chosen = environment or Environment()
    certificate = ensure_certificate(folder / "tls", []) if tls else None
    port = free_port()
    site = GatewaySite(
        nginx=nginx,
        listen=(("127.0.0.1", port),),
        status_port=free_port(),
        public_url=f"{'https' if tls else 'http'}://127.0.0.1:{port}",
        name='Pens & $ "Paper"',
        tls=Tls(certificate.cert, certificate.key) if certificate else None,
        web_root=folder / "web",
        upstreams=upstreams,
        limits=chosen.gateway,
        configuration_directory=folder / "conf",
        run_directory=folder / "run",
        cache_directory=folder / "cache",
        log_directory=folder / "log",
        access_log=str(folder / "log/access.log"),
        error_log=str(folder / "log/error.log"),
        user=worker_user(folder),
    )
    blueprint = derive("test", chosen)
    if not routed:
        blueprint = replace(blueprint, routes=())
    if timeout_s is not None:
        routes = tuple(replace(route, timeout_s=timeout_s) for route in blueprint.routes)
        blueprint = replace(blueprint, routes=routes)
    gateway = RunningGateway(folder, blueprint, replace(site, **changes))
    try:
        await gateway.start()
        yield gateway
    finally:
        await gateway.stop()
        end_orphans(nginx.binary, folder / "run")  # of a test that killed one and then failed
    assert gateway.leaked() == []


async def raw_request(gateway: RunningGateway, text: str, *, timeout_s: float = 30) -> bytes:
    """Send bytes as they are and read until nginx closes."""
    async with asyncio.timeout(timeout_s):
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
        writer.write(text.encode("latin-1"))
        received = await reader.read()
        writer.close()
        await writer.wait_closed()
    return received


def expect_problem(response: httpx.Response, status: int, slug: str) -> None:
    """Holds if the answer is a complete problem that names its own request."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == PROBLEM
    body = response.json()
    assert body["type"] == f"https://collab.dev/problems/{slug}"
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    assert body["instance"] == response.headers["x-request-id"]
    assert response.headers["cache-control"] == "no-store"
