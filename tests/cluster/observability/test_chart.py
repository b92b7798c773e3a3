"""The chart for every value that changes its shape: what it makes is right, closed, and reaches what it must."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from collab_platform.components.policies import check, from_manifest
from tests.cluster.node import helm
from tests.cluster.observability.chart import CHART, ECK, SERVICES, Manifest, judge, of, render, run, source, template
from tests.containers.base import Unavailable

EVERYTHING: dict[str, Any] = {
    "target": {"namespace": "collab"},
    "commonLabels": {"team": "editors"},
    "commonAnnotations": {"note": "ours"},
    "prometheus": {"namespace": "monitoring"},
    "monitors": {"labels": {"release": "prometheus"}},
    "probes": {"public": ["https://docs.example.org/"], "imagePullSecrets": [{"name": "registry"}]},
    "elk": {
        "enabled": True,
        "elasticsearch": {"storage": {"size": "10Gi", "className": "fast"}},
        "kibana": {"publicUrl": "https://logs.example.org"},
    },
}
SHAPES: list[dict[str, Any]] = [
    {},
    EVERYTHING,
    *(
        {
            "target": {"namespace": "collab"},
            "tls": {"inside": inside},
            "probes": {"enabled": probes},
            "monitors": {"enabled": monitors},
            "network": {"enabled": network},
            "elk": {"enabled": elk},
        }
        for inside, probes, monitors, network, elk in itertools.product((True, False), repeat=5)
    ),
    {"rules": {"enabled": False}, "dashboards": {"enabled": False}},
    {"probes": {"stores": [], "gateway": {"module": "tls"}}},
    {"tls": {"inside": False}, "probes": {"gateway": {"module": "none"}}},
    {"probes": {"gateway": {"address": "http://gateway.collab.svc/.well-known/jwks.json"}}},
]


def test_helm_finds_nothing_to_complain_of():
    for values in ((), ("--set", "elk.enabled=true")):
        done = run(helm(), "lint", "--strict", CHART, *values)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("values", SHAPES, ids=str)
def test_what_is_made_is_described_by_kubernetes_and_the_operators(values: dict[str, Any]):
    manifests = render(values)
    judged = judge(manifests)
    assert judged.returncode == 0, judged.stdout
    names = [(one["kind"], one["metadata"]["namespace"], one["metadata"]["name"]) for one in manifests]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("kind", "name", "breach"),
    [
        ("PodMonitor", "auth", {"podMetricsEndpoint": []}),
        ("Beat", "filebeat", {"daemonset": {}}),
        ("Elasticsearch", "elasticsearch", {"nodeSets": "three"}),
    ],
)
def test_a_custom_resource_that_is_wrong_would_be_found(kind: str, name: str, breach: dict[str, Any]):
    manifest = of(render(EVERYTHING), kind)[name]
    judged = judge([{**manifest, "spec": manifest["spec"] | breach}])
    assert judged.returncode != 0
    assert next(iter(breach)) in judged.stdout


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"monitor": {}}, "monitor"),
        ({"probes": {"image": {"tag": "latest"}}}, "/probes/image/tag"),
        ({"probes": {"image": {"tag": "", "digest": ""}}}, "an image needs a tag or a digest"),
        ({"rules": {"availability": 100}}, "/rules/availability"),
        ({"rules": {"thresholds": {"commitP99": 1}}}, "commitP99"),
        ({"probes": {"public": ["http://docs.example.org"]}}, "/probes/public/0"),
        ({"elk": {"version": "9"}}, "/elk/version"),
        ({"prometheus": {"podLabels": {"app.kubernetes.io/name": None}}}, "/prometheus/podLabels"),
    ],
)
def test_a_value_that_is_wrong_is_refused_by_its_name(values: dict[str, Any], said: str):
    done = template(values)
    assert done.returncode != 0
    assert said in done.stderr


def test_a_digest_wins_over_a_tag():
    digest = f"sha256:{'0' * 64}"
    (pod,) = of(render({"probes": {"image": {"digest": digest}}}), "Deployment").values()
    (container,) = pod["spec"]["template"]["spec"]["containers"]
    assert container["image"] == f"quay.io/prometheus/blackbox-exporter@{digest}"


def test_no_pod_of_ours_breaks_a_policy():
    manifests = render(EVERYTHING)
    assert {one["kind"] for one in manifests} >= {"Deployment", "Job"}
    assert [violation for one in manifests for violation in _check(one)] == []


def test_common_labels_and_annotations_are_on_every_object():
    for one in render(EVERYTHING):
        assert one["metadata"]["labels"]["team"] == "editors", one["kind"]
        assert one["metadata"]["labels"]["app.kubernetes.io/part-of"] == "collab", one["kind"]
        assert one["metadata"]["annotations"]["note"] == "ours", one["kind"]


@pytest.mark.parametrize("inside", [True, False])
def test_every_service_is_scraped_and_verified(inside: bool):
    monitors = of(render({"target": {"namespace": "collab"}, "tls": {"inside": inside}}), "PodMonitor")
    assert set(monitors) == {*SERVICES, "gateway"}
    for name in SERVICES:
        monitor = monitors[name]
        (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
        # The authority is read from a ConfigMap of the monitor's own namespace.
        assert monitor["metadata"]["namespace"] == "collab"
        assert monitor["spec"]["selector"]["matchLabels"]["app.kubernetes.io/name"] == name
        assert (endpoint["port"], endpoint["path"]) == ("http", "/metrics")
        assert endpoint["relabelings"] == [{"targetLabel": "component", "replacement": name}]
        if inside:
            assert endpoint["scheme"] == "https"
            assert endpoint["tlsConfig"] == {
                "serverName": f"{name}.collab.svc",
                "ca": {"configMap": {"name": "collab-trust", "key": "ca.crt"}},
            }
        else:
            assert endpoint["scheme"] == "http"
            assert "tlsConfig" not in endpoint


def test_what_counts_the_gateways_requests_is_scraped_and_only_prometheus_may():
    manifests = render({"target": {"namespace": "collab"}})
    monitor = of(manifests, "PodMonitor")["gateway"]
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    assert (endpoint["port"], endpoint["path"], endpoint["scheme"]) == ("metrics", "/metrics", "http")
    assert endpoint["relabelings"] == [{"targetLabel": "component", "replacement": "gateway"}]
    (rule,) = of(manifests, "NetworkPolicy")["observability-gateway-metrics"]["spec"]["ingress"]
    assert rule["ports"] == [{"port": 8083, "protocol": "TCP"}]
    assert [peer["podSelector"]["matchLabels"] for peer in rule["from"]] == [{"app.kubernetes.io/name": "prometheus"}]
    assert 8083 not in _ports(render({"monitors": {"enabled": False}}), "ingress", "gateway")


@pytest.mark.parametrize("inside", [True, False])
def test_what_is_probed_may_be_reached(inside: bool):
    manifests = render({"target": {"namespace": "collab"}, "tls": {"inside": inside}})
    probes = [
        address.removeprefix("https://").removeprefix("http://").split("/")[0]
        for probe in of(manifests, "Probe").values()
        for address in probe["spec"]["targets"]["staticConfig"]["static"]
    ]
    assert len(probes) == (7 if inside else 5)
    for probe in probes:
        host, _, port = probe.partition(":")
        component, namespace, _ = host.split(".")
        assert namespace == "collab"
        # A policy sees the pod's port, which for the gateway is not the Service's.
        wanted = {8443, 8080} if component == "gateway" else {int(port)}
        assert wanted <= _ports(manifests, "ingress", component), component
        assert wanted <= _ports(manifests, "egress", component), component


@pytest.mark.parametrize(
    ("gateway", "module", "address"),
    [
        ({}, "http", "https://gateway.collab.svc/.well-known/jwks.json"),
        ({"address": "http://gateway.collab.svc/"}, "http", "http://gateway.collab.svc/"),
        ({"module": "tls"}, "tls", "gateway.collab.svc:443"),
        ({"verify": False}, "http-unverified", "https://gateway.collab.svc/.well-known/jwks.json"),
        ({"module": "tls", "verify": False}, "tls-unverified", "gateway.collab.svc:443"),
        ({"module": "none"}, None, None),
    ],
)
def test_the_gateway_is_asked_as_it_lets_itself_be_asked(gateway: dict[str, Any], module: str | None, address: str):
    probes = of(render({"target": {"namespace": "collab"}, "probes": {"gateway": gateway}}), "Probe")
    found = {
        (probe["spec"]["module"], one)
        for probe in probes.values()
        for one in probe["spec"]["targets"]["staticConfig"]["static"]
        if "gateway" in one
    }
    assert found == ({(module, address)} if module else set())


def test_prometheus_alone_comes_from_elsewhere():
    manifests = [one for one in render(EVERYTHING) if one["metadata"]["namespace"] == "collab"]
    peers = [
        peer
        for policy in of(manifests, "NetworkPolicy").values()
        for rule in policy["spec"].get("ingress", [])
        for peer in rule["from"]
        if "namespaceSelector" in peer
    ]
    assert peers
    for peer in peers:
        assert peer["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "monitoring"}
        assert peer["podSelector"]["matchLabels"] == {"app.kubernetes.io/name": "prometheus"}


def test_logs_go_over_tls_from_the_one_namespace_that_may_read_files():
    manifests = render(EVERYTHING)
    beat = of(manifests, "Beat")["filebeat"]
    assert beat["metadata"]["namespace"] == "observability-node"
    assert beat["spec"]["config"]["filebeat.inputs"][0]["paths"] == ["/var/log/containers/*_collab_*.log"]
    output = beat["spec"]["config"]["output.logstash"]
    assert output["hosts"] == ["logstash-ls-beats.observability.svc:5044"]
    assert output["ssl.certificate_authorities"]
    (pipeline,) = of(manifests, "Logstash")["logstash"]["spec"]["pipelines"]
    assert "ssl_enabled => true" in pipeline["config.string"]
    (rule,) = of(manifests, "NetworkPolicy")["logstash"]["spec"]["ingress"]
    (peer,) = rule["from"]
    assert peer["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "observability-node"}


def test_another_retention_is_another_job():
    def name(days: int) -> str:
        return next(iter(of(render({"elk": {"enabled": True, "retentionDays": days}}), "Job")))

    assert name(14) != name(30)
    assert name(14) == name(14)


def test_the_eck_operator_stands_under_restricted_with_our_values():
    try:
        upstream = source(ECK) / "deploy" / "eck-operator"
    except Unavailable as error:
        pytest.skip(str(error))
    manifests = render(chart=upstream, file=CHART / "upstream" / "eck-operator.values.yaml")
    assert "elastic-operator" in of(manifests, "StatefulSet")
    assert [violation for one in manifests for violation in _check(one)] == []


def _check(manifest: Manifest) -> tuple[object, ...]:
    declared = from_manifest(manifest)
    return check(declared.type, declared.properties, name=declared.name)


def _ports(manifests: list[Manifest], direction: str, component: str) -> set[int]:
    """The ports of `component` that the policies let the blackbox exporter reach, seen from either end."""
    found: set[int] = set()
    for policy in of(manifests, "NetworkPolicy").values():
        for rule in policy["spec"].get(direction, []):
            ends = [policy["spec"]["podSelector"]] if direction == "ingress" else []
            ends += [peer["podSelector"] for peer in rule.get("to", []) if "podSelector" in peer]
            if any(_selects(end, component) for end in ends):
                found |= {port["port"] for port in rule["ports"]}
    return found


def _selects(selector: dict[str, Any], component: str) -> bool:
    labels = {"app.kubernetes.io/name": component, "app.kubernetes.io/part-of": "collab"}
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items()) and all(
        labels.get(one["key"]) in one["values"] for one in selector.get("matchExpressions", [])
    )
