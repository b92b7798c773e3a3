"""Fixtures that suites of several folders share: pytest makes each once for all that ask for it."""

from __future__ import annotations

from tests.cluster.e2e.fixtures import images, installation
from tests.cluster.node.fixtures import cluster, ingress, metrics, namespace
from tests.effort import load_profile

__all__ = ["cluster", "images", "ingress", "installation", "metrics", "namespace"]

load_profile()
