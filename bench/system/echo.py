"""What the network alone costs: a bare WebSocket echo behind the same nginx binary, with nothing done in between.

Run as a program it is the echo server: ``python -m bench.system.echo PORT``.
"""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport
from picows import ws_connect as connect  # pyright: ignore[reportUnknownVariableType] - its keywords are untyped
from picows import ws_create_server as create_server  # pyright: ignore[reportUnknownVariableType]

from bench.collaboration.load import Ladder, Percentiles, Shape
from collab_platform.gateway import find_nginx
from tests.ports import free_port

_START_TIMEOUT_S = 10
_PAYLOAD = b"x" * 64  # about what one typed character takes as a Yjs update
_SETTLE_S = 1.0

_CONFIGURATION = """
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{public};
    location / {{
      proxy_pass http://127.0.0.1:{echo};
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection upgrade;
    }}
  }}
}}
"""


class _Echo(WSListener):
    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type is WSMsgType.CLOSE:
            transport.disconnect()
        else:
            transport.send(WSMsgType.BINARY, frame.get_payload_as_bytes())


class _Client(WSListener):
    """Sends numbered by order: an echo answers the oldest message that has no answer yet."""

    def __init__(self) -> None:
        super().__init__()
        self.due_at: list[float] = []
        self.arrived_at: list[float] = []

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:  # noqa: ARG002 - picows' own signature
        if frame.msg_type is WSMsgType.BINARY:
            self.arrived_at.append(time.perf_counter())


async def measure_echo(shape: Shape, url: str) -> Percentiles:
    """Round trips at the rate of a shape's writers. Raises ``ConnectionError`` where an echo did not come."""
    clients: list[_Client] = []
    for _ in range(shape.writers):
        _, client = await connect(_Client, url)
        assert isinstance(client, _Client)
        clients.append(client)
    interval_s = 1 / shape.edits_per_s
    began = time.perf_counter() + 0.1
    for number in range(int(shape.edits_per_s * shape.seconds)):
        due = began + number * interval_s
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        client = clients[number % len(clients)]
        client.due_at.append(due)
        client.transport.send(WSMsgType.BINARY, _PAYLOAD)
    await asyncio.sleep(_SETTLE_S)
    ladder = Ladder()
    for client in clients:
        client.transport.disconnect()
        if len(client.arrived_at) != len(client.due_at):
            raise ConnectionError(f"{len(client.due_at) - len(client.arrived_at)} echoes are missing")
        for due, arrived in zip(client.due_at, client.arrived_at, strict=True):
            ladder.add(arrived - due)
    return Percentiles.of(ladder)


@contextmanager
def echo_behind_nginx() -> Generator[str]:
    """A WebSocket URL that answers with what it is told."""
    public, echo = free_port(), free_port()
    with tempfile.TemporaryDirectory(prefix="collab-bench-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        configuration = Path(folder) / "nginx.conf"
        configuration.write_text(_CONFIGURATION.format(folder=folder, public=public, echo=echo), encoding="utf-8")
        commands = (
            [sys.executable, "-m", "bench.system.echo", str(echo)],
            [str(find_nginx("auto").binary), "-p", folder, "-c", str(configuration), "-e", "stderr"],
        )
        processes = [subprocess.Popen(command) for command in commands]
        try:
            for port in (echo, public):
                _wait_listening(port)
            yield f"ws://127.0.0.1:{public}/"
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(timeout=_START_TIMEOUT_S)


def _wait_listening(port: int) -> None:
    deadline = time.monotonic() + _START_TIMEOUT_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


async def _serve(port: int) -> None:
    server = await create_server(lambda _: _Echo(), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(int(sys.argv[1])))
