"""The observability stack, run for each of its options: what is made, in which order, and that no secret lies open."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pulumi
import pytest

from collab_platform.components.observability.layer import ECK_OPERATOR_VERSION, PROMETHEUS_STACK_VERSION
from collab_platform.components.observability.values import merged
from collab_platform.components.policies import check_all
from tests.unit.stacks.harness import STACKS, Resource, Run, is_secret, run_stack

ENVIRONMENT = """\
version = 1
target = "kubernetes"
[site]
public_url = "https://docs.example.org"
[kubernetes]
namespace = "docs"
monitoring_namespace = "prometheus"
observability = true
"""
STACK, ELK = {"kind": "kube-prometheus-stack"}, {"kind": "elk"}
UPSTREAM = STACKS.parent / "charts" / "observability" / "upstream"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of its own, with one environment: the stack's."""
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments" / "team.toml").write_text(ENVIRONMENT)
    monkeypatch.setenv("COLLAB_PROJECT", str(tmp_path))
    return tmp_path


def observability(**config: object) -> Run:
    return run_stack("observability", config, stack="team")


def chart(run: Run, release: str) -> Resource:
    (found,) = [one for one in run.of("Chart") if one.inputs["name"] == release]
    return found


def values(run: Run, release: str = "observability") -> dict[str, Any]:
    return chart(run, release).inputs["values"]


@pytest.mark.parametrize(
    ("prometheus", "logs"),
    [*itertools.product(("kube-prometheus-stack", "existing"), ("elk", "none"))],
)
def test_every_choice_makes_what_it_says_and_leaves_no_secret_open(prometheus: str, logs: str):
    run = observability(prometheus={"kind": prometheus}, logs={"kind": logs})
    charts = {one.inputs["name"] for one in run.of("Chart")}
    assert charts == {
        "observability",
        *(["kube-prometheus-stack"] if prometheus != "existing" else []),
        *(["eck-operator"] if logs == "elk" else []),
    }
    made = charts != {"observability"}
    assert len(run.of("Namespace")) == (2 if made else 0)
    assert set(run.exported()) == {"namespace", *(["grafanaAdminPassword"] if prometheus != "existing" else [])}
    assert run.leaks() == []
    assert check_all(run.declared()) == ()
    assert (values(run).get("elk") is not None) is (logs == "elk")


def test_by_itself_it_goes_where_the_components_are_and_trusts_the_prometheus_of_the_environment():
    run = observability()
    ours = chart(run, "observability").inputs
    assert ours["namespace"] == "docs"
    assert ours["values"]["target"] == {"namespace": "docs"}
    assert ours["values"]["prometheus"] == {"namespace": "prometheus"}
    assert ours["values"]["tls"] == {"inside": True}
    assert Path(ours["chart"], "Chart.yaml").is_file()
    assert run.exported() == {"namespace": "docs"}


def test_a_prometheus_that_selects_by_label_finds_ours():
    given = values(observability(prometheus={"kind": "existing", "labels": {"release": "prometheus"}}))
    assert given["monitors"]["labels"] == given["rules"]["labels"] == {"release": "prometheus"}
    assert given["rules"]["availability"] == 99.9


def test_a_prometheus_of_our_own_is_the_one_that_is_let_in():
    run = observability(prometheus=STACK, namespace="watch")
    ours = chart(run, "observability").inputs
    assert ours["namespace"] == "watch"
    assert ours["values"]["target"] == {"namespace": "docs"}
    assert ours["values"]["prometheus"] == {"namespace": "watch"}
    assert values(run, "kube-prometheus-stack")["prometheus-node-exporter"]["namespaceOverride"] == "watch-node"


def test_namespaces_are_as_strict_as_what_runs_in_them_allows():
    run = observability(prometheus=STACK, logs=ELK)
    enforced = {
        one.inputs["metadata"]["name"]: one.inputs["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]
        for one in run.of("Namespace")
    }
    assert enforced == {"observability": "restricted", "observability-node": "privileged"}


def test_operators_come_before_the_kinds_that_they_bring():
    run = observability(prometheus=STACK, logs=ELK)
    namespaces = {one.urn for one in run.of("Namespace")}
    for operator in ("kube-prometheus-stack", "eck-operator"):
        assert namespaces <= chart(run, operator).depends_on
        assert chart(run, operator).urn in chart(run, "observability").depends_on
    secret = next(one for one in run.of("Secret") if one.inputs["metadata"]["name"] == "grafana-admin")
    assert secret.urn in chart(run, "kube-prometheus-stack").depends_on


@pytest.mark.parametrize(
    ("release", "version", "repository"),
    [
        ("kube-prometheus-stack", PROMETHEUS_STACK_VERSION, "https://prometheus-community.github.io/helm-charts"),
        ("eck-operator", ECK_OPERATOR_VERSION, "https://helm.elastic.co"),
    ],
)
def test_charts_of_others_are_pinned_and_take_the_committed_values(release: str, version: str, repository: str):
    inputs = chart(observability(prometheus=STACK, logs=ELK), release).inputs
    assert (inputs["version"], inputs["repositoryOpts"]) == (version, {"repo": repository})
    committed = (UPSTREAM / f"{release}.values.yaml").read_text()
    assert committed.startswith("# Values for ")
    assert f"/{release} {version} in namespace" in committed.splitlines()[0], "the file says for which version it is"
    assert inputs["namespace"] == "observability"


def test_the_admin_of_grafana_has_a_password_that_nobody_reads():
    run = observability(prometheus=STACK)
    (secret,) = run.of("Secret")
    assert is_secret(secret.wire["stringData"])
    assert secret.inputs["stringData"]["admin-password"] in run.generated
    assert values(run, "kube-prometheus-stack")["grafana"]["admin"] == {
        "existingSecret": secret.inputs["metadata"]["name"],
        "userKey": "admin-user",
        "passwordKey": "admin-password",
    }
    assert is_secret(run.exports["grafanaAdminPassword"])
    assert run.one("RandomPassword").inputs["length"] == 32


def test_logstash_proves_who_it_is_to_filebeat():
    run = observability(logs=ELK, namespace="watch")
    secret = next(one for one in run.of("Secret") if one.inputs["metadata"]["name"] == "logstash-tls")
    assert secret.inputs["metadata"]["namespace"] == "watch"
    assert is_secret(secret.wire["stringData"])
    assert secret.inputs["stringData"]["tls.key"].endswith("-pkcs8>"), "Logstash reads no other form"
    trusted = run.one("ConfigMap").inputs
    assert trusted["metadata"] == {"name": "logstash-ca", "namespace": "watch-node"}
    assert trusted["data"]["ca.crt"] == run.one("SelfSignedCert").state["certPem"]
    assert run.one("CertRequest").inputs["dnsNames"][0] == "logstash-ls-beats.watch.svc"
    assert values(run)["elk"]["nodeNamespace"] == "watch-node"
    assert values(run, "eck-operator")["managedNamespaces"] == ["watch", "watch-node"]


def test_retention_storage_and_memory_are_the_operators_choice():
    run = observability(
        prometheus={
            **STACK,
            "retentionDays": 30,
            "storageGb": 100,
            "storageClass": "fast",
            "memoryMb": 4096,
            "replicas": 2,
        },
        logs={**ELK, "retentionDays": 7, "nodes": 1, "storageGb": 20, "storageClass": "slow", "memoryMb": 1024},
        availability=99.5,
        runbooks="https://wiki.example.org/collab",
    )
    spec = values(run, "kube-prometheus-stack")["prometheus"]["prometheusSpec"]
    assert (spec["retention"], spec["retentionSize"], spec["replicas"]) == ("30d", "80GB", 2)
    claim = spec["storageSpec"]["volumeClaimTemplate"]["spec"]
    assert claim["storageClassName"] == "fast"
    assert claim["resources"]["requests"]["storage"] == "100Gi"
    assert claim["accessModes"] == ["ReadWriteOnce"], "what the file says and nobody changes stays"
    assert spec["resources"]["limits"]["memory"] == "4096Mi"
    elk = values(run)["elk"]
    assert (elk["retentionDays"], elk["elasticsearch"]["nodes"]) == (7, 1)
    assert elk["elasticsearch"]["storage"] == {"size": "20Gi", "className": "slow"}
    assert values(run)["rules"] == {"availability": 99.5, "runbooks": "https://wiki.example.org/collab"}


@pytest.mark.parametrize("probed", [True, False])
def test_the_public_address_is_asked_where_wanted(probed: bool):
    run = observability(probePublicUrl=probed)
    assert values(run)["probes"].get("public", []) == (["https://docs.example.org"] if probed else [])


CLOUDFLARE = """\
edge = "cloudflare"
service_type = "LoadBalancer"
tls_secret = "gateway-tls"
trusted_proxies = ["173.245.48.0/20"]
[cloudflare]
zone_id = "0123456789abcdef0123456789abcdef"
origin = "own-certificate"
origin_address = "gateway.example.org"
"""


@pytest.mark.parametrize(
    ("more", "module", "address", "verify"),
    [
        ("", "http", "https://gateway.docs.svc/.well-known/jwks.json", True),
        ('tls_secret = "gateway-tls"\n', "http", "https://gateway.docs.svc/.well-known/jwks.json", False),
        (
            'ingress = "ingress"\ntrusted_proxies = ["10.0.0.0/8"]\n',
            "http",
            "http://gateway.docs.svc/.well-known/jwks.json",
            True,
        ),
        (CLOUDFLARE, "tls", "", False),
    ],
)
def test_the_gateway_is_asked_as_it_lets_itself_be_asked(
    project: Path, more: str, module: str, address: str, verify: bool
):
    (project / "environments" / "team.toml").write_text(ENVIRONMENT + more)
    assert values(observability())["probes"]["gateway"] == {"module": module, "address": address, "verify": verify}


def test_children_bear_their_parents_name_and_stand_below_it():
    run = observability(prometheus=STACK, logs=ELK)
    by_urn = {resource.urn: resource for resource in run.resources}
    children = [resource for resource in run.resources if resource.parent in by_urn]
    assert len(children) == len(run.resources) - 1
    for child in children:
        assert child.name.startswith(f"{by_urn[child.parent].name}-"), child.urn


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"prometheus": {"kind": "thanos"}}, "thanos"),
        ({"prometheus": {**STACK, "retention": 3}}, "retention"),
        ({"logs": {**ELK, "nodes": 0}}, "nodes"),
        ({"namespace": "Observability"}, "namespace"),
        ({"retentionDays": 3}, "no such setting"),
    ],
)
def test_a_setting_that_is_wrong_stops_it_before_anything_is_made(config: dict[str, Any], said: str):
    with pytest.raises(pulumi.RunError, match=said):
        observability(**config)


def test_an_environment_of_another_target_is_refused(project: Path):
    (project / "environments" / "team.toml").write_text('version = 1\ntarget = "local"\n')
    with pytest.raises(pulumi.RunError, match="has the target local"):
        observability()


def test_merging_is_helms():
    base = {"a": {"b": 1, "c": [1, 2]}, "d": 1}
    assert merged(base, {"a": {"c": [3], "e": {"f": 1}}, "d": {"g": 1}}) == {
        "a": {"b": 1, "c": [3], "e": {"f": 1}},
        "d": {"g": 1},
    }
    assert base == {"a": {"b": 1, "c": [1, 2]}, "d": 1}
