"""A real API server takes every object, and its Pod Security every pod. Nothing is kept: all is a dry run.

What this does not prove: that the pods work.
"""

from __future__ import annotations

import json

import pytest

from tests.cluster.charts.cases import CASES
from tests.cluster.charts.objects import component_of, name_of, of_kind, pods
from tests.cluster.charts.rendering import NAMES, Manifest, render
from tests.cluster.node import Cluster, ClusterError

TRIED = (
    "first-install",
    "tls-load-balancer-scaled",
    "plain-ingress",
    "external-stores",
    "placed",
    "largest",
    "smallest",
)
OUT_OF_TREE = "HTTPRoute"


def manifests(case: str, namespace: str) -> list[Manifest]:
    found = [
        manifest
        for chart in NAMES
        for manifest in render(chart, CASES[case].get(chart, {}), namespace=namespace)
        if manifest["kind"] != OUT_OF_TREE
    ]
    assert {manifest["metadata"]["namespace"] for manifest in found} == {namespace}
    return found


def dry_run(cluster: Cluster, objects: list[Manifest]) -> str:
    """What the server says of them, warnings included. Raises :class:`ClusterError` where it refuses one."""
    listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    arguments = (
        "apply",
        "--server-side",
        "--dry-run=server",
        "--validate=strict",
        "--warnings-as-errors",
        "--filename=-",
    )
    return cluster.kubectl(*arguments, text=listed)


@pytest.mark.parametrize("case", TRIED)
def test_the_api_server_takes_every_object(case: str, cluster: Cluster, namespace: str) -> None:
    found = manifests(case, namespace)
    assert len(dry_run(cluster, found).splitlines()) == len(found)


@pytest.mark.parametrize("case", ["first-install", "smallest"])
def test_pod_security_admits_every_pod(case: str, cluster: Cluster, namespace: str) -> None:
    found = manifests(case, namespace)
    cluster.apply(json.dumps({"apiVersion": "v1", "kind": "List", "items": of_kind(found, "ServiceAccount")}))
    for owner, template in pods(found):
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {**template["metadata"], "name": component_of(owner), "namespace": namespace},
            "spec": template["spec"] | {"volumes": _volumes(owner, template["spec"]["volumes"])},
        }
        assert name_of(pod) in dry_run(cluster, [pod])


def test_pod_security_would_refuse(cluster: Cluster, namespace: str) -> None:
    found = manifests("smallest", namespace)
    cluster.apply(json.dumps({"apiVersion": "v1", "kind": "List", "items": of_kind(found, "ServiceAccount")}))
    [template] = [pod for owner, pod in pods(found) if name_of(owner) == "web"]
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web", "namespace": namespace},
        "spec": {**template["spec"], "securityContext": {"runAsUser": 0}},
    }
    with pytest.raises(ClusterError, match="violates PodSecurity"):
        dry_run(cluster, [pod])


def _volumes(owner: Manifest, volumes: list[Manifest]) -> list[Manifest]:
    claims = owner["spec"].get("volumeClaimTemplates", [])
    return volumes + [
        {"name": claim["metadata"]["name"], "persistentVolumeClaim": {"claimName": "any"}} for claim in claims
    ]
