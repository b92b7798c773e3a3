"""Which server runs the services: uvicorn (with either HTTP parser) or granian, under one application of ours.

    .venv/bin/python -m bench.asgi_server

The application is the services' own (`collab_kit.app`: telemetry, errors, limits) with a route that answers at once,
one that asks PostgreSQL, and a slow one to see how a server drains. Server and load run on a processor each; the first
row is a server that parses nothing, to show what the load generator can do at most.
"""

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

import httpx
import psutil
import uvloop

from bench.system.report import Machine, Series, publish
from collab_kit.lean import keep_lean
from tests.datastores import running_datastores, stop_process, wait_until
from tests.ports import free_port
from tests.services import Stage

if TYPE_CHECKING:
    from litestar import Litestar

ROUNDS = 3
CONNECTIONS = 32
WARM_UP_S = 0.5
LOAD_S = 3.0
SLOW_S = 1.0
SERVERS = ("nothing parsed", "uvicorn, h11", "uvicorn, httptools", "granian")
_ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n" + b'{"ok":true}'


# --- The servers, each a process of its own ---------------------------------------------------------------------------


def application() -> "Litestar":
    """The application under test; a factory, as granian imports it by name."""
    from litestar import get  # noqa: PLC0415  # after `keep_lean`, as in a service
    from msgspec import Struct  # noqa: PLC0415

    from collab_kit.app import create_app  # noqa: PLC0415
    from collab_kit.database import Database  # noqa: PLC0415
    from collab_kit.logging import configure_logging  # noqa: PLC0415
    from collab_kit.settings import ServiceSettings, load_settings  # noqa: PLC0415

    class Row(Struct):
        ok: bool

    settings = load_settings(ServiceSettings)
    configure_logging(service="bench", instance="bench-1", level="warning")
    database = Database(settings)

    @get("/plain")
    async def plain() -> Row:
        return Row(ok=True)

    @get("/row")
    async def row() -> Row | None:
        return await database.fetch_one(Row, "select $1::int = 1 as ok", 1)

    @get("/slow")
    async def slow() -> Row:
        await asyncio.sleep(SLOW_S)
        return Row(ok=True)

    return create_app(service="bench", openapi_path="/schema", route_handlers=[plain, row, slow], database=database)


def serve(server: str, port: int) -> None:
    keep_lean()
    if server == "nothing parsed":
        uvloop.run(_serve_nothing(port))
    elif server == "granian":
        from granian import Granian  # noqa: PLC0415
        from granian.constants import HTTPModes, Interfaces, Loops  # noqa: PLC0415

        Granian(
            "bench.asgi_server:application",
            port=port,
            interface=Interfaces.ASGI,
            loop=Loops.uvloop,
            http=HTTPModes.http1,
            websockets=False,
            factory=True,
            log_enabled=False,
        ).serve()
    else:
        import uvicorn  # noqa: PLC0415

        parser = "h11" if server.endswith("h11") else "httptools"
        uvicorn.run(
            application, factory=True, port=port, loop="uvloop", http=parser, ws="none", access_log=False,
            log_config=None, timeout_graceful_shutdown=5,
        )  # fmt: skip


async def _serve_nothing(port: int) -> None:
    class Answerer(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self._transport = cast("asyncio.Transport", transport)

        def data_received(self, data: bytes) -> None:
            self._transport.write(_ANSWER * data.count(b"\r\n\r\n"))

    server = await asyncio.get_running_loop().create_server(Answerer, "127.0.0.1", port)
    await server.serve_forever()


# --- The load ---------------------------------------------------------------------------------------------------------


class Client(asyncio.Protocol):
    """One connection that asks again as soon as it has been answered; latencies in milliseconds."""

    def __init__(self, path: str) -> None:
        self._request = f"GET {path} HTTP/1.1\r\nhost: bench\r\n\r\n".encode()
        self._received = b""
        self._asked_at = 0.0
        self.latencies_ms: list[float] = []
        self.failures = 0
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._ask()

    def _ask(self) -> None:
        assert self.transport is not None
        self._asked_at = time.perf_counter()
        self.transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        # Every answer under test ends with this body, whole; anything else is a failure that never ends its request.
        if self._received.endswith(b'{"ok":true}'):
            self.latencies_ms.append((time.perf_counter() - self._asked_at) * 1000)
            self.failures += not self._received.startswith(b"HTTP/1.1 200")
            self._received = b""
            self._ask()


async def load(port: int, path: str, seconds: float) -> tuple[float, float]:
    """Requests a second and the 99th percentile in milliseconds. Raises when any answer was wrong or missing."""
    loop = asyncio.get_running_loop()
    clients = [(await loop.create_connection(lambda: Client(path), "127.0.0.1", port))[1] for _ in range(CONNECTIONS)]
    started = time.perf_counter()
    await asyncio.sleep(seconds)
    elapsed = time.perf_counter() - started
    for client in clients:
        if client.transport is not None:
            client.transport.abort()
    latencies = sorted(latency for client in clients for latency in client.latencies_ms)
    if not latencies or any(client.failures for client in clients):
        raise RuntimeError(f"{path} was not answered as it should")
    return len(latencies) / elapsed, latencies[int(len(latencies) * 0.99)]


# --- The measuring ----------------------------------------------------------------------------------------------------


class Measured:
    """What was found of one server, in the order of the rounds."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str], list[float]] = {}

    def add(self, what: str, unit: str, value: float) -> None:
        self.values.setdefault((what, unit), []).append(value)


def measure(server: str, environment: dict[str, str], measured: Measured) -> None:
    port = free_port()
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.asgi_server", "--serve", server, "--port", str(port)],
        env=environment,
        cwd=Path(__file__).parents[1],
        preexec_fn=_pin(0),  # noqa: PLW1509  # pinned before the server makes its threads
    )
    try:
        wait_until(lambda: _answers(port), f"{server} answering")
        measured.add("start", "s", time.perf_counter() - started)
        for path in ("/plain", "/row"):
            if server == "nothing parsed" and path == "/row":
                continue
            uvloop.run(load(port, path, WARM_UP_S))
            busy_before_s = _busy_s(process.pid)
            rate, p99_ms = uvloop.run(load(port, path, LOAD_S))
            measured.add(f"{path} rate", "1/s", rate)
            measured.add(f"{path} p99", "ms", p99_ms)
            # What neighbours on the machine take away from the rate, they do not add to this.
            measured.add(f"{path} processor", "us", (_busy_s(process.pid) - busy_before_s) / (rate * LOAD_S) * 1e6)
        measured.add("memory (PSS)", "MB", _pss_mb(process.pid))
        if server != "nothing parsed":
            measured.add("drained", "1=yes", _drains(process, port))
    finally:
        stop_process(process, signal.SIGTERM)


def _drains(process: "subprocess.Popen[bytes]", port: int) -> bool:
    """Whether a request under way at SIGTERM is answered, and the process then ends by itself."""
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

    with ThreadPoolExecutor(1) as thread:
        request = thread.submit(httpx.get, f"http://127.0.0.1:{port}/slow", timeout=10, trust_env=False)
        time.sleep(SLOW_S / 2)
        process.send_signal(signal.SIGTERM)
        try:
            answered = request.result(15).status_code == 200
        except httpx.HTTPError:
            return False
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        return False
    return answered


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/plain", timeout=1, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def _pss_mb(pid: int) -> float:
    return sum(process.memory_full_info().pss for process in _tree(pid)) / 1e6


def _busy_s(pid: int) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in _tree(pid))


def _tree(pid: int) -> list[psutil.Process]:
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]


def _pin(processor: int) -> Callable[[], None] | None:
    """Linux only; elsewhere server and load share what there is."""
    if not hasattr(os, "sched_setaffinity") or (os.cpu_count() or 1) < 2:
        return None
    return lambda: os.sched_setaffinity(0, {processor})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serve", choices=SERVERS, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve, options.port)
        return
    machine = Machine.here()
    found = {server: Measured() for server in SERVERS}
    with tempfile.TemporaryDirectory() as folder, running_datastores() as stores:
        stage = Stage.prepare(Path(folder), stores)
        environment = stage.environment("auth") | {"PYTHONPATH": os.pathsep.join(sys.path)}
        if (pin := _pin(1)) is not None:
            pin()
        for _ in range(ROUNDS):
            for server in SERVERS:
                measure(server, environment, found[server])
    publish(
        "asgi_server",
        "Servers for the HTTP services",
        [
            Series(name=f"{server}: {what}", unit=unit, values=tuple(values))
            for server, measured in found.items()
            for (what, unit), values in measured.values.items()
        ],
        machine=machine,
    )


if __name__ == "__main__":
    main()
