"""A one-node Kubernetes of our own: the real components, in namespaces that end with it."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import cached_property
from ipaddress import IPv4Address
from pathlib import Path
from typing import Self

from filelock import FileLock, Timeout

from tests.containers.base import caches, cgroups, network, packages
from tests.containers.base.capsule import Capsule, CapsuleError

from . import credentials, plan, toolchain
from .cluster import Cluster, ClusterError
from .images import system_images

PROGRAMS = {
    "containerd": "containerd",
    "ctr": "containerd",
    "runc": "runc",
    "ptp": "containernetworking-plugins",
    "portmap": "containernetworking-plugins",
    "iptables": "iptables",
    "nft": "nftables",
    "ip": "iproute2",
}
HIDDEN = (Path("/run"), Path("/var"), Path("/proc"), Path("/sys"), Path("/dev"))
"""What the node sees its own of: it would not find its directory there."""
INIT = Path(__file__).with_name("init.sh")
ADDONS = Path(__file__).with_name("addons.yaml")
CTR = ("ctr", f"--address={plan.CONTAINERD}", "--namespace=k8s.io")
START_TIMEOUT_S = 180
LOAD_TIMEOUT_S = 300
ATTEMPT_TIMEOUT_S = 10
INTERVAL_S = 0.25
TAIL_BYTES = 1500


class Node(Cluster):
    """A node whose every file is in one directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory.absolute()
        self._started: Capsule | None = None
        super().__init__(
            kubeconfig=self.directory / "etc" / "pki" / "admin.kubeconfig",
            logs=self.directory / "logs",
        )

    @cached_property
    def kubectl_program(self) -> Path:
        """The pinned one, of the node's own version."""
        return self._programs / "kubectl"

    @classmethod
    def up(cls, directory: Path, *, detached: bool = False) -> Self:
        """Start a node and wait until pods run on it. First use builds its programs, which takes minutes.

        If ``detached`` it lives until some process calls :meth:`down`; else at most as long as this thread.

        :raises Unavailable: this machine cannot run one.
        :raises ClusterError: the directory has a node already, or a component does not start: its log's end is told.
        """
        for path in (directory.absolute(), Path(sys.prefix), caches.root()):
            if any(path.is_relative_to(hidden) for hidden in HIDDEN):
                places = ", ".join(map(str, HIDDEN))
                raise ClusterError(f"{path} is out of a node's sight, below one of {places}: choose another place")
        packages.ensure(PROGRAMS)
        node = cls(directory)
        images = system_images()
        node.directory.mkdir(parents=True, exist_ok=True)
        with node._locked():
            if node.running:
                raise ClusterError(f"{directory} has a running node; take it down first")
            node._clear()
            shutil.rmtree(node.logs, ignore_errors=True)
            try:
                node._start(detached)
                node._wait(images)
            except BaseException:
                node._clear()
                raise
        return node

    def down(self) -> None:
        """End the node and remove all it had but its logs. A node that is down stays so."""
        if self.directory.exists():
            with self._locked():
                self._clear()

    @property
    def running(self) -> bool:
        """Whether any of its processes may be there."""
        return (capsule := self._capsule()) is not None and capsule.alive

    @property
    def environment(self) -> dict[str, str]:
        """Also keeps clients from looking for the node behind an HTTP proxy."""
        return super().environment | {"NO_PROXY": self._state()["address"], "no_proxy": self._state()["address"]}

    def load(self, *archives: Path) -> None:
        """Import into containerd.

        :raises ClusterError: the node is down, or an archive is no image.
        """
        for archive in archives:
            with archive.open("rb") as content:
                done = subprocess.run(
                    self._inside(*CTR, "images", "import", "-"),
                    stdin=content,
                    capture_output=True,
                    check=False,
                    timeout=LOAD_TIMEOUT_S,
                )
            if done.returncode:
                raise ClusterError(f"{archive} was not loaded: {done.stderr.decode(errors='replace').strip()}")

    def kill_container(self, container: str) -> None:
        """SIGKILL the first process of a container, by the id in its pod's status: nobody inside is asked.

        :raises ClusterError: the node has no such container.
        """
        done = subprocess.run(
            self._inside(*CTR, "tasks", "kill", "--signal=SIGKILL", container.removeprefix("containerd://")),
            capture_output=True,
            text=True,
            check=False,
            timeout=ATTEMPT_TIMEOUT_S,
        )
        if done.returncode:
            raise ClusterError(f"{container} was not killed: {done.stderr.strip()}")

    @property
    def _programs(self) -> Path:
        return toolchain.programs("kubernetes")

    def _start(self, detached: bool) -> None:
        identity = secrets.token_hex(4)
        state = {"cgroup": f"collab-{identity}", "uplink": f"collab{identity}", "address": ""}
        self._remember(state)
        for part in ("etc/cni", "etc/pki", "logs", "var/lib/volumes", "var/log", "var/tmp"):
            (self.directory / part).mkdir(parents=True, exist_ok=True)
        (self.directory / "var" / "run").symlink_to("/run")
        cgroups.create(state["cgroup"])
        configuration = self.directory / "etc" / "supervisord.conf"
        supervisor = [sys.executable, "-m", "supervisor.supervisord", "--configuration", str(configuration)]
        capsule = Capsule.start(
            ["sh", str(INIT), str(self.directory), plan.NODE_NAME, *supervisor],
            log=self.logs / "init.log",
            environment=_environment(),
            network=True,
            detached=detached,
        )
        capsule.save(self.directory / "capsule.json")
        self._started = capsule
        address = network.add_uplink(state["uplink"], capsule.init())[2]
        self._remember(state | {"address": str(address)})
        self._configure(address, state["cgroup"])
        capsule.release()

    def _configure(self, address: IPv4Address, cgroup: str) -> None:
        containerd, cni = packages.find("containerd"), packages.find("ptp")
        assert containerd is not None
        assert cni is not None
        design = plan.Plan(
            directory=self.directory,
            programs=self._programs,
            containerd=containerd,
            cni=cni.parent,
            address=address,
            cgroup=cgroup,
        )
        credentials.write(design)
        for name, content in plan.files(design).items():
            (design.configuration / name).write_text(content)

    def _wait(self, images: list[Path]) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        self._until(deadline, lambda: self.load(*images))
        self._until(deadline, lambda: self.kubectl("get", "--raw=/readyz", timeout_s=ATTEMPT_TIMEOUT_S))
        self._until(deadline, lambda: self.apply(ADDONS.read_text()))
        for command in (
            ("wait", "--for=create", f"node/{plan.NODE_NAME}"),
            ("wait", "--for=condition=Ready", f"node/{plan.NODE_NAME}"),
            ("wait", "--for=create", "--namespace=default", "serviceaccount/default"),
            ("rollout", "status", "--namespace=kube-system", "deployment/coredns"),
        ):
            limit = f"--timeout={ATTEMPT_TIMEOUT_S}s"
            self._until(deadline, lambda command=command, limit=limit: self.kubectl(*command, limit))

    def _until(self, deadline: float, attempt: Callable[[], object]) -> None:
        while True:
            try:
                attempt()
            except ClusterError as error:
                if not self.running or time.monotonic() > deadline:
                    raise ClusterError(f"the node does not start: {error}\n{self._tails()}") from error
                time.sleep(INTERVAL_S)
            else:
                return

    def _tails(self) -> str:
        logs = (path for path in sorted(self.logs.glob("*.log")) if path.stat().st_size)
        return "\n".join(f"--- {path.name}\n{path.read_text(errors='replace')[-TAIL_BYTES:]}" for path in logs)

    def _inside(self, *command: str) -> list[str]:
        capsule = self._capsule()
        if capsule is None:
            raise ClusterError(f"{self.directory} has no node")
        try:
            return capsule.enter(*command)
        except CapsuleError as error:
            raise ClusterError(f"{self.directory} has no running node") from error

    def _capsule(self) -> Capsule | None:
        path = self.directory / "capsule.json"
        return self._started or (Capsule.load(path) if path.exists() else None)

    def _state(self) -> dict[str, str]:
        return json.loads((self.directory / "node.json").read_text())

    def _remember(self, state: dict[str, str]) -> None:
        """What exists outside the directory is written down before it is made: a killed start can be cleared too."""
        (self.directory / "node.json").write_text(json.dumps(state))

    def _clear(self) -> None:
        if (capsule := self._capsule()) is not None:
            capsule.end()
            self._started = None
        if (self.directory / "node.json").exists():
            state = self._state()
            network.remove(state["uplink"])
            cgroups.remove(state["cgroup"])
        for part in ("etc", "var", "sysctl"):
            if (self.directory / part).exists():
                shutil.rmtree(self.directory / part)
        for part in ("capsule.json", "node.json"):
            (self.directory / part).unlink(missing_ok=True)

    @contextmanager
    def _locked(self) -> Generator[None]:
        try:
            with FileLock(self.directory / ".lock", timeout=0):
                yield
        except Timeout as error:
            raise ClusterError(f"another process is starting or ending the node in {self.directory}") from error


def _environment() -> dict[str, str]:
    """Nothing of the caller's but where programs are: no proxy, no credentials."""
    return {"PATH": os.pathsep.join([os.environ.get("PATH", os.defpath), *packages.SEARCHED]), "HOME": "/root"}
