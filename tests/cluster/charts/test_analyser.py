"""A static analyser that others wrote finds nothing that is not answered in its configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cluster.charts.analyser import findings
from tests.cluster.charts.cases import CASES
from tests.cluster.charts.objects import one
from tests.cluster.charts.rendering import NAMES, Manifest, render
from tests.containers.base import Unavailable

ANALYSED = ("first-install", "tls-load-balancer-scaled", "plain-ingress", "external-stores", "smallest")


def analyse(manifests: list[Manifest], directory: Path) -> tuple[int, list[str]]:
    try:
        return findings(manifests, directory)
    except Unavailable as reason:
        pytest.skip(str(reason))


@pytest.mark.parametrize("case", ANALYSED)
def test_it_finds_nothing(case: str, tmp_path: Path) -> None:
    manifests = [manifest for chart in NAMES for manifest in render(chart, CASES[case].get(chart, {}))]
    passed, failed = analyse(manifests, tmp_path)
    assert failed == []
    assert passed > 300


def test_it_would_find_something(defaults: list[Manifest], tmp_path: Path) -> None:
    pod = one(defaults, "Deployment", "web")["spec"]["template"]["spec"]
    spoiled = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "spoiled", "namespace": "default"},
        "spec": pod | {"hostNetwork": True, "containers": [{"name": "a", "image": "web:latest"}]},
    }
    _, failed = analyse([spoiled], tmp_path)
    assert {"CKV_K8S_14", "CKV_K8S_19", "CKV_K8S_20", "CKV_K8S_22"} <= {said.partition(":")[0] for said in failed}
