"""Our own node stands beside others, and leaves nothing behind, however it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path

import psutil
import pytest

from tests.cluster.node import Cluster, ClusterError, Node
from tests.containers.base import Unavailable

ROOT = Path(__file__).parents[2]


@pytest.fixture
def node(tmp_path: Path, cluster: Cluster) -> Generator[Node]:
    """A node beside the one that the other tests use."""
    try:
        started = Node.up(tmp_path / "second")
    except Unavailable as reason:
        if os.environ.get("CI") and isinstance(cluster, Node):
            raise
        pytest.skip(str(reason))
    try:
        yield started
    finally:
        started.down()


def traces(state: dict[str, str], directory: Path) -> list[str]:
    """What of a node is still on this machine."""
    # Not by glob: that fails when somebody else's group goes while it looks.
    groups = [f"{path}/{state['cgroup']}" for path, names, _ in os.walk("/sys/fs/cgroup") if state["cgroup"] in names]
    devices = [str(path) for path in Path("/sys/class/net").glob(state["uplink"])]
    mounts = [line for line in Path("/proc/self/mounts").read_text().splitlines() if str(directory) in line]
    processes = [
        str(process.pid)
        for process in psutil.process_iter()
        if any(str(directory) in argument for argument in _arguments(process))
    ]
    files = [str(path) for path in directory.iterdir() if path.name not in {"logs", ".lock"}]
    return [*groups, *devices, *mounts, *processes, *files]


def _arguments(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline() if process.pid != os.getpid() else []
    except (psutil.Error, OSError):
        return []


def test_two_nodes_are_two_clusters(node: Node, cluster: Cluster) -> None:
    node.kubectl("create", "namespace", "only-here")
    assert node.address != cluster.address
    with pytest.raises(ClusterError, match="not found"):
        cluster.get("namespace", "only-here")


def test_a_directory_has_one_node(node: Node) -> None:
    with pytest.raises(ClusterError, match="has a running node"):
        Node.up(node.directory)
    assert node.kubectl("get", "--raw=/readyz") == "ok"


def test_nothing_is_left(node: Node) -> None:
    state = json.loads((node.directory / "node.json").read_text())
    assert traces(state, node.directory)
    node.down()
    assert traces(state, node.directory) == []
    assert (node.logs / "kube-apiserver.log").stat().st_size
    node.down()


def test_a_killed_node_is_cleared_by_the_next_start(node: Node) -> None:
    state = json.loads((node.directory / "node.json").read_text())
    os.kill(json.loads((node.directory / "capsule.json").read_text())["pid"], signal.SIGKILL)
    deadline = time.monotonic() + 30
    while node.running:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    with pytest.raises(ClusterError, match="no running node"):
        node.load(Path(__file__))
    again = Node.up(node.directory)
    assert again.kubectl("get", "--raw=/readyz") == "ok"
    again.down()
    assert traces(state, node.directory) == []


@pytest.mark.usefixtures("node")
def test_the_command_line(tmp_path: Path) -> None:
    """What `up` starts stays until `down`."""
    directory = tmp_path / "by-hand"
    up = _command("up", "--dir", str(directory))
    try:
        assert up.returncode == 0, up.stderr
        said = dict(line.split("\t") for line in up.stdout.splitlines())
        ask = [said["kubectl"], f"--kubeconfig={said['kubeconfig']}", "get", "--raw=/readyz"]
        assert subprocess.run(ask, capture_output=True, check=True, timeout=30).stdout == b"ok"
        assert said["address"] in Path(said["kubeconfig"]).read_text()
        again = _command("up", "--dir", str(directory))
        assert (again.returncode, "has a running node" in again.stderr) == (1, True)
    finally:
        state = json.loads((directory / "node.json").read_text())
        down = _command("down", "--dir", str(directory))
    assert down.returncode == 0, down.stderr
    assert traces(state, directory) == []


def test_a_node_must_see_its_own_directory() -> None:
    """Refused before anything is made."""
    refused = _command("up", "--dir", "/run/node")
    assert (refused.returncode, "choose another place" in refused.stderr) == (1, True)
    assert not Path("/run/node").exists()


def test_ending_what_never_was_is_no_error(tmp_path: Path) -> None:
    assert _command("down", "--dir", str(tmp_path / "never-was")).returncode == 0


def _command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.cluster.node", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
        cwd=ROOT,
    )


def test_a_node_ends_with_who_started_it(tmp_path: Path, node: Node) -> None:
    """However that ends; `up` from the command line starts one that stays."""
    directory = tmp_path / "third"
    program = (
        "import os, pathlib, signal, sys\nfrom tests.cluster.node import Node\n"
        "Node.up(pathlib.Path(sys.argv[1]))\nos.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(directory)], check=False, timeout=240, cwd=ROOT)
    assert done.returncode == -signal.SIGKILL
    state = json.loads((directory / "node.json").read_text())
    deadline = time.monotonic() + 30
    while Node(directory).running:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    Node(directory).down()
    assert traces(state, directory) == []
    assert node.kubectl("get", "--raw=/readyz") == "ok"
