"""Single containers as a pod would run them: read-only, unprivileged, files where the images expect them."""

from __future__ import annotations

import os
import secrets
import subprocess
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.containers.base import Docker, DockerError

USER = "10001:10001"
SAFE = ("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges")
WRITABLE = ("--tmpfs=/tmp", "--tmpfs=/run/collab:uid=10001,gid=10001,mode=0700")
TARGETS = {"secrets": "/run/secrets/collab", "tls": "/run/tls", "trust": "/run/trust", "config": "/etc/collab"}
START_TIMEOUT_S = 120


@dataclass(frozen=True, kw_only=True)
class Box:
    """A container that runs, or ran."""

    docker: Docker
    name: str

    def logs(self) -> str:
        """What it said on both streams."""
        command = [str(self.docker.client), "logs", self.name]
        done = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=True,
            timeout=30,
            env=os.environ | self.docker.environment,
        )
        return done.stdout

    def execute(self, *command: str) -> str:
        """Standard output of a command in it. Raises :class:`DockerError`."""
        return self.docker.run("exec", self.name, *command)

    def state(self, key: str) -> str:
        return self.docker.run("inspect", "--format", f"{{{{.State.{key}}}}}", self.name).strip()

    def port(self, inside: int) -> int:
        """Where a port is published on loopback."""
        return int(self.docker.run("port", self.name, f"{inside}/tcp").splitlines()[0].rpartition(":")[2])

    def wait_exit(self) -> int:
        """The exit code, once it has ended by itself."""
        self.until(lambda: self.state("Status") == "exited")
        return int(self.state("ExitCode"))

    def stop(self) -> int:
        """End it as a cluster does; the exit code."""
        self.docker.run("stop", "--time=30", self.name)
        return int(self.state("ExitCode"))

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds; errors of asking count as not yet."""
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            try:
                if holds():
                    return
            except (DockerError, OSError):
                pass
            assert time.monotonic() < deadline, f"{self.name} is {self.state('Status')} and said:\n{self.logs()}"
            time.sleep(0.1)


@dataclass(frozen=True, kw_only=True)
class Site:
    """Where containers get their files from: folders as in :data:`TARGETS`, for the images' group alone to read."""

    docker: Docker
    image: str
    directory: Path
    files: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])

    def mounts(self) -> list[str]:
        for folder, files in self.files.items():
            (self.directory / folder).mkdir(parents=True, exist_ok=True)
            for name, text in files.items():
                path = self.directory / folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
        self._as_root(
            f"chown -R root:{USER.partition(':')[2]} /site && chmod -R u=rwX,g=rX,o= /site && chmod o+rx /site"
        )
        return [f"--volume={self.directory / folder}:{TARGETS[folder]}:ro" for folder in self.files]

    def give_back(self) -> None:
        """Let the files be removed by whom the tests run as."""
        self._as_root(f"chown -R {os.getuid()}:{os.getgid()} /site")

    def _as_root(self, script: str) -> None:
        options = ["--rm", "--user=0:0", "--network=none", "--entrypoint=sh", f"--volume={self.directory}:/site"]
        self.docker.run("run", *options, self.image, "-c", script)


@contextmanager
def box(
    docker: Docker,
    image: str,
    directory: Path,
    *,
    files: Mapping[str, Mapping[str, str]] | None = None,
    environment: Mapping[str, str] | None = None,
    options: Sequence[str] = (),
    command: Sequence[str] = (),
) -> Generator[Box]:
    """Run an image until the block ends; ``options`` are more of docker's."""
    site = Site(docker=docker, image=image, directory=directory, files=files or {})
    name = f"box-{secrets.token_hex(6)}"
    directory.mkdir(parents=True, exist_ok=True)
    variables = [f"--env={key}={value}" for key, value in (environment or {}).items()]
    try:
        docker.run(
            "run", "--detach", f"--name={name}", *SAFE, *WRITABLE, *site.mounts(), *variables, *options, image, *command
        )
        yield Box(docker=docker, name=name)
    finally:
        docker.run("rm", "--force", "--volumes", name)
        site.give_back()
