"""What a cluster that applications run on has beside Kubernetes: a way in from outside, and metrics."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from . import toolchain
from .cluster import Cluster, ClusterError
from .images import program_image
from .own import Node

INGRESS = Path(__file__).with_name("ingress.yaml")
METRICS = Path(__file__).with_name("metrics.yaml")
TRAEFIK_IMAGE = "collab.local/traefik:3"
METRICS_IMAGE = "collab.local/metrics-server:0"
VERIFIED = "--kubelet-certificate-authority=/run/cluster/ca.crt"
READY_TIMEOUT_S = 300
INTERVAL_S = 0.5


@dataclass(frozen=True, kw_only=True)
class Ingress:
    """An ingress controller: its class, where its pods are, and where people find it."""

    class_name: str
    namespace: str
    address: str
    http_port: int
    https_port: int


def ingress_controller(cluster: Cluster) -> Ingress:
    """Traefik, from its Go module, ready to route. Built on first use, which takes minutes.

    :raises Unavailable: it cannot be built here.
    """
    cluster.load(program_image(TRAEFIK_IMAGE, toolchain.programs("traefik") / "traefik"))
    cluster.apply(INGRESS.read_text())
    namespace = "collab-ingress"
    waiting = ("rollout", "status", f"--namespace={namespace}", "deployment/traefik", f"--timeout={READY_TIMEOUT_S}s")
    cluster.kubectl(*waiting, timeout_s=READY_TIMEOUT_S + 10)
    spec = cluster.get("service", "traefik", f"--namespace={namespace}")["spec"]
    # Our own node gives a LoadBalancer its address; elsewhere the ports of the node are what surely answers.
    key = "port" if isinstance(cluster, Node) else "nodePort"
    ports = {entry["name"]: int(entry[key]) for entry in spec["ports"]}
    return Ingress(
        class_name="collab-test",
        namespace=namespace,
        address=cluster.address,
        http_port=ports["http"],
        https_port=ports["https"],
    )


def metrics(cluster: Cluster) -> None:
    """The metrics API, where the cluster has none; returns when it knows of a node.

    :raises ClusterError: it knows of none within five minutes.
    :raises Unavailable: it cannot be built here.
    """
    if "v1beta1.metrics.k8s.io" not in cluster.kubectl("get", "apiservices", "--output=name"):
        cluster.load(program_image(METRICS_IMAGE, toolchain.programs("metrics-server") / "metrics-server"))
        manifest = METRICS.read_text()
        if not isinstance(cluster, Node):
            manifest = manifest.replace(VERIFIED, "--kubelet-insecure-tls")
        cluster.apply(manifest)
    deadline = time.monotonic() + READY_TIMEOUT_S
    while True:
        try:
            cluster.kubectl("top", "nodes", "--no-headers")
        except ClusterError:
            if time.monotonic() > deadline:
                raise
            time.sleep(INTERVAL_S)
        else:
            return
