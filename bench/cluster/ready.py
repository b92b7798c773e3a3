"""From a plan to everything ready in a one-node cluster that has the images, and the same again where all stands.

An empty namespace, `collab render` (charts, policies, secrets and certificates made), `kubectl apply`, until all pods
are ready: datastores made, migrations applied, services and gateway serving. Where Pulumi's engine is to be had
`collab up` is measured as well. Needs what ``tests/cluster`` needs.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from bench.system.report import Machine, Series, publish
from tests.cluster.e2e.fixtures import fresh
from tests.cluster.e2e.images import images_of_this_checkout
from tests.cluster.engine.test_engine import missing as missing_engine
from tests.cluster.node import Cluster, Ingress, open_cluster
from tests.cluster.node.additions import ingress_controller

RUNS = 3
READY_GOAL_S = 90
AGAIN_GOAL_S = 10
UP_TIMEOUT_S = 600


def main() -> None:
    """Measure and publish."""
    with (
        tempfile.TemporaryDirectory(prefix="collab-bench-", dir="/tmp") as folder,
        open_cluster(Path(folder)) as cluster,
    ):
        ingress = ingress_controller(cluster)
        machine = Machine.here()
        series = _rendered(cluster, ingress)
        if not missing_engine():
            series += _engine(cluster, ingress)
    publish("cluster_ready", "From plan to ready in a one-node cluster, images loaded", series, machine=machine)


def _rendered(cluster: Cluster, ingress: Ingress) -> list[Series]:
    images = images_of_this_checkout(cluster)
    first: list[float] = []
    again: list[float] = []
    for _ in range(RUNS):
        with fresh(cluster, ingress, images) as installation:
            first.append(installation.deploy())
            again.extend(installation.deploy() for _ in range(RUNS))
    return [
        Series(name="render, apply, all ready: empty namespace", unit="s", values=tuple(first), goal=READY_GOAL_S),
        Series(name="the same where all stands", unit="s", values=tuple(again), goal=AGAIN_GOAL_S),
    ]


def _engine(cluster: Cluster, ingress: Ingress) -> list[Series]:
    images = images_of_this_checkout(cluster)
    first: list[float] = []
    again: list[float] = []
    for _ in range(RUNS):
        with fresh(cluster, ingress, images) as installation:
            project = installation.project
            first.append(project.run("up", timeout_s=UP_TIMEOUT_S).elapsed_s)
            again.extend(project.run("up", timeout_s=UP_TIMEOUT_S).elapsed_s for _ in range(RUNS))
            project.run("down", "--purge", "--yes", timeout_s=UP_TIMEOUT_S)
    return [
        Series(name="first `collab up`, empty namespace", unit="s", values=tuple(first), goal=READY_GOAL_S),
        Series(name="`collab up` where all stands", unit="s", values=tuple(again), goal=AGAIN_GOAL_S),
    ]


if __name__ == "__main__":
    main()
