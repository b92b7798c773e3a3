"""A project of its own with an editor that is built already, and an environment in it, as an operator has them."""

import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from collab_platform.checks import CheckResult, run_checks
from collab_platform.environment import Resolved, resolve
from collab_platform.targets import Plan, ReplicaStatus, Status, StepEvent
from collab_platform.targets.local import LocalTarget
from collab_platform.targets.local.editor import editor_fingerprint

DEADLINE_S = 100.0


@dataclass
class Site:
    """``target`` is made anew for each command, as it is for an operator."""

    root: Path
    name: str = "local"
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    events: list[StepEvent] = field(default_factory=list[StepEvent])

    @classmethod
    def make(cls, root: Path, *, name: str = "local", **settings: str) -> "Site":
        source = root / "services/web"
        (source / "dist").mkdir(parents=True, exist_ok=True)
        (source / "package.json").write_text("{}")
        (source / "dist/index.html").write_text("<!doctype html><title>collab</title>")
        (source / "dist/.collab-sources").write_text(editor_fingerprint(source))
        return cls(root=root, name=name, settings={key.replace("__", "."): value for key, value in settings.items()})

    @property
    def state(self) -> Path:
        return self.root / ".collab" / self.name

    @property
    def target(self) -> LocalTarget:
        return LocalTarget(self.resolved(), root=self.root)

    def resolved(self) -> Resolved:
        return resolve(name=self.name, file={}, file_name="", variables={}, flags=self.settings)

    def up(self, **settings: str) -> Plan:
        self.settings = {**self.settings, **{key.replace("__", "."): value for key, value in settings.items()}}
        self.events = []
        return self.target.up(self.events.append)

    def down(self, *, purge: bool = False) -> None:
        self.events = []
        self.target.down(self.events.append, purge=purge)

    def status(self) -> Status:
        return self.target.status()

    def replicas(self) -> dict[str, ReplicaStatus]:
        return {each.name: each for component in self.status().components for each in component.replicas}

    def pid(self, replica: str) -> int:
        pid = self.replicas()[replica].pid
        assert pid is not None, replica
        return pid

    def supervisor_pid(self) -> int:
        return int((self.state / "run/supervisord.pid").read_text())

    def check(self) -> list[CheckResult]:
        return run_checks(self.target.checks())

    def wait_healthy(self, *, but: Mapping[str, int] | None = None) -> dict[str, ReplicaStatus]:
        """Wait until all is healthy, and the replicas of ``but`` are no longer those processes."""
        found: dict[str, ReplicaStatus] = {}

        def healthy() -> bool:
            nonlocal found
            found = self.replicas()
            replaced = all(found[name].pid != pid for name, pid in (but or {}).items())
            return replaced and all(each.state == "healthy" for each in found.values())

        wait_until(healthy, lambda: f"healthy: {[each for each in found.values() if each.state != 'healthy']}")
        return found

    def processes(self) -> list[psutil.Process]:
        """Every process of the machine that runs below this project's folder."""
        found: list[psutil.Process] = []
        for process in psutil.process_iter():
            try:
                below = Path(process.cwd()).is_relative_to(self.root) or str(self.state) in process.cmdline()
                if below and process.status() != psutil.STATUS_ZOMBIE and process.pid != os.getpid():
                    found.append(process)
            except (psutil.Error, OSError):
                continue
        return found


def wait_until(holds: Callable[[], bool], what: Callable[[], str], deadline_s: float = DEADLINE_S) -> float:
    """Poll until ``holds``; the seconds it took."""
    started = time.monotonic()
    while not holds():
        assert time.monotonic() - started < deadline_s, what()
        time.sleep(0.03)
    return time.monotonic() - started


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
