"""Who may talk with whom: the blueprint's edges, the same from both ends, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from collab_platform.blueprint import Blueprint, derive
from collab_platform.environment import Environment
from tests.cluster.charts.cases import CASES
from tests.cluster.charts.objects import component_of, matches, name_of, of_kind, one, pods
from tests.cluster.charts.rendering import NAMES, Manifest, merged, render

Edge = tuple[str, str, int]

PORTS = {"sql": 5432, "redis": 6379, "s3": 8333, "http": 8080, "websocket": 8081}
BESIDE_THE_BLUEPRINT: set[Edge] = {
    ("gateway", "web", 8080),  # the editor's files, which on one machine the gateway has itself
    ("migrate", "postgresql", 5432),
    ("migrate", "seaweedfs", 8333),
}
DNS = [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]


def edges_of(blueprint: Blueprint) -> set[Edge]:
    return {(one.source, one.target, PORTS[one.port]) for one in blueprint.connections}


def ruled(policies: list[Manifest], direction: str) -> Iterator[tuple[Manifest, dict[str, Any], int]]:
    """Each peer and port that policies allow in a direction, name service left out."""
    side = {"ingress": "from", "egress": "to"}[direction]
    for policy in policies:
        for rule in policy["spec"].get(direction, []):
            if rule["ports"] == DNS:
                continue
            for peer in rule[side]:
                for port in rule["ports"]:
                    assert port["protocol"] == "TCP"
                    yield policy, peer, port["port"]


def edges(installed: list[Manifest], direction: str) -> set[Edge]:
    found: set[Edge] = set()
    labels = {component_of(owner): pod["metadata"]["labels"] for owner, pod in pods(installed)}
    for policy, peer, port in ruled(of_kind(installed, "NetworkPolicy"), direction):
        if "podSelector" not in peer:
            continue
        own = component_of(policy)
        [other] = [name for name, given in labels.items() if matches(peer["podSelector"]["matchLabels"], given)]
        assert "namespaceSelector" not in peer
        found.add((own, other, port) if direction == "egress" else (other, own, port))
    return found


def test_policies_allow_the_edges_of_the_blueprint_and_no_others(defaults: list[Manifest]) -> None:
    wanted = edges_of(derive("any", Environment())) | BESIDE_THE_BLUEPRINT
    assert edges(defaults, "egress") == wanted
    assert edges(defaults, "ingress") == wanted


def test_a_policy_names_ports_that_are_open_in_the_pod(installed: list[Manifest]) -> None:
    open_ports: dict[str, set[int]] = {
        component_of(owner): {port["containerPort"] for port in pod["spec"]["containers"][0].get("ports", [])}
        for owner, pod in pods(installed)
    }
    for policy, _, port in ruled(of_kind(installed, "NetworkPolicy"), "ingress"):
        # What serves https or not may be let in for both.
        extra = {8443} if component_of(policy) == "gateway" else set[int]()
        assert port in open_ports[component_of(policy)] | extra, name_of(policy)


def test_every_pod_is_under_a_policy_for_both_directions(defaults: list[Manifest]) -> None:
    for owner, pod in pods(defaults):
        over = [
            policy
            for policy in of_kind(defaults, "NetworkPolicy")
            if policy["spec"]["podSelector"]
            and matches(policy["spec"]["podSelector"]["matchLabels"], pod["metadata"]["labels"])
        ]
        assert [name_of(policy) for policy in over] == [component_of(owner)]
        assert over[0]["spec"]["policyTypes"] == ["Ingress", "Egress"]


def test_the_namespace_is_closed_to_all_that_no_policy_allows(defaults: list[Manifest]) -> None:
    spec = one(defaults, "NetworkPolicy", "default-deny")["spec"]
    assert spec == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "ingress": [], "egress": []}


def test_names_are_always_resolved_and_only_by_the_name_service(installed: list[Manifest]) -> None:
    for policy in of_kind(installed, "NetworkPolicy"):
        if name_of(policy) == "default-deny":
            continue
        [rule] = [rule for rule in policy["spec"]["egress"] if rule["ports"] == DNS]
        assert {"ipBlock": {"cidr": "169.254.20.10/32"}} in rule["to"]
        assert len(rule["to"]) == 2


@pytest.mark.parametrize("chart", NAMES)
def test_without_policies_there_is_none(chart: str) -> None:
    assert of_kind(render(chart, CASES["no-policies"][chart]), "NetworkPolicy") == []


def test_stores_elsewhere_are_reached_by_their_addresses_alone() -> None:
    policies = of_kind(render("services", CASES["external-stores"]["services"]), "NetworkPolicy")
    collaboration = one(policies, "NetworkPolicy", "collaboration")
    reached = {(peer["ipBlock"]["cidr"], port) for _, peer, port in ruled([collaboration], "egress")}
    assert reached == {("10.1.0.0/16", 5432), ("10.2.0.0/16", 6379), ("0.0.0.0/0", 443)}


def test_another_namespace_is_named_by_the_label_that_it_cannot_choose() -> None:
    monitored = {"network": {"ingress": [{"namespace": "monitoring", "ports": [8080]}]}}
    values = merged(CASES["defaults"]["services"], {"services": {"auth": monitored}})
    spec = one(render("services", values), "NetworkPolicy", "auth")["spec"]
    [peer] = spec["ingress"][0]["from"]
    assert peer == {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
