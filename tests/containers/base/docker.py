"""A Docker to build images and run containers with: the machine's, or else a private one that leaves nothing behind."""

from __future__ import annotations

import os
import re
import shutil
import ssl
import subprocess
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path

from filelock import FileLock

from . import caches, cgroups, network, packages
from .capsule import Capsule
from .rootfs import SUITE, ensure_base_archive

PROGRAMS = {"dockerd": "docker.io", "ip": "iproute2"}
START_TIMEOUT_S = 180
COMMAND_TIMEOUT_S = 300
MAX_BUILD_CACHE = "10GB"
MAX_IMAGE_AGE = "24h"
BUILD_TIMEOUT_S = 1800
LOCK_TIMEOUT_S = 1200
LAUNCHER = Path(__file__).with_name("daemon.sh")


class DockerError(RuntimeError):
    """A docker command failed, or the daemon did not start."""


@dataclass(frozen=True, kw_only=True)
class Docker:
    """A daemon that answers, and the client that speaks to it."""

    client: Path
    host: str
    """As ``DOCKER_HOST`` has it; empty for the client's own default."""
    private: bool

    @property
    def environment(self) -> dict[str, str]:
        """What a client library, testcontainers among them, must find in its environment.

        The private daemon publishes ports on loopback, and Ryuk's image cannot be pulled where it is needed.
        """
        if not self.private:
            return {"DOCKER_HOST": self.host} if self.host else {}
        return {
            "DOCKER_HOST": self.host,
            "TESTCONTAINERS_RYUK_DISABLED": "true",
            "TESTCONTAINERS_CONNECTION_MODE": "docker_host",
            "TC_HOST": "127.0.0.1",
        }

    def run(self, *arguments: str, timeout_s: float = COMMAND_TIMEOUT_S) -> str:
        """Standard output of ``docker <arguments>``.

        :raises DockerError: it failed; the message ends with what it said.
        """
        done = subprocess.run(
            [str(self.client), *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout_s,
            stdin=subprocess.DEVNULL,
            env=os.environ | self.environment | {"DOCKER_BUILDKIT": "1", "BUILDKIT_PROGRESS": "plain"},
        )
        if done.returncode:
            raise DockerError(f"`docker {' '.join(arguments)}` failed:\n{(done.stderr or done.stdout).strip()[-4000:]}")
        return done.stdout

    def build(
        self,
        context: Path,
        *,
        tag: str,
        dockerfile: Path | None = None,
        arguments: Mapping[str, str] | None = None,
        target: str | None = None,
    ) -> str:
        """Build ``tag`` on the machine's network; returns the image's id (its content's digest).

        The machine's CA bundle is there as the build secret ``ca``, for builds behind a proxy that signs with its own.
        """
        options = ["--network=host", "--tag", tag, "--secret", f"id=ca,src={ca_bundle()}"]
        options += ["--file", str(dockerfile)] if dockerfile else []
        options += ["--target", target] if target else []
        for name, value in (arguments or {}).items():
            options += ["--build-arg", f"{name}={value}"]
        self.run("build", *options, str(context), timeout_s=BUILD_TIMEOUT_S)
        return self.run("image", "inspect", "--format", "{{.Id}}", tag).strip()

    def load(self, archive: Path) -> None:
        """Take in an image archive."""
        self.run("image", "load", "--input", str(archive))

    def save(self, target: Path, *references: str) -> Path:
        """Write images into one archive, for another engine or a cluster."""
        self.run("image", "save", "--output", str(target), *references)
        return target

    def ensure_base_image(self, suite: str = SUITE) -> str:
        """The reference of a Debian base image in this daemon, for a Dockerfile's ``BASE``."""
        base = ensure_base_archive(suite)
        if not self.run("image", "ls", "--quiet", base.reference).strip():
            self.load(base.archive)
        return base.reference


def ca_bundle() -> Path:
    """The file of CA certificates that this machine trusts."""
    paths = ssl.get_default_verify_paths()
    found = os.environ.get(paths.openssl_cafile_env) or paths.cafile or "/etc/ssl/certs/ca-certificates.crt"
    return Path(found)


@contextmanager
def docker_daemon(directory: Path | None = None) -> Generator[Docker]:
    """The Docker that this environment already speaks to; else one of our own until the block ends.

    Ours keeps its images in ``directory``, by default in the tests' cache. It makes no firewall rule and routes
    nothing: containers reach each other and this machine, builds use the machine's network, ports are published on
    loopback by a proxy.

    :raises Unavailable: neither is to be had here.
    :raises DockerError: ours does not start.
    """
    given = os.environ.get("DOCKER_HOST", "")
    if (client := _client()) is not None and _answers(client, given):
        yield Docker(client=client, host=given, private=False)
        return
    packages.ensure(PROGRAMS)
    if (client := _client()) is None:
        raise packages.Unavailable("needs a docker client that can build: `docker buildx`, or a client older than 23")
    home = (directory or caches.root() / "docker").absolute()
    home.mkdir(parents=True, exist_ok=True)
    # Two daemons on one store would corrupt it: the second waits until the other test run is done with it.
    with FileLock(home / ".lock", timeout=LOCK_TIMEOUT_S), _private(client, home) as docker:
        yield docker


@contextmanager
def _private(client: Path, home: Path) -> Generator[Docker]:
    socket, name = home / "docker.sock", network.device_name("collabd")
    docker = Docker(client=client, host=f"unix://{socket}", private=True)
    log = home / "daemon.log"
    # What a killed daemon left would keep the next from starting.
    for left in (socket, home / "docker.pid", log):
        left.unlink(missing_ok=True)
    cgroups.create(name)
    near, far = network.add_bridge(name)
    capsule = None
    try:
        command = ["sh", str(LAUNCHER), str(home), *_arguments(home, name, near, far)]
        path = os.pathsep.join([os.environ.get("PATH", os.defpath), *packages.SEARCHED])
        capsule = Capsule.start(
            command, log=log, environment=os.environ | {"PATH": path}, network=False, detached=False
        )
        capsule.release()
        _wait(docker, capsule, log)
        yield docker
        _remove_containers(docker)
        _bound(docker)
    finally:
        if capsule is not None:
            capsule.end()
        network.remove(name)
        cgroups.remove(name)
        shutil.rmtree(home / "exec", ignore_errors=True)


def _arguments(home: Path, name: str, near: IPv4Network, far: IPv4Network) -> list[str]:
    return [
        f"--host=unix://{home / 'docker.sock'}",
        f"--data-root={home / 'data'}",
        f"--exec-root={home / 'exec'}",
        f"--pidfile={home / 'docker.pid'}",
        f"--bridge={name}",
        f"--fixed-cidr={near}",
        f"--default-address-pool=base={far},size=28",
        f"--cgroup-parent=/{name}",
        "--exec-opt=native.cgroupdriver=cgroupfs",
        *(f"--{feature}=false" for feature in ("iptables", "ip6tables", "ip-forward", "ip-masq")),
    ]


def _wait(docker: Docker, capsule: Capsule, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not _answers(docker.client, docker.host):
        if not capsule.alive or time.monotonic() > deadline:
            said = log.read_text(errors="replace")[-2000:]
            raise DockerError(f"dockerd does not answer; it said:\n{said}")
        time.sleep(0.1)


def _remove_containers(docker: Docker) -> None:
    """Networks of their own would leave their bridges on this machine."""
    if left := docker.run("container", "ls", "--all", "--quiet").split():
        docker.run("container", "rm", "--force", "--volumes", *left)
    docker.run("network", "prune", "--force")


def _bound(docker: Docker) -> None:
    """Every change of the code leaves layers behind; images that are used again are in archives, too."""
    docker.run("builder", "prune", "--force", f"--keep-storage={MAX_BUILD_CACHE}")
    docker.run("image", "prune", "--all", "--force", f"--filter=until={MAX_IMAGE_AGE}")


def _answers(client: Path, host: str) -> bool:
    command = [str(client), *(("--host", host) if host else ()), "version", "--format", "{{.Server.Version}}"]
    return subprocess.run(command, capture_output=True, check=False, timeout=COMMAND_TIMEOUT_S).returncode == 0


def _client() -> Path | None:
    """A client that builds with BuildKit: Docker 23 and later leave that to a plug-in, which may be missing."""
    candidates: Sequence[str | None] = (shutil.which("docker"), "/usr/bin/docker", "/usr/local/bin/docker")
    for candidate in dict.fromkeys(candidates):
        if candidate is None or not Path(candidate).exists():
            continue
        version = subprocess.run([candidate, "--version"], capture_output=True, text=True, check=False, timeout=60)
        major = re.search(r"version (\d+)\.", version.stdout)
        plugin = subprocess.run([candidate, "buildx", "version"], capture_output=True, check=False, timeout=60)
        if plugin.returncode == 0 or (major and int(major[1]) < 23):
            return Path(candidate)
    return None
