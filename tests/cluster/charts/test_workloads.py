"""How pods are started, found, scaled and ended."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from tests.cluster.charts.cases import CASES, SCALED, SERVICES, STORES, everywhere, workloads
from tests.cluster.charts.objects import environment, mount, name_of, of_kind, one, pods, volumes
from tests.cluster.charts.rendering import CHARTS, Manifest, Values, merged, render

SCALING = (*SERVICES, "gateway", "web")


def container(manifest: Manifest) -> dict[str, Any]:
    [found] = manifest["spec"]["template"]["spec"]["containers"]
    return found


def services(*layers: Values) -> list[Manifest]:
    return render("services", merged(CASES["defaults"]["services"], *layers))


def test_collaboration_has_a_name_for_each_replica(defaults: list[Manifest]) -> None:
    spec = one(defaults, "StatefulSet", "collaboration")["spec"]
    assert (spec["podManagementPolicy"], spec["serviceName"]) == ("Parallel", "collaboration")
    for name in SERVICES[:3]:
        strategy = one(defaults, "Deployment", name)["spec"]["strategy"]
        assert strategy == {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}


@pytest.mark.parametrize(
    ("values", "count"),
    [
        ({"replicas": 1}, 1),
        ({"replicas": 3}, 3),
        ({"replicas": 3, "autoscaling": {"maxReplicas": 12}}, 3),
        ({"replicas": 3, "autoscaling": {"enabled": True, "maxReplicas": 12}}, 12),
        ({"replicas": 9, "autoscaling": {"enabled": True, "maxReplicas": 5}}, 9),
    ],
)
def test_a_service_for_each_replica_that_there_may_ever_be(values: Values, count: int) -> None:
    manifests = services({"services": {"collaboration": values}})
    replicas = [name for name in map(name_of, of_kind(manifests, "Service")) if name.startswith("collaboration-")]
    assert replicas == [f"collaboration-{number}" for number in range(count)]
    ports = one(manifests, "Service", "collaboration-0")["spec"]["ports"]
    assert {port["name"]: port["port"] for port in ports} == {"http": 8080, "websocket": 8081}


@pytest.mark.parametrize("name", SCALING)
def test_what_scales_leaves_its_replicas_to_the_autoscaler(name: str) -> None:
    chart = name if name in {"gateway", "web"} else "services"
    scaled = render(chart, merged(CASES["defaults"], workloads(SCALED))[chart])
    kind = "StatefulSet" if name == "collaboration" else "Deployment"
    assert "replicas" not in one(scaled, kind, name)["spec"]
    spec = one(scaled, "HorizontalPodAutoscaler", name)["spec"]
    assert spec["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": kind, "name": name}
    assert (spec["minReplicas"], spec["maxReplicas"]) == (3, 9)
    assert [metric["type"] for metric in spec["metrics"]] == ["Resource", "Pods"]
    assert spec["behavior"]["scaleDown"]["stabilizationWindowSeconds"] == 300


def test_scaling_may_go_by_a_metric_alone() -> None:
    alone = {"services": {"collaboration": merged(SCALED, {"autoscaling": {"cpuPercent": 0}})}}
    spec = one(services(alone), "HorizontalPodAutoscaler", "collaboration")["spec"]
    assert [metric["type"] for metric in spec["metrics"]] == ["Pods"]


def test_without_an_autoscaler_replicas_are_said(defaults: list[Manifest]) -> None:
    assert of_kind(defaults, "HorizontalPodAutoscaler") == []
    assert {name_of(owner): owner["spec"].get("replicas") for owner, _ in pods(defaults) if owner["kind"] != "Job"} == {
        **dict.fromkeys(SCALING, 2),
        **dict.fromkeys(STORES, 1),
    }


def test_a_pod_that_ends_has_time_to_drain_and_services_have_more_than_the_gateway(
    installed: list[Manifest],
) -> None:
    drains: dict[str, int] = {}
    for owner, pod in pods(installed):
        if owner["kind"] == "Job" or name_of(owner) in STORES:
            continue
        [one_container] = pod["spec"]["containers"]
        assert one_container["lifecycle"] == {"preStop": {"sleep": {"seconds": 5}}}
        drains[name_of(owner)] = pod["spec"]["terminationGracePeriodSeconds"] - 15
        if name_of(owner) in SERVICES:
            assert environment(one_container)["COLLAB_DRAIN_TIMEOUT_S"] == str(drains[name_of(owner)])
    if len(set(drains.values())) > 1:
        assert drains["gateway"] < min(drains[name] for name in SERVICES)


def test_stores_have_longer_to_end(defaults: list[Manifest]) -> None:
    grace = {
        name: one(defaults, "StatefulSet", name)["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
        for name in STORES
    }
    assert grace == {"postgresql": 60, "valkey": 10, "seaweedfs": 30}


def test_stores_keep_their_volumes_and_valkey_has_none(defaults: list[Manifest]) -> None:
    for name in ("postgresql", "seaweedfs"):
        spec = one(defaults, "StatefulSet", name)["spec"]
        assert spec["persistentVolumeClaimRetentionPolicy"] == {"whenDeleted": "Retain", "whenScaled": "Retain"}
        [claim] = spec["volumeClaimTemplates"]
        assert claim["spec"]["resources"]["requests"]["storage"] == "10Gi"
        assert "storageClassName" not in claim["spec"]
    valkey = one(defaults, "StatefulSet", "valkey")["spec"]
    assert "volumeClaimTemplates" not in valkey
    assert volumes(valkey["template"])["data"]["emptyDir"]["sizeLimit"]


@pytest.mark.parametrize("inside", [True, False])
def test_services_speak_tls_where_all_do(inside: bool) -> None:
    manifests = services({"tls": {"inside": inside}})
    for name in SERVICES:
        owner = one(manifests, "StatefulSet" if name == "collaboration" else "Deployment", name)
        assert container(owner)["readinessProbe"]["httpGet"]["scheme"] == ("HTTPS" if inside else "HTTP")
        given = environment(container(owner))
        assert ("COLLAB_TLS_CERT_FILE" in given, "COLLAB_CA_FILE" in given) == (inside, inside)
        paths = {one_mount["mountPath"] for one_mount in container(owner)["volumeMounts"]}
        assert ({"/run/tls", "/run/trust"} <= paths) == inside


def test_a_service_knows_its_address_and_its_name(defaults: list[Manifest]) -> None:
    entry = container(one(defaults, "StatefulSet", "collaboration"))
    assert environment(entry).items() >= {
        ("COLLAB_HOST", "0.0.0.0"),  # noqa: S104 - what a pod listens on
        ("COLLAB_PORT", "8080"),
        ("COLLAB_WEBSOCKET_PORT", "8081"),
    }
    assert {
        "name": "COLLAB_INSTANCE",
        "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}},
    } in entry["env"]
    assert "COLLAB_WEBSOCKET_PORT" not in environment(container(one(defaults, "Deployment", "auth")))


def test_a_digest_wins_over_a_tag() -> None:
    both = {"image": {"tag": "0.1.0-1", "digest": "sha256:" + "0" * 64}}
    digest = container(one(services(both), "Deployment", "auth"))["image"]
    assert digest == "registry.example:5000/collab-service@sha256:" + "0" * 64
    tagged = container(one(render("services", CASES["by-tag"]["services"]), "Deployment", "auth"))["image"]
    assert tagged == "registry.example:5000/collab-service:0.1.0-3f2a91bc"


@pytest.mark.parametrize(("chart", "name"), [("gateway", "gateway"), ("web", "web")])
def test_pods_roll_when_their_configuration_changes(chart: str, name: str) -> None:
    before = one(render(chart, CASES["defaults"][chart]), "Deployment", name)["spec"]["template"]
    again = one(render(chart, CASES["defaults"][chart]), "Deployment", name)["spec"]["template"]
    changed = merged(CASES["defaults"][chart], {"files": {"nginx.conf": "events { }\n"}})
    after = one(render(chart, changed), "Deployment", name)["spec"]["template"]
    assert before == again
    assert before["metadata"]["annotations"]["checksum/config"] != after["metadata"]["annotations"]["checksum/config"]


def test_files_arrive_as_they_were_given(defaults: list[Manifest]) -> None:
    given = CASES["defaults"]["gateway"]["files"]
    assert one(defaults, "ConfigMap", "gateway-config")["data"] == given
    pod = one(defaults, "Deployment", "gateway")["spec"]["template"]
    assert mount(container(one(defaults, "Deployment", "gateway")), "/etc/collab/nginx")["readOnly"] is True
    assert volumes(pod)["config"]["configMap"]["name"] == "gateway-config"


def test_the_gateways_requests_are_counted_beside_it(defaults: list[Manifest]) -> None:
    spec = one(defaults, "Deployment", "gateway")["spec"]["template"]["spec"]
    [counter] = spec["initContainers"]
    assert counter["restartPolicy"] == "Always", "beside nginx, and until after its end"
    assert counter["image"] == container(one(defaults, "Deployment", "auth"))["image"]
    assert "readinessProbe" not in counter, "nobody waits for their request to be counted"
    assert counter["ports"] == [{"name": "metrics", "containerPort": 8083, "protocol": "TCP"}]
    said = dict(pairwise(counter["command"]))
    configuration = (CHARTS / "gateway/files/nginx.conf").read_text()
    assert f"syslog:server={said['--log']},nohostname counted" in configuration
    assert f"listen 0.0.0.0:{said['--status'].rpartition(':')[2]};" in configuration


def test_replicas_are_spread_and_never_for_the_price_of_not_running(defaults: list[Manifest]) -> None:
    for name in SCALING:
        kind = "StatefulSet" if name == "collaboration" else "Deployment"
        spec = one(defaults, kind, name)["spec"]["template"]["spec"]
        spread = spec["topologySpreadConstraints"]
        assert [entry["topologyKey"] for entry in spread] == ["topology.kubernetes.io/zone", "kubernetes.io/hostname"]
        assert {entry["whenUnsatisfiable"] for entry in spread} == {"ScheduleAnyway"}
        assert one(defaults, "PodDisruptionBudget", name)["spec"]["maxUnavailable"] == 1


@pytest.mark.parametrize("kind", ["ingress", "gateway-api"])
def test_the_way_in_leads_to_the_gateway_and_the_editor(kind: str) -> None:
    manifests = render("gateway", CASES[f"tls-{kind}"]["gateway"])
    if kind == "ingress":
        spec = one(manifests, "Ingress", "gateway")["spec"]
        [rule] = spec["rules"]
        assert (rule["host"], spec["ingressClassName"]) == ("docs.example.org", "traefik")
        led = {entry["path"]: entry["backend"]["service"]["name"] for entry in rule["http"]["paths"]}
        assert spec["tls"] == [{"hosts": ["docs.example.org"], "secretName": "public-tls"}]
    else:
        spec = one(manifests, "HTTPRoute", "gateway")["spec"]
        assert spec["parentRefs"][0]["name"] == "public"
        backends = {rule["matches"][0]["path"]["value"]: rule["backendRefs"][0] for rule in spec["rules"]}
        led = {path: backend["name"] for path, backend in backends.items()}
        assert {backend["name"]: backend["port"] for backend in backends.values()} == {"gateway": 80, "web": 8080}
        endless = [rule["matches"][0]["path"]["value"] for rule in spec["rules"] if "timeouts" in rule]
        assert "/collaboration" in endless
    files = ("/collab/uploads", "/collab/attachments")
    to_gateway = ("/api", "/collaboration", "/.well-known/jwks.json", *files)
    assert led == {**dict.fromkeys(to_gateway, "gateway"), "/": "web"}


def test_a_load_balancer_serves_https_and_keeps_the_callers_address() -> None:
    spec = one(render("gateway", CASES["tls-load-balancer"]["gateway"]), "Service", "gateway")["spec"]
    assert {port["port"]: port["targetPort"] for port in spec["ports"]} == {80: "http", 443: "https"}
    assert (spec["type"], spec["externalTrafficPolicy"]) == ("LoadBalancer", "Local")
    assert spec["loadBalancerSourceRanges"] == ["192.0.2.0/24"]


@pytest.mark.parametrize("chart", ["services", "gateway", "web", "datastores"])
def test_common_labels_and_annotations_are_everywhere_and_in_no_selector(chart: str) -> None:
    manifests = render(chart, merged(CASES["placed"], everywhere({}))[chart])
    for manifest in manifests:
        assert manifest["metadata"]["labels"]["team"] == "documents"
        assert manifest["metadata"]["annotations"]["example.org/owner"] == "documents"
    for owner, pod in pods(manifests):
        assert "team" not in owner["spec"].get("selector", {}).get("matchLabels", {})
        assert pod["metadata"]["annotations"]["checksum/secrets"] == "1"
        assert pod["spec"]["imagePullSecrets"] == [{"name": "registry"}]
        assert pod["spec"]["priorityClassName"] == "important"
        assert pod["spec"]["nodeSelector"] == {"kubernetes.io/arch": "amd64"}
