"""All images of an installation as containers on one network, the way the charts run them: read-only, without
privileges, over TLS, their secrets and configuration as files. Started by testcontainers.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import ssl
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from testcontainers.core.container import DockerContainer
from testcontainers.core.network import Network

from collab_platform.datastores.container import container_files
from collab_platform.environment import Environment
from tests.cluster.node.pki import Authority
from tests.containers.base import Docker
from tests.services import ed25519_pem

SERVICES = ("auth", "user", "document", "collaboration")
USER = 10001
READY_TIMEOUT_S = 180
STOP_TIMEOUT_S = 60
PUBLIC_URL = "http://127.0.0.1:8080"
RUN = f"uid={USER},gid={USER},mode=0700"
CALLS = {
    "auth": ("user",),
    "user": ("auth", "document"),
    "document": ("auth", "user", "collaboration"),
    "collaboration": ("document",),
}


@dataclass
class Stage:
    """The network, its containers by name, and the files that they are given."""

    docker: Docker
    images: Mapping[str, str]
    directory: Path
    network: Network
    stack: ExitStack
    containers: dict[str, DockerContainer] = field(default_factory=dict[str, DockerContainer])
    passwords: dict[str, str] = field(default_factory=dict[str, str])

    def url(self, service: str) -> str:
        """Where a service's HTTP port is published now: docker chooses another at each start."""
        return f"https://localhost:{self.containers[service].get_exposed_port(8080)}"

    def websocket_url(self, document: str, ticket: str) -> str:
        port = self.containers["collaboration"].get_exposed_port(8081)
        return f"wss://localhost:{port}/collaboration/{document}?ticket={ticket}"

    @property
    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.directory / "pki/authority.crt"))

    def client(self) -> httpx.Client:
        return httpx.Client(verify=self.trust, timeout=15, trust_env=False)

    def logs(self, name: str) -> str:
        output, errors = self.containers[name].get_logs()
        return (output + errors).decode(errors="replace")

    def exit_code(self, name: str) -> int:
        """Of a container that was stopped."""
        container = self.containers[name].get_container_id()
        return int(self.docker.run("inspect", "--format", "{{.State.ExitCode}}", container))

    def stop(self, name: str) -> float:
        """What `docker stop` and a cluster do: the image's stop signal, a grace period, a kill. The seconds it took."""
        started = time.monotonic()
        self.docker.run("stop", "--time", str(STOP_TIMEOUT_S), self.containers[name].get_container_id())
        return time.monotonic() - started

    def start_again(self, name: str) -> None:
        self.docker.run("start", self.containers[name].get_container_id())

    def wait_ready(self, service: str) -> None:
        """Until `/readyz` says so; an error with the container's last words if it does not."""
        deadline = time.monotonic() + READY_TIMEOUT_S
        said: object = None
        with self.client() as client:
            while time.monotonic() < deadline:
                try:
                    answer = client.get(f"{self.url(service)}/readyz")
                    if answer.status_code == 200:
                        return
                    said = answer.text
                except httpx.HTTPError as error:
                    said = error
                time.sleep(0.2)
        raise AssertionError(f"{service} is not ready: {said}; it logged:\n{self.logs(service)[-3000:]}")

    def start(
        self,
        name: str,
        image: str,
        *,
        command: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        ports: Sequence[int] = (),
        aliases: Sequence[str] = (),
    ) -> DockerContainer:
        """Run an image as its pod would be run; its files are those of ``directory/name``."""
        container = DockerContainer(self.images[image], env=dict(environment or {}), network=self.network)
        container.with_network_aliases(*(aliases or (name,)))
        container.with_exposed_ports(*ports)
        # A command stands instead of the entry point, as in the charts.
        instead = {"entrypoint": list(command)} if command else {}
        container.with_kwargs(read_only=True, cap_drop=["ALL"], security_opt=["no-new-privileges"], **instead)
        container.with_tmpfs_mount("/tmp").with_tmpfs_mount("/run/collab", RUN)  # noqa: S108 - the container's
        files = self.directory / name
        for source, target in (("secrets", "/run/secrets/collab"), ("tls", "/run/tls"), ("config", "/etc/collab")):
            if (files / source).is_dir():
                container.with_volume_mapping(files / source, target)
        container.with_volume_mapping(self.directory / "trust", "/run/trust")
        if image in {"postgresql", "valkey", "seaweedfs"} and not command:
            container.with_volume_mapping(f"{self.network.name}-{name}", "/var/lib/collab", "rw")
        self.containers[name] = self.stack.enter_context(container)
        return container

    def run_job(
        self, name: str, image: str, command: Sequence[str], environment: Mapping[str, str], *, timeout_s: int = 180
    ) -> None:
        """A container that has to end well."""
        container = self.start(name, image, command=command, environment=environment)
        deadline = time.monotonic() + timeout_s
        while container.get_wrapped_container().status != "exited":
            assert time.monotonic() < deadline, f"{name} did not end:\n{self.logs(name)}"
            time.sleep(0.1)
            container.reload()
        assert self.exit_code(name) == 0, self.logs(name)


@contextmanager
def started(docker: Docker, images: Mapping[str, str], directory: Path) -> Generator[Stage]:
    """Everything running and ready: stores, database, bucket, schemas, services."""
    with ExitStack() as stack:
        network = stack.enter_context(Network())
        stage = Stage(docker=docker, images=images, directory=directory, network=network, stack=stack)
        _write_files(stage)
        stack.callback(_give_back, stage)
        volumes = [f"{network.name}-{name}" for name in ("postgresql", "valkey", "seaweedfs")]
        stack.callback(lambda: docker.run("volume", "rm", "--force", *volumes))
        _start_stores(stage)
        for service in SERVICES:
            environment = service_environment(service)
            if service == "collaboration":
                _make_bucket(stage)
            command = ["python", "-m", "collab_kit.migrate", f"collab_{service}"]
            _share_files(stage, service, f"migrate-{service}")
            stage.run_job(f"migrate-{service}", "service", command, environment)
        for service in SERVICES:
            stage.start(
                service,
                "service",
                command=["python", "-m", f"collab_{service}"],
                environment=service_environment(service),
                ports=(8080, 8081) if service == "collaboration" else (8080,),
            )
        for service in SERVICES:
            stage.wait_ready(service)
        yield stage


def service_environment(service: str) -> dict[str, str]:
    """A service's variables in a namespace with TLS inside (docs/kubernetes.md)."""
    given = {
        "COLLAB_HOST": "0.0.0.0",  # noqa: S104 - of the container
        "COLLAB_PORT": "8080",
        "COLLAB_INSTANCE": f"{service}-0",
        "COLLAB_PUBLIC_URL": PUBLIC_URL,
        "COLLAB_DRAIN_TIMEOUT_S": "5",
        "COLLAB_TLS_CERT_FILE": "/run/tls/tls.crt",
        "COLLAB_TLS_KEY_FILE": "/run/tls/tls.key",
        "COLLAB_CA_FILE": "/run/trust/ca.crt",
        "COLLAB_DATABASE_URL": f"postgresql://collab_{service}@postgresql:5432/collab?sslmode=verify-full",
        "COLLAB_DATABASE_PASSWORD_FILE": f"/run/secrets/collab/postgresql-{service}",
        "COLLAB_REDIS_URL": "rediss://valkey:6379/0",
        "COLLAB_REDIS_PASSWORD_FILE": "/run/secrets/collab/redis",
        "COLLAB_INTERNAL_TOKEN_FILE": "/run/secrets/collab/internal-token",
        **{f"COLLAB_{called.upper()}_URL": f"https://{called}:8080" for called in CALLS[service]},
    }
    if service in {"auth", "document"}:
        given["COLLAB_SIGNING_KEY_FILE"] = f"/run/secrets/collab/{service}-signing-key"
    if service != "auth":
        given |= {
            "COLLAB_S3_ENDPOINT": "https://seaweedfs:8333",
            "COLLAB_S3_BUCKET": "collab",
            "COLLAB_S3_REGION": "us-east-1",
            "COLLAB_S3_ACCESS_KEY": "collab",
            "COLLAB_S3_SECRET_KEY_FILE": "/run/secrets/collab/s3",
        }
    if service == "collaboration":
        given |= {
            "COLLAB_WEBSOCKET_PORT": "8081",
            # A document is snapshotted and forgotten as soon as nobody has it open.
            "COLLAB_IDLE_DOCUMENT_S": "1",
        }
    return given


def _start_stores(stage: Stage) -> None:
    stage.start("postgresql", "postgresql")
    stage.start("valkey", "valkey")
    stage.start("seaweedfs", "seaweedfs", environment={"COLLAB_S3_BUCKET": "collab", "COLLAB_TLS": "on"})
    trusting = {"PGHOST": "postgresql", "PGSSLMODE": "verify-full", "PGSSLROOTCERT": "/run/trust/ca.crt"}
    stage.run_job("bootstrap", "postgresql", ["collab-bootstrap"], {**trusting, "COLLAB_WAIT_S": "120"})


def _make_bucket(stage: Stage) -> None:
    stage.run_job(
        "bucket",
        "service",
        ["python", "-m", "collab_kit.bucket"],
        {
            "COLLAB_S3_ENDPOINT": "https://seaweedfs:8333",
            "COLLAB_S3_BUCKET": "collab",
            "COLLAB_S3_ADMIN_ACCESS_KEY": "collab-admin",
            "COLLAB_S3_ADMIN_SECRET_KEY_FILE": "/run/secrets/collab/s3-admin",
            "COLLAB_CA_FILE": "/run/trust/ca.crt",
            "COLLAB_WAIT_S": "120",
        },
    )


def _write_files(stage: Stage) -> None:
    roles = [f"postgresql-{service}" for service in SERVICES]
    shared = ["postgresql-superuser", *roles, "redis", "s3", "s3-admin", "internal-token"]
    stage.passwords = {name: secrets.token_urlsafe(24) for name in shared}
    keys = {f"{service}-signing-key": ed25519_pem() for service in ("auth", "document")}
    wanted = {
        "postgresql": ["postgresql-superuser"],
        "bootstrap": ["postgresql-superuser", *roles],
        "valkey": ["redis"],
        "seaweedfs": ["s3", "s3-admin"],
        "bucket": ["s3-admin"],
        **{service: [f"postgresql-{service}", "redis", "internal-token"] for service in SERVICES},
    }
    for service in ("user", "document", "collaboration"):
        wanted[service].append("s3")
    wanted["auth"].append("auth-signing-key")
    wanted["document"].append("document-signing-key")
    every = stage.passwords | keys
    (stage.directory / "pki").mkdir()
    authority = Authority(stage.directory / "pki", "authority")
    for component, names in wanted.items():
        folder = stage.directory / component / "secrets"
        folder.mkdir(parents=True)
        for name in names:
            (folder / name).write_text(every[name])
        if component in {"bootstrap", "bucket"}:
            continue
        pair = authority.issue(component, user=component, hosts=[component, "localhost"])
        tls = stage.directory / component / "tls"
        tls.mkdir()
        shutil.copy(pair.certificate, tls / "tls.crt")
        shutil.copy(pair.key, tls / "tls.key")
    for component, files in container_files(Environment(), inside_tls=True).items():
        folder = stage.directory / component / "config"
        folder.mkdir()
        for name, text in files.items():
            (folder / name).write_text(text)
    (stage.directory / "trust").mkdir()
    shutil.copy(authority.pair.certificate, stage.directory / "trust/ca.crt")
    # As a cluster gives them to a pod: the group's to read, nobody's to write. Only root may hand them over.
    _as_root(
        stage,
        f"chown -R root:{USER} /stage && chmod -R u=rwX,g=rX,o= /stage"
        " && chmod -R o+rX /stage/pki && find /stage -type d -exec chmod o+rx {} +",
    )


def _share_files(stage: Stage, service: str, name: str) -> None:
    (stage.directory / name).symlink_to(stage.directory / service)


def _give_back(stage: Stage) -> None:
    _as_root(stage, f"chown -R {os.getuid()}:{os.getgid()} /stage")


def _as_root(stage: Stage, script: str) -> None:
    mount = f"--volume={stage.directory}:/stage"
    image = stage.images["service"]
    stage.docker.run("run", "--rm", "--user=0:0", "--network=none", mount, image, "sh", "-c", script)


def as_json(text: str) -> list[dict[str, object]]:
    """The lines of a log; a line that is no JSON object is an error here."""
    return [json.loads(line) for line in text.splitlines() if line.strip()]
