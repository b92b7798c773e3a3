"""A Kubernetes cluster for tests: one that is given, kind's, or a node made of the real components.

::

    with open_cluster(directory) as cluster:
        cluster.load(archive)          # images: `docker save`, or tests.containers.base.write_image
        cluster.apply(manifest)
        cluster.kubectl("rollout", "status", "deployment/x")

From a shell, ``python -m tests.cluster.node --help``.
"""

from __future__ import annotations

from .additions import Ingress
from .cluster import Cluster, ClusterError
from .own import Node
from .schemas import schema_location
from .select import open_cluster
from .toolchain import helm, kubeconform, kubernetes_version

__all__ = [
    "Cluster",
    "ClusterError",
    "Ingress",
    "Node",
    "helm",
    "kubeconform",
    "kubernetes_version",
    "open_cluster",
    "schema_location",
]
