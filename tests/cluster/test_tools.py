"""The pinned tools run without a network, and find what is wrong."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tests.cluster import workloads
from tests.cluster.node import Cluster, Node, helm, kubeconform, kubernetes_version, schema_location


def judge(*objects: dict[str, Any]) -> tuple[bool, str]:
    """Whether kubeconform finds every object right, and what it says."""
    done = subprocess.run(
        [str(kubeconform()), "-strict", "-schema-location", schema_location(), "-"],
        input="\n---\n".join(json.dumps(one) for one in objects),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode == 0, done.stdout + done.stderr


def test_what_the_cluster_accepts_is_right() -> None:
    spec = workloads.pod_spec("image", ["true"], volumes={"/data": "data"})
    spec["containers"][0]["resources"] = {"requests": {"cpu": 1, "memory": "1Gi"}}
    objects = [*workloads.server("image", replicas=2), workloads.claim("data"), workloads.pod("one", spec)]
    assert judge(*objects) == (True, "")


@pytest.mark.parametrize(
    "change", [{"unknown": 1}, {"terminationGracePeriodSeconds": "soon"}, {"containers": [{"image": "nameless"}]}]
)
def test_what_is_not_described_is_wrong(change: dict[str, Any]) -> None:
    right, said = judge(workloads.pod("one", workloads.pod_spec("image", ["true"]) | change))
    assert not right
    assert next(iter(change)) in said


def test_a_kind_that_does_not_exist_is_wrong() -> None:
    right, said = judge(workloads.pod("one", {}) | {"apiVersion": "v9"})
    assert not right
    assert "could not find schema" in said


def test_helm_runs() -> None:
    done = subprocess.run([str(helm()), "version", "--short"], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.startswith("v4.")


def test_the_node_is_what_the_schemas_describe(cluster: Cluster) -> None:
    if not isinstance(cluster, Node):
        pytest.skip("a cluster that is not ours has the version that it has")
    assert json.loads(cluster.kubectl("get", "--raw=/version"))["gitVersion"] == kubernetes_version()
