"""The collaboration service with datastores of its own, fsync on, on one processor, for measuring."""

import shutil
import tempfile
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import psutil

from bench.collaboration.doors import OwnDoor
from bench.collaboration.processes import confined, cpu_seconds, family, forget_peak, peak_mb, resident_mb
from collab_kit.settings import Secret
from tests.datastores import Datastores, Postgres, Valkey
from tests.ports import free_port
from tests.services import ServiceProcess, Stage, ed25519_pem

__all__ = ["Standalone", "standalone"]


class Standalone:
    """A running service, or several replicas of it; a door of each lets the load client in."""

    def __init__(
        self,
        stage: Stage,
        databases: Sequence[psutil.Process],
        settings: Mapping[str, str],
        key: Secret,
        processor: int | None,
    ) -> None:
        self._stage = stage
        self._databases = databases
        self._settings = settings
        self._key = key
        self._processor = processor
        self._replicas: list[tuple[ServiceProcess, OwnDoor]] = []

    @property
    def door(self) -> OwnDoor:
        return self.doors[0]

    @property
    def doors(self) -> list[OwnDoor]:
        return [door for _, door in self._replicas]

    def start(self, **overrides: str) -> None:
        """Start one more replica, on the processor of the others."""
        port = free_port()
        own = {
            "COLLAB_INSTANCE": f"collaboration-{len(self._replicas) + 1}",
            "COLLAB_PORT": str(free_port()),
            "COLLAB_WEBSOCKET_PORT": str(port),
        }
        with confined(self._processor):
            replica = self._stage.start("collaboration", **{**self._settings, **own, **overrides})
        self._replicas.append((replica, OwnDoor(f"ws://127.0.0.1:{port}/collaboration", self._key)))

    def restart(self, **overrides: str) -> None:
        """One fresh process instead of those that run."""
        for replica, _ in self._replicas:
            replica.stop()
        self._replicas.clear()
        self.start(**overrides)

    def sql(self, query: str) -> str:
        """As the database's administrator; unaligned rows."""
        return self._stage.database.psql(query)

    def last_words(self) -> str:
        """The last line of the log of the replica started last."""
        lines = self._replicas[-1][0].log_path.read_text().splitlines()
        return lines[-1] if lines else "nothing"

    def resident_mb(self) -> float:
        """Of the service without its database."""
        return resident_mb(self._services())

    def peak_mb(self) -> float:
        return peak_mb(self._services())

    def forget_peak(self) -> None:
        forget_peak(self._services())

    def cpu_seconds(self) -> tuple[float, float]:
        """Used so far by the service, and by PostgreSQL and Valkey with all their processes."""
        databases = [process for database in self._databases for process in family(database)]
        return cpu_seconds(self._services()), cpu_seconds(databases)

    def _services(self) -> list[psutil.Process]:
        return [psutil.Process(replica.process.pid) for replica, _ in self._replicas]


@contextmanager
def standalone(
    *,
    processor: int | None = None,
    replicas: int = 1,
    stored: bool = False,
    settings: Mapping[str, str] | None = None,
) -> Generator[Standalone]:
    """Start everything; `processor` is for services and datastores, the load client belongs on another.

    Snapshots are only made where there is somewhere to put them: `stored` starts an object store, too.
    `settings` are environment variables of the service.
    """
    directory = Path(tempfile.mkdtemp(prefix="collab-bench-"))
    directory.chmod(0o755)
    stores = Datastores(directory, Postgres(directory, fsync=True), Valkey(directory))
    key = Secret(ed25519_pem())
    try:
        others = psutil.Process().children()
        with confined(processor):
            stores.postgres.initialise()
            stores.postgres.start()
            stores.valkey.start()
        databases = [process for process in psutil.Process().children() if process not in others]
        stage = Stage.prepare(directory, stores)
        try:
            stage.migrate("collaboration")
            keys = msgspec.json.encode(OwnDoor("", key).signer.jwks)
            with _published(keys) as document_url:
                all_settings = {
                    "COLLAB_DOCUMENT_URL": document_url,
                    "COLLAB_LOG_LEVEL": "warning",
                    **_object_store(stage, stores if stored else None),
                    **(settings or {}),
                }
                running = Standalone(stage, databases, all_settings, key, processor)
                for _ in range(replicas):
                    running.start()
                yield running
        finally:
            stage.close()
    finally:
        stores.stop()
        shutil.rmtree(directory, ignore_errors=True)


def _object_store(stage: Stage, stores: Datastores | None) -> dict[str, str]:
    store = stores.object_store if stores else None
    secret = stage.write_secret("s3-secret-key", store.secret_key if store else "unused")
    settings = {
        "COLLAB_S3_ENDPOINT": store.endpoint if store else "http://127.0.0.1:9",
        "COLLAB_S3_BUCKET": "collab",
        "COLLAB_S3_REGION": "us-east-1",
        "COLLAB_S3_ACCESS_KEY": store.access_key if store else "unused",
        "COLLAB_S3_SECRET_KEY_FILE": str(secret),
    }
    return settings if store else settings | {"COLLAB_COMPACT_AFTER": "1000000"}


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
