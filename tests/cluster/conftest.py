"""Tests on a Kubernetes cluster."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cluster import workloads
from tests.cluster.node import Cluster
from tests.containers.base import ensure_base_archive

READY = "--timeout=60s"
TIMEOUT_S = 3600
"""For whichever test comes first and builds the cluster's programs; each wait inside has a limit of its own."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the tests of this directory that long."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent) and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(TIMEOUT_S))


@pytest.fixture(scope="session")
def image(cluster: Cluster) -> str:
    """The base image, on the cluster's node: made here, pulled from nowhere."""
    base = ensure_base_archive()
    cluster.load(base.archive)
    return base.reference


@pytest.fixture
def client(cluster: Cluster, namespace: str, image: str) -> str:
    """A pod to run commands in."""
    workloads.apply(cluster, namespace, workloads.pod("client", workloads.pod_spec(image, ["sleep", "infinity"])))
    cluster.kubectl("wait", f"--namespace={namespace}", "--for=condition=Ready", "pod/client", READY)
    return "client"


@pytest.fixture
def server(cluster: Cluster, namespace: str, image: str) -> str:
    """Two pods behind a service."""
    workloads.apply(cluster, namespace, *workloads.server(image, replicas=2))
    cluster.kubectl("rollout", "status", f"--namespace={namespace}", "deployment/server", READY)
    return "server"
