"""The suite runs on a cluster that is given, and never on one that is given by accident."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from tests.cluster.node import Cluster, ClusterError, Node, open_cluster
from tests.cluster.node.foreign import GivenCluster, given_kubeconfig
from tests.containers.base import ensure_base_archive

ROOT = Path(__file__).parents[2]


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment that names no cluster."""
    for name in ("COLLAB_TEST_NODE", "COLLAB_TEST_KUBECONFIG", "COLLAB_TEST_IMAGE_LOAD", "KUBECONFIG"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_a_given_cluster_is_used_and_stays(cluster: Cluster, tmp_path: Path, bare: pytest.MonkeyPatch) -> None:
    if not isinstance(cluster, Node):
        pytest.skip("the cluster of this run is a given one or kind's, so every test here tests that")
    load = [sys.executable, "-m", "tests.cluster.node", "load", "--dir", str(cluster.directory)]
    bare.setenv("COLLAB_TEST_KUBECONFIG", str(cluster.kubeconfig))
    bare.chdir(ROOT)
    with open_cluster(tmp_path) as given:
        assert isinstance(given, GivenCluster)
        assert given.address == cluster.address
        with pytest.raises(ClusterError, match="set COLLAB_TEST_IMAGE_LOAD"):
            given.load(ensure_base_archive().archive)
        bare.setenv("COLLAB_TEST_IMAGE_LOAD", " ".join(load))
        given.load(ensure_base_archive().archive)
        with pytest.raises(ClusterError, match="was not loaded"):
            given.load(Path(__file__))
    assert cluster.kubectl("get", "--raw=/readyz") == "ok"


@pytest.mark.parametrize(("context", "used"), [("production", False), ("kind-trial", True), ("k3d-trial", True)])
def test_a_developers_own_cluster_is_left_alone(
    cluster: Cluster, tmp_path: Path, bare: pytest.MonkeyPatch, context: str, used: bool
) -> None:
    path = tmp_path / "config"
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "Config", "current-context": context}))
    bare.setenv("KUBECONFIG", str(path))
    bare.setenv("PATH", f"{cluster.kubectl_program.parent}{os.pathsep}{os.environ['PATH']}")
    assert (given_kubeconfig() == path) == used
