"""The container engine: a `docker` that builds with BuildKit, and what is asked of it."""

from __future__ import annotations

import io
import os
import re
import shlex
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import msgspec

from collab_platform.errors import CollabError, PreflightError
from collab_platform.targets.local.commands import Cancellation, run_command

BUILD_TIMEOUT_S = 3600
TRANSFER_TIMEOUT_S = 1800
_QUERY_TIMEOUT_S = 60
_INSTALL = (
    "Install Docker with its buildx plug-in, or point DOCKER_HOST at one; https://docs.docker.com/engine/install/."
)
_STEP = re.compile(r"^#\d+ (\[.*)$")

Progress = Callable[[str], None]


def _silent(_: str) -> None:
    pass


class ImageInfo(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """What the daemon says of an image; ``id`` is the digest of its configuration, ``size`` is in bytes."""

    id: str
    size: int
    repo_digests: list[str] | None = None

    def digest_in(self, repository: str) -> str:
        """The digest by which a registry knows it; empty where it is not known to have it."""
        found = (entry.partition("@") for entry in self.repo_digests or [])
        return next((digest for name, _, digest in found if name == repository), "")


@dataclass(frozen=True, kw_only=True)
class Engine:
    """A client and the daemon that it speaks to. ``variables`` are the client's environment."""

    client: Path
    variables: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    cancellation: Cancellation = field(default_factory=Cancellation)

    def run(
        self, *arguments: str, timeout_s: float = _QUERY_TIMEOUT_S, progress: Progress = _silent, stdin: str = ""
    ) -> str:
        """What ``docker <arguments>`` prints. Raises :class:`CollabError` with its last lines where it fails."""
        return run_command(
            f"docker {arguments[0]}",
            [str(self.client), *arguments],
            cancellation=self.cancellation,
            timeout_s=timeout_s,
            environment={**self.variables, "DOCKER_BUILDKIT": "1", "BUILDKIT_PROGRESS": "plain"},
            stdin=stdin,
            progress=progress,
        )

    def inspect(self, reference: str) -> ImageInfo | None:
        """What the daemon knows of an image; None where it has no such image."""
        # A failure says "no such image", or what is wrong with the daemon: the list tells the two apart.
        if not self.run("image", "ls", "--quiet", "--no-trunc", reference).strip():
            return None
        return msgspec.json.decode(self.run("image", "inspect", reference), type=list[ImageInfo])[0]

    def build(self, arguments: Sequence[str], *, progress: Progress = _silent) -> None:
        """``docker build`` with these arguments; ``progress`` hears of each step of the Dockerfile."""

        def tell(line: str) -> None:
            if step := _STEP.match(line):
                progress(step[1][:100])

        self.run("build", *arguments, timeout_s=BUILD_TIMEOUT_S, progress=tell)

    def read_file(self, reference: str, path: str) -> bytes:
        """A file of an image, which is not run for it."""
        container = self.run("container", "create", "--network=none", reference).strip().splitlines()[-1]
        try:
            # `cp` to standard output writes a tar archive of the one file.
            done = subprocess.run(
                [str(self.client), "container", "cp", f"{container}:{path}", "-"],
                capture_output=True,
                check=False,
                timeout=_QUERY_TIMEOUT_S,
                env=dict(self.variables),
            )
        finally:
            self.run("container", "rm", "--force", container)
        if done.returncode:
            raise CollabError(f"{reference} has no {path}", details=tuple(done.stderr.decode().splitlines()[-3:]))
        return _only_member(done.stdout)

    def call(self, command: Sequence[str]) -> None:
        """Run a cluster's own tool, which reads images from this daemon. Raises :class:`CollabError`."""
        if shutil.which(command[0], path=self.variables.get("PATH")) is None:
            raise _missing(command[0])
        run_command(
            command[0],
            command,
            cancellation=self.cancellation,
            timeout_s=TRANSFER_TIMEOUT_S,
            environment=self.variables,
        )

    def pipe(self, reference: str, command: Sequence[str]) -> None:
        """Give an image's archive to a command's standard input. Raises :class:`CollabError`."""
        shown = shlex.join(command)
        with subprocess.Popen(
            [str(self.client), "image", "save", reference],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(self.variables),
        ) as saving:
            try:
                done = _consume(command, saving.stdout)
            finally:
                saving.kill()
            saved = saving.wait()
        if done.returncode:
            raise CollabError(f"`{shown}` failed (exit code {done.returncode})", details=_last_lines(done.stdout))
        if saved > 0:
            raise CollabError(f"docker could not save {reference}")


def find_engine(variables: Mapping[str, str] | None = None, cancellation: Cancellation | None = None) -> Engine:
    """The first `docker` on PATH that can build with BuildKit, and its daemon answers.

    :raises PreflightError: there is none; the error says what is missing.
    """
    environment = dict(os.environ if variables is None else variables)
    clients = list(_clients(environment.get("PATH", os.defpath)))
    if not clients:
        raise PreflightError("there is no `docker` on PATH to build and move images with", remedy=_INSTALL)
    able = next((client for client in clients if _builds(client, environment)), None)
    if able is None:
        raise PreflightError(
            f"{clients[0]} cannot build with BuildKit: its buildx plug-in is missing",
            remedy="Install it (the package docker-buildx or docker-buildx-plugin).",
        )
    answer = _ask([str(able), "version", "--format", "{{.Server.Version}}"], environment)
    if answer.returncode:
        raise PreflightError(
            "the Docker daemon does not answer",
            remedy="Start it, or point DOCKER_HOST at another; `docker version` shows what it says.",
            details=_last_lines(answer.stderr),
        )
    return Engine(client=able, variables=environment, cancellation=cancellation or Cancellation())


def _clients(path: str) -> Iterator[Path]:
    for folder in dict.fromkeys(path.split(os.pathsep)):
        candidate = Path(folder) / "docker"
        if folder and candidate.is_file() and os.access(candidate, os.X_OK):
            yield candidate


def _builds(client: Path, variables: Mapping[str, str]) -> bool:
    """Docker 23 and later leave building to a plug-in, which may be missing."""
    if _ask([str(client), "buildx", "version"], variables).returncode == 0:
        return True
    major = re.search(r"version (\d+)\.", _ask([str(client), "--version"], variables).stdout)
    return bool(major and int(major[1]) < 23)


def _ask(command: Sequence[str], variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=_QUERY_TIMEOUT_S,
            env=dict(variables),
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(list(command), 1, "", type(error).__name__)


def _consume(command: Sequence[str], archive: IO[bytes] | None) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            stdin=archive,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            timeout=TRANSFER_TIMEOUT_S,
        )
    except FileNotFoundError:
        raise _missing(command[0]) from None
    except subprocess.TimeoutExpired:
        raise CollabError(f"`{shlex.join(command)}` did not finish within {TRANSFER_TIMEOUT_S} s") from None


def _missing(program: str) -> PreflightError:
    return PreflightError(
        f"there is no `{program}` on PATH to load images with", remedy="Install it, or load otherwise."
    )


def _only_member(archive: bytes) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        content = tar.extractfile(tar.getmembers()[0])
        return content.read() if content else b""


def _last_lines(text: str) -> tuple[str, ...]:
    return tuple(line for line in text.splitlines() if line.strip())[-12:]
