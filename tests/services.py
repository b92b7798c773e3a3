"""The real services as processes of their own, configured as the platform does it, for tests to talk HTTP with."""

import json
import os
import secrets
import signal
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from collab_kit.settings import Secret, ServiceSettings
from tests.datastores import Datastores, Postgres, TestDatabase, Valkey, stop_process, wait_until
from tests.ports import free_port

# Compiled modules are kept between runs: starting a service without them costs a second of compiling.
_BYTECODE = Path(tempfile.gettempdir()) / f"collab-tests-bytecode-{os.getuid()}"


def ed25519_pem() -> str:
    """A new private key as `COLLAB_SIGNING_KEY_FILE` wants it."""
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def settings_for(stores: Datastores) -> ServiceSettings:
    """Settings for parts of the kit that a test runs in its own process, as PostgreSQL's administrator."""
    return ServiceSettings(
        instance="test-1",
        port=0,
        public_url="http://127.0.0.1:8080",
        database_url=stores.postgres.url("postgres"),
        database_password=Secret(stores.postgres.password),
        redis_url=stores.valkey.url,
        redis_password=Secret(stores.valkey.password),
        internal_token=Secret("token"),
    )


def trusting(ca: Path | None) -> ssl.SSLContext | bool:
    """What httpx is to verify by: over plain HTTP by nothing, since to read the system's authorities takes its time."""
    return False if ca is None else ssl.create_default_context(cafile=str(ca))


@dataclass
class ServiceProcess:
    """One running replica of a service."""

    name: str
    url: str
    log_path: Path
    process: subprocess.Popen[bytes]
    ca: Path | None = None

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Signal it and wait; the answer is its exit code."""
        return stop_process(self.process, number)

    @property
    def is_running(self) -> bool:
        """Neither ended nor held by a SIGSTOP."""
        return self.process.poll() is None and psutil.Process(self.process.pid).status() != psutil.STATUS_STOPPED

    def is_ready(self) -> bool:
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.name} ended with {self.process.returncode}: {self.log_path.read_text()[-4000:]}")
        try:
            return self.get("/readyz").status_code == 200
        except httpx.HTTPError:
            return False

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"{self.url}{path}", timeout=15, trust_env=False, verify=trusting(self.ca))

    def logs(self) -> list[dict[str, Any]]:
        """Its log lines so far, but for one that is half written; a line that is no JSON object is an error here."""
        whole, _, _ = self.log_path.read_text().rpartition("\n")
        return [json.loads(line) for line in whole.split("\n") if line]


@dataclass
class Stage:
    """One environment for tests: a database, secrets in files, an address for every service."""

    directory: Path
    postgres: Postgres
    valkey: Valkey
    database: TestDatabase
    redis_url: str
    ports: dict[str, int] = field(default_factory=lambda: {name: free_port() for name in ("auth", "user", "document")})
    processes: list[ServiceProcess] = field(default_factory=list[ServiceProcess])
    public_url: str = "http://127.0.0.1:8080"
    ca: Path | None = None
    """Set, the services speak TLS as `localhost`, with certificates of this authority."""

    @classmethod
    def prepare(cls, directory: Path, stores: Datastores) -> "Stage":
        """A new database and new secrets; nothing migrated or started yet."""
        stage = cls(
            directory,
            stores.postgres,
            stores.valkey,
            stores.postgres.create_database(),
            stores.valkey.create_database(),
        )
        stage._write_secrets()
        return stage

    def _write_secrets(self) -> None:
        self.write_secret("redis-password", self.valkey.password)
        self.write_secret("internal-token", secrets.token_urlsafe(16))
        for service, password in self.database.passwords.items():
            self.write_secret(f"{service}-database-password", password)
        for service in ("auth", "document"):
            self.write_secret(f"{service}-signing-key", ed25519_pem())

    def write_secret(self, name: str, value: str) -> Path:
        path = self.directory / name
        path.touch(mode=0o600)
        path.write_text(value + "\n")
        return path

    def secret(self, name: str) -> str:
        return (self.directory / name).read_text().strip()

    @property
    def internal_headers(self) -> dict[str, str]:
        return {"X-Collab-Internal": self.secret("internal-token")}

    def url(self, service: str) -> str:
        return f"{'http://127.0.0.1' if self.ca is None else 'https://localhost'}:{self.ports[service]}"

    def environment(self, service: str, **overrides: str) -> dict[str, str]:
        """What the service's process is given; `overrides` such as `COLLAB_LOG_LEVEL="debug"` win."""
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        own = {
            "PYTHONPYCACHEPREFIX": str(_BYTECODE),
            "PYTHONWARNINGS": "error",
            "COLLAB_INSTANCE": f"{service}-1",
            "COLLAB_PORT": str(self.ports.get(service, 0)),
            "COLLAB_PUBLIC_URL": self.public_url,
            "COLLAB_DATABASE_URL": self.database.url(service),
            "COLLAB_DATABASE_PASSWORD_FILE": str(self.directory / f"{service}-database-password"),
            "COLLAB_REDIS_URL": self.redis_url,
            "COLLAB_REDIS_PASSWORD_FILE": str(self.directory / "redis-password"),
            "COLLAB_INTERNAL_TOKEN_FILE": str(self.directory / "internal-token"),
            "COLLAB_SIGNING_KEY_FILE": str(self.directory / f"{service}-signing-key"),
            "COLLAB_DRAIN_TIMEOUT_S": "5",
            **{f"COLLAB_{name.upper()}_URL": self.url(name) for name in self.ports},
        }
        return inherited | own | overrides

    def migrate(self, *services: str) -> None:
        for service in services:
            done = self.run_module("collab_kit.migrate", f"collab_{service}", service=service)
            assert done.returncode == 0, done.stderr

    def run_module(
        self, module: str, *arguments: str, service: str, stdin: str = "", **overrides: str
    ) -> subprocess.CompletedProcess[str]:
        """`python -m module` with the environment of `service`, to its end."""
        return subprocess.run(
            [sys.executable, "-m", module, *arguments],
            env=self.environment(service, **overrides),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    def launch(self, service: str, **overrides: str) -> ServiceProcess:
        """Start a replica without waiting for it."""
        environment = self.environment(service, **overrides)
        log_path = self.directory / f"{environment['COLLAB_INSTANCE']}-{len(self.processes)}.log"
        with log_path.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", f"collab_{service}"], env=environment, stdout=log, stderr=log
            )
        origin = "http://127.0.0.1" if self.ca is None else "https://localhost"
        replica = ServiceProcess(
            environment["COLLAB_INSTANCE"], f"{origin}:{environment['COLLAB_PORT']}", log_path, process, self.ca
        )
        self.processes.append(replica)
        return replica

    def start(self, service: str, **overrides: str) -> ServiceProcess:
        """Start a replica and wait until it is ready."""
        replica = self.launch(service, **overrides)
        wait_until(replica.is_ready, f"{replica.name} being ready")
        return replica

    def start_all(self, services: Mapping[str, Mapping[str, str]] | None = None) -> None:
        """Migrate and start services side by side; by default all three with HTTP interfaces only."""
        wanted = services or {"auth": {}, "user": {}, "document": {}}
        self.migrate(*wanted)
        replicas = [self.launch(service, **overrides) for service, overrides in wanted.items()]
        for replica in replicas:
            wait_until(replica.is_ready, f"{replica.name} being ready")

    def close(self) -> None:
        for replica in self.processes:
            if replica.process.poll() is None:
                replica.process.terminate()
        for replica in self.processes:
            replica.stop()
        self.database.drop()
