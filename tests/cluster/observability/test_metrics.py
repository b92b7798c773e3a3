"""Rules and dashboards ask for nothing that no service exports: a wrong name never fires, and never shows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from tests.cluster.observability import promql
from tests.cluster.observability.chart import CHART, ROOT, alerts, exported, of, render, rules

KUBE, POD = frozenset({"deployment", "statefulset", "job_name", "horizontalpodautoscaler"}), frozenset({"container"})
FOREIGN: dict[str, frozenset[str]] = {
    "up": frozenset(),
    "ALERTS": frozenset({"alertname", "alertstate"}),
    **dict.fromkeys(("probe_success", "probe_duration_seconds", "probe_ssl_earliest_cert_expiry"), frozenset[str]()),
    **dict.fromkeys(("kubelet_volume_stats_available_bytes", "kubelet_volume_stats_capacity_bytes"), frozenset[str]()),
    **dict.fromkeys(("container_memory_working_set_bytes", "container_cpu_usage_seconds_total"), POD),
    **dict.fromkeys(
        (
            "kube_deployment_status_replicas_available",
            "kube_statefulset_status_replicas_ready",
            "kube_statefulset_replicas",
            "kube_pod_container_status_restarts_total",
            "kube_job_status_failed",
            "kube_horizontalpodautoscaler_status_current_replicas",
            "kube_horizontalpodautoscaler_spec_max_replicas",
        ),
        KUBE | POD,
    ),
}
"""Of Prometheus itself, the blackbox exporter, the kubelet and kube-state-metrics."""
ATTACHED = frozenset({"namespace", "component", "pod", "instance", "job"})
"""Labels that scraping adds."""
DASHBOARDS = sorted((CHART / "dashboards").glob("*.json"))


@cache
def known() -> dict[str, frozenset[str]]:
    """Every metric there is, recording rules included, with the labels of each."""
    recorded = {
        rule["record"]: promql.grouped_by(rule["expr"])
        for group in rules()
        for rule in group["rules"]
        if "record" in rule
    }
    return {**exported(), **FOREIGN, **recorded}


def unknown(expression: str) -> list[str]:
    there = known()
    return [
        f"{name}: {', '.join(sorted(labels - there.get(name, frozenset()) - ATTACHED)) or 'no such metric'}"
        for name, labels in promql.metrics(expression)
        if name not in there or labels - there[name] - ATTACHED
    ]


def expressions() -> Iterator[tuple[str, str]]:
    for group in rules():
        for rule in group["rules"]:
            yield rule.get("alert") or rule["record"], rule["expr"]
    for path in DASHBOARDS:
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel.get("targets", []):
                yield f"{path.stem}: {panel['title']}", target["expr"]


def test_every_metric_and_label_exists():
    asked = list(expressions())
    assert all(list(promql.metrics(expression)) for _, expression in asked)
    assert {where: faults for where, expression in asked if (faults := unknown(expression))} == {}


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ('rate(collab_no_such_total{namespace="x"}[5m])', ["collab_no_such_total: no such metric"]),
        ('collab_store_away{colour="red"} == 1', ["collab_store_away: colour"]),
        ("sum by (kind) (up) / collab_commit_second", ["collab_commit_second: no such metric"]),
    ],
)
def test_what_does_not_exist_would_be_found(expression: str, found: list[str]):
    assert unknown(expression) == found


def test_what_is_grouped_by_exists():
    there = known()
    for where, expression in expressions():
        offered = frozenset[str]().union(*(there[name] for name, _ in promql.metrics(expression)))
        assert promql.grouped_by(expression) <= offered | ATTACHED, where


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_is_one_that_grafana_takes(path: Any):
    dashboard = json.loads(path.read_text())
    assert dashboard["uid"] == f"collab-{path.stem}"
    assert "id" not in dashboard, "Grafana gives ids; one from elsewhere collides"
    panels = dashboard["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24, panel["title"]
        for target in panel.get("targets", []):
            assert target["datasource"]["uid"] == "${datasource}", panel["title"]
            assert 'namespace="$namespace"' in target["expr"] or "ALERTS" in target["expr"], panel["title"]
    variables = {variable["name"] for variable in dashboard["templating"]["list"]}
    used = set(re.findall(r"\$\{?(\w+)", path.read_text())) - {"__all"}
    assert used <= variables
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            metric = re.match(r"label_values\((\w+)", variable["definition"])
            assert metric is not None
            assert metric[1] in exported()


def test_dashboards_reach_grafana_unchanged():
    maps = of(render(), "ConfigMap")
    for path in DASHBOARDS:
        made = maps[f"collab-dashboard-{path.stem}"]
        assert made["metadata"]["labels"]["grafana_dashboard"] == "1"
        assert json.loads(made["data"][f"collab-{path.name}"]) == json.loads(path.read_text())


def test_every_alert_has_a_severity_a_summary_and_its_section_in_the_runbook():
    page = (ROOT / "docs" / "observability.md").read_text()
    anchors = {heading.lower() for heading in re.findall(r"^### (Collab\w+)$", page, re.MULTILINE)}
    found = alerts()
    for name, rule in found.items():
        assert rule["labels"]["severity"] in {"critical", "warning"}, name
        assert rule["annotations"]["summary"], name
        assert rule["annotations"]["description"], name
        assert rule["annotations"]["runbook_url"] == f"docs/observability.md#{name.lower()}"
    assert anchors == {name.lower() for name in found}


def test_an_alert_can_be_left_out():
    left = rules({"rules": {"disabled": ["CollabPodRestarting"]}})
    names = {rule.get("alert") for group in left for rule in group["rules"]}
    assert "CollabPodRestarting" not in names
    assert names | {"CollabPodRestarting"} == {*alerts(), None}
