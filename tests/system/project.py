"""A throw-away project: its own folder, environment file, ports and state, driven through the real command line."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import psutil

from tests.ports import free_port
from tests.system.processes import alive, describe, processes_of, remaining
from tests.system.tools import COLLAB

UP_TIMEOUT_S = 240  # the first `up` of a checkout installs and builds the editor
_POLL_S = 0.1

# A test suite asks more in a minute than its one address would be allowed.
GENEROUS_LIMITS: Mapping[str, str] = {
    "gateway.request_rate_per_s": "10000",
    "gateway.request_burst": "10000",
    "gateway.sign_in_rate_per_min": "10000",
}


class ReplicaView(msgspec.Struct):
    """A replica in `status -o json`."""

    name: str
    state: str
    pid: int | None = None
    restarts: int = 0
    message: str | None = ""


class ComponentView(msgspec.Struct):
    """A component in `status -o json`."""

    name: str
    state: str
    replicas: list[ReplicaView] = []


class StatusView(msgspec.Struct):
    """What `status -o json` promises; further fields are allowed."""

    schema: str | int
    components: list[ComponentView]
    urls: dict[str, str]
    state: str = ""

    def component(self, name: str) -> ComponentView:
        """Raises ``StopIteration`` where there is none of that name."""
        return next(component for component in self.components if component.name == name)


class _Ports(msgspec.Struct):
    """What the tests need of `state.json`."""

    ports: dict[str, int]


class Fault(msgspec.Struct):
    """The error in `-o json` of a command that failed."""

    code: str
    exit_code: int
    summary: str
    remedy: str
    details: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """How a command ended."""

    argv: tuple[str, ...]
    exit_code: int
    stdout: str
    stderr: str
    elapsed_s: float

    def json(self) -> Any:
        """Standard output, which must be JSON and nothing else."""
        return msgspec.json.decode(self.stdout)

    def fault(self) -> Fault:
        """What went wrong, of a command run with ``-o json``."""
        return msgspec.convert(self.json()["error"], Fault)

    def __str__(self) -> str:
        return f"{' '.join(self.argv)} -> {self.exit_code} after {self.elapsed_s:.1f} s\n{self.stdout}\n{self.stderr}"


@dataclass(slots=True, kw_only=True)
class Project:
    """One environment called ``name`` in a folder that nobody else uses."""

    root: Path
    name: str
    variables: dict[str, str] = field(default_factory=dict[str, str])
    _started: list[subprocess.Popen[str]] = field(default_factory=list[subprocess.Popen[str]])

    @property
    def state_directory(self) -> Path:
        return self.root / ".collab" / self.name

    @property
    def file(self) -> Path:
        return self.root / "environments" / f"{self.name}.toml"

    def configure(self, settings: Mapping[str, str], *, target: str = "local") -> None:
        """Write the environment file; ``settings`` maps ``section.leaf`` to a TOML value."""
        lines = ["version = 1", f'target = "{target}"']
        for key, value in sorted(settings.items()):
            section, leaf = key.split(".")
            if f"[{section}]" not in lines:
                lines.append(f"[{section}]")
            lines.append(f"{leaf} = {value}")
        self.file.parent.mkdir(exist_ok=True)
        self.file.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def environment_variables(self) -> dict[str, str]:
        """This process's, without settings of collab that a developer's shell may hold."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("COLLAB_")}
        return inherited | {"COLLAB_PROJECT": str(self.root), "NO_COLOR": "1"} | self.variables

    def argv(self, command: str, *args: str) -> tuple[str, ...]:
        """The command line of one collab command on this environment."""
        return (str(COLLAB), command, "--env", self.name, *args)

    def start(self, command: str, *args: str) -> subprocess.Popen[str]:
        """Start a command without waiting, in a session of its own."""
        process = subprocess.Popen(
            self.argv(command, *args),
            cwd=self.root,
            env=self.environment_variables(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._started.append(process)
        return process

    def stop_commands(self) -> None:
        """Kill the commands that a failed test left running."""
        for process in self._started:
            if process.poll() is None:
                process.kill()
                process.communicate(timeout=10)

    def run(self, command: str, *args: str, timeout_s: float = 120, expect: int | None = 0) -> Finished:
        """Run a command to its end. Raises ``AssertionError`` where its exit code is not ``expect`` (None: any)."""
        started = time.monotonic()
        process = self.start(command, *args)
        try:
            stdout, stderr = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            stdout, stderr = process.communicate(timeout=10)
            raise AssertionError(f"{command} took longer than {timeout_s:g} s\n{stdout}\n{stderr}") from None
        finished = Finished(
            argv=self.argv(command, *args),
            exit_code=process.returncode,
            stdout=stdout,
            stderr=stderr,
            elapsed_s=time.monotonic() - started,
        )
        assert expect is None or finished.exit_code == expect, str(finished)
        return finished

    def up(self, *args: str, expect: int | None = 0) -> Finished:
        """`collab up`."""
        return self.run("up", *args, timeout_s=UP_TIMEOUT_S, expect=expect)

    def down(self, *args: str) -> Finished:
        """`collab down`."""
        return self.run("down", *args, timeout_s=120)

    def status(self) -> StatusView:
        """`collab status`, whatever the state (its exit code says healthy or not)."""
        finished = self.run("status", "-o", "json", expect=None)
        try:
            return msgspec.json.decode(finished.stdout, type=StatusView)
        except msgspec.DecodeError as error:
            raise AssertionError(f"status -o json: {error}\n{finished}") from None

    def wait_healthy(self, timeout_s: float) -> StatusView:
        """Wait until every component is healthy. Raises ``AssertionError`` naming those that are not."""
        return self.wait_for(
            lambda status: all(component.state == "healthy" for component in status.components), timeout_s
        )

    def wait_for(self, condition: Callable[[StatusView], bool], timeout_s: float) -> StatusView:
        """Ask for the status until ``condition`` holds."""
        deadline = time.monotonic() + timeout_s
        while True:
            status = self.status()
            if condition(status):
                return status
            if time.monotonic() > deadline:
                seen = {component.name: component.state for component in status.components}
                raise AssertionError(f"not within {timeout_s:g} s: {seen}")
            time.sleep(_POLL_S)

    def url(self) -> str:
        """Where a browser finds it."""
        urls = self.status().urls
        return (urls.get("editor") or urls.get("public") or next(iter(urls.values()))).rstrip("/")

    def secret(self, name: str) -> str:
        """One of the environment's secrets, for tests that forge what a key's holder alone can make."""
        return (self.state_directory / "secrets" / name).read_text(encoding="utf-8")

    def port(self, replica: str, port: str) -> int:
        """Where a replica listens, past the gateway."""
        return self.ports()[f"{replica}/{port}"]

    def ports(self) -> dict[str, int]:
        """All ports by `replica/port`; none before the first `up`."""
        file = self.state_directory / "state.json"
        return msgspec.json.decode(file.read_bytes(), type=_Ports).ports if file.exists() else {}

    def pid(self, component: str, replica: int = 0) -> int:
        """The main process of a component's replica. Raises ``AssertionError`` where there is none."""
        pid = self.status().component(component).replicas[replica].pid
        assert pid is not None, f"{component} has no process"
        return pid

    def processes(self) -> set[psutil.Process]:
        """Everything that runs for this project now."""
        return processes_of(self.root)


@contextmanager
def throwaway(settings: Mapping[str, str] | None = None, *, prefix: str = "t") -> Generator[Project]:
    """A configured project that is not up yet. Afterwards it is purged, and must leave no process and no file."""
    # PostgreSQL runs as another user where the tests run as root, and must be able to walk in; socket paths are short.
    root = Path(tempfile.mkdtemp(prefix="collab-", dir="/tmp"))
    root.chmod(0o755)
    born = root.stat().st_mtime
    project = Project(root=root, name=f"{prefix}{secrets.token_hex(3)}")
    project.configure({**GENEROUS_LIMITS, "gateway.port": str(free_port()), **(settings or {})})
    try:
        yield project
    finally:
        project.stop_commands()
        before, ports = project.processes(), project.ports()
        try:
            purged = project.run("down", "--purge", "--yes", timeout_s=120, expect=None)
            left = remaining(before | project.processes(), within_s=20)
            files = sorted(str(path) for path in project.state_directory.rglob("*"))
        finally:
            for process in before | project.processes():
                if alive(process):
                    process.kill()
            shutil.rmtree(root, ignore_errors=True)
        # 8: it was never up, which is nothing to complain about here
        assert purged.exit_code in {0, 8}, str(purged)
        assert not left, f"left running after down --purge: {describe(left)}"
        files += [
            str(path) for path in _sockets_since(born) if any(f"-{port}." in path.name for port in ports.values())
        ]
        assert not project.state_directory.exists(), f"left behind by down --purge: {files}"
        assert not files, f"left behind by down --purge: {files}"


def _sockets_since(born: float) -> list[Path]:
    """Sockets that appeared since then where SeaweedFS puts its own, which is the same place for everybody."""
    return [path for path in Path("/tmp").glob("*.sock") if _changed_at(path) >= born]  # noqa: S108


def _changed_at(path: Path) -> float:
    """Long ago where somebody else has removed it meanwhile."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0
