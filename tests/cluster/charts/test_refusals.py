"""Values that make no sense are refused, with the place and the reason."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from tests.cluster.charts.cases import CASES
from tests.cluster.charts.definitions import completed, schema_of, shared
from tests.cluster.charts.rendering import NAMES, RefusedError, Values, merged, render

AUTH = "/services/auth"
WORKLOADS = {"services": ("services", "auth"), "gateway": (), "web": ()}
BAD_WORKLOADS: list[tuple[Values, str]] = [
    ({"replicas": 0}, "/replicas': minimum"),
    ({"replicas": "two"}, "/replicas': got string, want integer"),
    ({"repliacs": 2}, "'repliacs' not allowed"),
    ({"resources": {"limits": {"memory": None}}}, "/resources/limits': missing property 'memory'"),
    ({"resources": {"limits": {"memory": "lots"}}}, "/resources/limits/memory'"),
    ({"settings": {"collab_log_level": "info"}}, "collab_log_level"),
    ({"settings": {"COLLAB_PORT": 8080}}, "/settings/COLLAB_PORT': got number, want string"),
    ({"secrets": {"COLLAB_PASSWORD": "key"}}, "COLLAB_PASSWORD"),
    (
        {"network": {"egress": [{"component": "a", "namespace": "b", "ports": [1]}]}},
        "/network/egress/0': 'oneOf' failed",
    ),
    ({"network": {"egress": [{"component": "a"}]}}, "missing property 'ports'"),
    ({"network": {"ingress": [{"cidrs": ["everybody"], "ports": [80]}]}}, "/network/ingress/0/cidrs/0'"),
    ({"network": {"ingress": [{"component": "a", "ports": [70000]}]}}, "/network/ingress/0/ports/0': maximum"),
    (
        {"autoscaling": {"enabled": True, "minReplicas": 7, "maxReplicas": 3}},
        "minReplicas (7) is above maxReplicas (3)",
    ),
    ({"autoscaling": {"enabled": True, "cpuPercent": 0}}, "nothing to scale by"),
    ({"disruption": {"maxUnavailable": 0}}, "/disruption/maxUnavailable'"),
    ({"podLabels": {"app.kubernetes.io/name": "other"}}, "/podLabels/app.kubernetes.io~1name'"),
]
BAD_IMAGES: list[tuple[Values, str]] = [
    ({"tag": "latest", "digest": ""}, "/image/tag': 'not' failed"),
    ({"tag": "latest"}, "/image/tag': 'not' failed"),
    ({"tag": "", "digest": ""}, "/image/tag': minLength"),
    ({"repository": ""}, "/image/repository'"),
    ({"repository": "registry.example/collab:1.0"}, "/image/repository'"),
    ({"digest": "sha256:1234"}, "/image/digest'"),
    ({"pullPolicy": "Sometimes"}, "/image/pullPolicy'"),
]
ROUTE = {"ingress": {"kind": "gateway-api", "host": "docs.example.org"}}


def refusal(chart: str, values: Values) -> str:
    with pytest.raises(RefusedError) as refused:
        render(chart, merged(CASES["defaults"][chart], values))
    return str(refused.value)


def nested(path: tuple[str, ...], values: Values) -> Values:
    for key in reversed(path):
        values = {key: values}
    return values


@pytest.mark.parametrize(("values", "said"), BAD_WORKLOADS)
@pytest.mark.parametrize("chart", WORKLOADS)
def test_a_workload_that_cannot_be(chart: str, values: Values, said: str) -> None:
    assert said in refusal(chart, nested(WORKLOADS[chart], values))


@pytest.mark.parametrize(("values", "said"), BAD_IMAGES)
@pytest.mark.parametrize(
    ("chart", "path"),
    [("services", ()), ("gateway", ()), ("web", ()), *(("datastores", (name,)) for name in ("valkey",))],
)
def test_an_image_that_says_not_which(chart: str, path: tuple[str, ...], values: Values, said: str) -> None:
    assert said in refusal(chart, nested(path, {"image": values}))


@pytest.mark.parametrize(
    ("chart", "values", "said"),
    [
        ("services", {"services": {"search": {}}}, "'search' not allowed"),
        ("services", {"services": {"auth": {"ports": ["websocket"]}}}, f"{AUTH}/ports'"),
        (
            "services",
            {"services": {"auth": {"settings": {"COLLAB_DRAIN_TIMEOUT_S": "16"}}}},
            "COLLAB_DRAIN_TIMEOUT_S (16) is above drainSeconds (15)",
        ),
        (
            "services",
            {"services": {"auth": {"settings": {"COLLAB_SIGNING_KEY_FILE": "/elsewhere"}}}},
            "COLLAB_SIGNING_KEY_FILE is both in settings and in secrets",
        ),
        (
            "services",
            {"services": {"auth": {"secrets": {"COLLAB_DATABASE_PASSWORD_FILE": None}}}},
            "services.auth.secrets: COLLAB_DATABASE_PASSWORD_FILE is missing",
        ),
        ("services", {"migrations": {"bootstrap": {"enabled": True}}}, "/migrations/bootstrap/image"),
        ("services", {"migrations": {"activeDeadlineSeconds": 0}}, "/migrations/activeDeadlineSeconds': minimum"),
        ("gateway", {"ingress": {"kind": "ingress"}}, "/ingress/host': minLength"),
        ("gateway", {"ingress": {"kind": "nginx"}}, "/ingress/kind'"),
        ("gateway", ROUTE, "/ingress/gateway/name': minLength"),
        ("gateway", {"ingress": {"paths": [{"path": "api", "component": "gateway"}]}}, "/ingress/paths/0/path'"),
        ("gateway", {"ingress": {"paths": [{"path": "/", "component": "auth"}]}}, "/ingress/paths/0/component'"),
        ("gateway", {"clientCa": {"enabled": True}}, "needs tls.serve"),
        ("gateway", {"service": {"loadBalancerSourceRanges": ["192.0.2.0/24"]}}, "does nothing for type ClusterIP"),
        ("gateway", {"files": {"../nginx.conf": ""}}, "/files': additional properties"),
        ("datastores", {"postgresql": {"replicas": 2}}, "'replicas' not allowed"),
        ("datastores", {"postgresql": {"storage": {"size": "big"}}}, "/postgresql/storage/size'"),
        ("datastores", {"valkey": {"storage": {"size": "1Gi"}}}, "'storage' not allowed"),
    ],
)
def test_what_only_one_chart_has(chart: str, values: Values, said: str) -> None:
    assert said in refusal(chart, values)


@pytest.mark.parametrize("chart", NAMES)
def test_unknown_keys(chart: str) -> None:
    assert "additional properties 'replicaCount' not allowed" in refusal(chart, {"replicaCount": 2})


@pytest.mark.parametrize("chart", NAMES)
def test_alone_a_chart_asks_for_its_image(chart: str) -> None:
    with pytest.raises(RefusedError, match=r"image/repository': '' does not match"):
        render(chart, {})


@pytest.mark.parametrize("chart", NAMES)
def test_a_kubernetes_too_old_for_a_sleep_before_the_end(chart: str) -> None:
    with pytest.raises(RefusedError, match=r"incompatible with Kubernetes v1\.29\.9"):
        render(chart, CASES["defaults"][chart], "--kube-version", "1.29.9")
    assert render(chart, CASES["defaults"][chart], "--kube-version", "1.30.0")


@pytest.mark.parametrize("chart", NAMES)
def test_a_schema_holds_the_shared_definitions_as_they_are(chart: str) -> None:
    schema: dict[str, Any] = json.loads(schema_of(chart).read_text())
    assert schema == completed(schema), "python -m tests.cluster.charts.definitions"
    assert len(schema["$defs"].keys() & shared().keys()) > 5


@pytest.mark.parametrize("chart", NAMES)
def test_every_object_of_a_schema_is_closed_or_a_map(chart: str) -> None:
    allowed = ("/global", "/metrics/items")
    found = _open_objects(json.loads(schema_of(chart).read_text()), chart)
    assert [path for path in found if not path.endswith(allowed)] == []


def _open_objects(schema: Any, path: str) -> list[str]:
    if isinstance(schema, list):
        return [found for one in cast("list[Any]", schema) for found in _open_objects(one, path)]
    if not isinstance(schema, dict):
        return []
    mapping = cast("dict[str, Any]", schema)
    own = [path] if mapping.get("type") == "object" and "additionalProperties" not in mapping else []
    return own + [found for key, value in mapping.items() for found in _open_objects(value, f"{path}/{key}")]
