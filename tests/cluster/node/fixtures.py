"""The cluster as a fixture."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Generator

import pytest

from tests.containers.base import Unavailable

from . import additions
from .additions import Ingress
from .cluster import Cluster
from .select import open_cluster


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Generator[Cluster]:
    """One cluster for all tests. Where none can be had they are skipped and say why, but fail in CI."""
    try:
        with open_cluster(tmp_path_factory.mktemp("node")) as opened:
            yield opened
    except Unavailable as reason:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def ingress(cluster: Cluster) -> Ingress:
    """An ingress controller in that cluster."""
    return additions.ingress_controller(cluster)


@pytest.fixture(scope="session")
def metrics(cluster: Cluster) -> None:
    """The metrics API in that cluster."""
    additions.metrics(cluster)


@pytest.fixture
def namespace(cluster: Cluster) -> Generator[str]:
    """A namespace of the test's own, in which only pods that Pod Security calls restricted are admitted."""
    name = f"test-{secrets.token_hex(4)}"
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    metadata = {"name": name, "labels": labels}
    cluster.apply(json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}))
    cluster.kubectl("wait", "--for=create", f"--namespace={name}", "serviceaccount/default", "--timeout=60s")
    yield name
    cluster.kubectl("delete", "namespace", name, "--wait=false")
