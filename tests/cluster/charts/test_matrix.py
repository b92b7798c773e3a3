"""What holds for every installation, whatever its values."""

from __future__ import annotations

from collections import Counter

import pytest

from collab_platform.components.policies import check, from_manifest
from tests.cluster.charts.cases import CASES, base
from tests.cluster.charts.judging import judge, unrestricted
from tests.cluster.charts.objects import component_of, containers, matches, name_of, of_kind, pods
from tests.cluster.charts.rendering import CHARTS, NAMES, NAMESPACE, Manifest, render, run_helm

PART = {"app.kubernetes.io/part-of": "collab"}


def test_kubernetes_would_know_every_field(installed: list[Manifest]) -> None:
    assert judge(installed) == ""


def test_our_policies_find_nothing(installed: list[Manifest]) -> None:
    found = [
        str(violation)
        for declared in map(from_manifest, installed)
        for violation in check(declared.type, declared.properties, name=declared.name)
    ]
    assert found == []


def test_every_pod_is_restricted_and_limited(installed: list[Manifest]) -> None:
    wrong = {name_of(owner): problems for owner, pod in pods(installed) if (problems := unrestricted(pod))}
    assert wrong == {}


def test_names_are_given_once_and_in_the_namespace(installed: list[Manifest]) -> None:
    names = Counter((manifest["kind"], name_of(manifest)) for manifest in installed)
    assert [name for name, count in names.items() if count > 1] == []
    assert {manifest["metadata"]["namespace"] for manifest in installed} == {NAMESPACE}


def test_every_object_has_the_labels_of_the_contract(installed: list[Manifest]) -> None:
    wanted = {f"app.kubernetes.io/{key}" for key in ("name", "part-of", "instance", "version", "managed-by")}
    for manifest in installed:
        assert wanted | {"helm.sh/chart"} <= manifest["metadata"]["labels"].keys(), name_of(manifest)


def test_selectors_select_what_they_are_for(installed: list[Manifest]) -> None:
    labels = {component_of(owner): pod["metadata"]["labels"] for owner, pod in pods(installed)}
    for owner in of_kind(installed, "Deployment", "StatefulSet", "PodDisruptionBudget"):
        selector = owner["spec"]["selector"]["matchLabels"]
        selected = [component for component, own in labels.items() if matches(selector, own)]
        assert selected == [component_of(owner)], name_of(owner)


def test_every_port_of_a_service_is_open_in_its_pods(installed: list[Manifest]) -> None:
    for service in of_kind(installed, "Service"):
        selector = dict(service["spec"]["selector"])
        replica = selector.pop("statefulset.kubernetes.io/pod-name", None)
        selected = [(owner, pod) for owner, pod in pods(installed) if matches(selector, pod["metadata"]["labels"])]
        assert len(selected) == 1, name_of(service)
        owner, pod = selected[0]
        assert replica is None or (owner["kind"], replica) == ("StatefulSet", name_of(service))
        open_ports = {port["name"] for port in pod["spec"]["containers"][0]["ports"]}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= open_ports, name_of(service)


def test_probes_ask_ports_that_are_open(installed: list[Manifest]) -> None:
    for owner, pod in pods(installed):
        if owner["kind"] == "Job":
            continue
        [container] = pod["spec"]["containers"]
        named = {port["name"] for port in container["ports"]}
        for kind in ("startupProbe", "livenessProbe", "readinessProbe"):
            asked = container[kind].get("httpGet") or container[kind].get("tcpSocket") or {"port": None}
            assert asked["port"] in named | {None}, (name_of(owner), kind)


def test_what_a_container_mounts_is_a_volume_and_nothing_is_left_over(installed: list[Manifest]) -> None:
    for owner, pod in pods(installed):
        claims = {claim["metadata"]["name"] for claim in owner["spec"].get("volumeClaimTemplates", [])}
        there = {volume["name"] for volume in pod["spec"]["volumes"]} | claims
        used: set[str] = set()
        for container in containers(pod):
            paths = [mount["mountPath"] for mount in container["volumeMounts"]]
            assert len(paths) == len(set(paths)), name_of(owner)
            used |= {mount["name"] for mount in container["volumeMounts"]}
        assert used == there, name_of(owner)


def test_no_variable_is_given_twice(installed: list[Manifest]) -> None:
    for owner, pod in pods(installed):
        for container in containers(pod):
            names = [entry["name"] for entry in container.get("env", [])]
            assert len(names) == len(set(names)), (name_of(owner), container["name"])


def test_every_pod_has_an_account_of_its_own_without_a_token(installed: list[Manifest]) -> None:
    accounts = {name_of(account): account for account in of_kind(installed, "ServiceAccount")}
    used = [pod["spec"]["serviceAccountName"] for _, pod in pods(installed)]
    assert sorted(used) == sorted(accounts)
    assert all(account["automountServiceAccountToken"] is False for account in accounts.values())


@pytest.mark.parametrize("chart", NAMES)
def test_helm_lint_has_nothing_to_say(chart: str) -> None:
    for case in CASES.values():
        run_helm("lint", "--strict", "--quiet", str(CHARTS / chart), values=case.get(chart, {}))


@pytest.mark.parametrize("chart", NAMES)
def test_a_package_holds_all_that_the_chart_needs(chart: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    directory = tmp_path_factory.mktemp("packages")
    run_helm("package", str(CHARTS / chart), "--destination", str(directory))
    values = base()[chart]
    assert render(str(directory / f"{chart}-0.1.0.tgz"), values) == render(chart, values)


@pytest.mark.parametrize("chart", NAMES)
def test_notes_are_written(chart: str) -> None:
    for case in CASES.values():
        arguments = ("install", "collab", str(CHARTS / chart), "--dry-run=client", "--namespace", NAMESPACE)
        notes = run_helm(*arguments, values=case.get(chart, {})).partition("NOTES:\n")[2]
        assert "collab" in notes
        assert "%!" not in notes
        assert "<no value>" not in notes
