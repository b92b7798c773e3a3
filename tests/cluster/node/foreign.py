"""Clusters that are not ours to start from parts: one that kind makes, and one that was there before."""

from __future__ import annotations

import os
import secrets
import shlex
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from .cluster import Cluster, ClusterError

LOCAL_CONTEXTS = ("kind-", "k3d-", "minikube", "docker-desktop", "rancher-desktop", "collab-node")
CREATE_TIMEOUT_S = 600
LOAD_TIMEOUT_S = 300


class GivenCluster(Cluster):
    """The cluster of a kubeconfig. ``COLLAB_TEST_IMAGE_LOAD`` says how images get there: a command that an archive's
    path is put behind, such as ``k3d image import`` or ``minikube image load``."""

    def load(self, *archives: Path) -> None:
        """Run that command on each.

        :raises ClusterError: it is not set, or fails.
        """
        command = shlex.split(os.environ.get("COLLAB_TEST_IMAGE_LOAD", ""))
        if not command:
            raise ClusterError("set COLLAB_TEST_IMAGE_LOAD to load images, for example `k3d image import`")
        for archive in archives:
            _run([*command, str(archive)], LOAD_TIMEOUT_S)


class KindCluster(Cluster):
    """A cluster of one node in a container."""

    def __init__(self, name: str, directory: Path) -> None:
        super().__init__(kubeconfig=directory / "kubeconfig", logs=directory / "logs")
        self._name = name

    def load(self, *archives: Path) -> None:
        """Import into the container's containerd."""
        for archive in archives:
            _run(["kind", "load", "image-archive", f"--name={self._name}", str(archive)], LOAD_TIMEOUT_S)


def given_kubeconfig() -> Path | None:
    """``COLLAB_TEST_KUBECONFIG``; or ``KUBECONFIG``, if its context is one of a cluster for trying things out.

    Tests create and delete at will, and a developer's KUBECONFIG may well be production's.
    """
    if chosen := os.environ.get("COLLAB_TEST_KUBECONFIG"):
        return Path(chosen)
    path = os.environ.get("KUBECONFIG", "")
    if not path or os.pathsep in path or shutil.which("kubectl") is None:
        return None
    context = _run(["kubectl", f"--kubeconfig={path}", "config", "view", "--output=jsonpath={.current-context}"], 30)
    return Path(path) if context.startswith(LOCAL_CONTEXTS) else None


@contextmanager
def kind_cluster(directory: Path) -> Generator[KindCluster]:
    """A cluster by kind, until the block ends; its nodes' logs are then in ``directory/logs``."""
    name = f"collab-{secrets.token_hex(3)}"
    directory.mkdir(parents=True, exist_ok=True)
    cluster = KindCluster(name, directory)
    own = [f"--name={name}", f"--kubeconfig={cluster.kubeconfig}"]
    try:
        _run(["kind", "create", "cluster", *own, "--wait=180s"], CREATE_TIMEOUT_S)
        yield cluster
    finally:
        # Nothing to export is no reason to leave the cluster behind.
        subprocess.run(
            ["kind", "export", "logs", f"--name={name}", str(cluster.logs)],
            check=False,
            capture_output=True,
            timeout=LOAD_TIMEOUT_S,
        )
        _run(["kind", "delete", "cluster", *own], CREATE_TIMEOUT_S)


def _run(command: list[str], timeout_s: float) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=timeout_s, stdin=subprocess.DEVNULL
    )
    if done.returncode:
        raise ClusterError(f"`{' '.join(command)}` failed: {done.stderr.strip()[-2000:]}")
    return done.stdout
