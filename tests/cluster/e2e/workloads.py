"""How the pods of an installation are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.cluster.node import Cluster

PART_OF = "app.kubernetes.io/part-of=collab"
NAME = "app.kubernetes.io/name"
KINDS = "deployments,statefulsets"

Pod = Mapping[str, Any]


def pods(cluster: Cluster, namespace: str, component: str = "") -> list[Pod]:
    """Those that have not finished, of one component or of all."""
    selector = PART_OF + (f",{NAME}={component}" if component else "")
    items = cluster.get("pods", f"--namespace={namespace}", f"--selector={selector}")["items"]
    return [item for item in items if item["status"].get("phase") not in {"Succeeded", "Failed"}]


def is_ready(pod: Pod) -> bool:
    """Whether it answers, and is to stay."""
    conditions = {each["type"]: each["status"] for each in pod["status"].get("conditions", [])}
    return conditions.get("Ready") == "True" and "deletionTimestamp" not in pod["metadata"]


def restarts(pod: Pod) -> int:
    """How often its containers were started again."""
    return sum(each["restartCount"] for each in pod["status"].get("containerStatuses", []))


def readiness(cluster: Cluster, namespace: str) -> dict[str, tuple[int, int, int]]:
    """By component: pods that are ready, pods that there are, pods that there should be."""
    there = pods(cluster, namespace)
    wanted = cluster.get(KINDS, f"--namespace={namespace}", f"--selector={PART_OF}")["items"]
    found: dict[str, tuple[int, int, int]] = {}
    for item in wanted:
        component = item["metadata"]["labels"][NAME]
        own = [pod for pod in there if pod["metadata"]["labels"].get(NAME) == component]
        found[component] = (sum(map(is_ready, own)), len(own), int(item["spec"]["replicas"]))
    return found
