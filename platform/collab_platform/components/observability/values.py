"""Values of the charts, as far as the settings have a say. Pure but for the files beside the chart."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import yaml

from collab_platform.components.apps.settings import Chosen
from collab_platform.components.observability.settings import Elk, KubePrometheusStack, ObservabilitySettings
from collab_platform.images.lock import ImageSet
from collab_platform.targets.kubernetes.externals import Externals
from collab_platform.targets.kubernetes.values import Values
from collab_platform.targets.kubernetes.workloads import Namespace

GRAFANA_SECRET = "grafana-admin"  # noqa: S105 - the name of a Secret

ChartValues = dict[str, Any]


def upstream(directory: Path, name: str) -> ChartValues:
    """The values committed for a chart of others, from ``upstream/`` of our chart."""
    return cast("ChartValues", yaml.safe_load((directory / "upstream" / f"{name}.values.yaml").read_text()))


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> ChartValues:
    """``base`` with ``over`` on top, as helm merges two files of values: objects key by key, all else as a whole."""
    result = dict(base)
    for key, value in over.items():
        below = result.get(key)
        both = isinstance(value, Mapping) and isinstance(below, Mapping)
        result[key] = merged(cast("ChartValues", below), cast("ChartValues", value)) if both else value
    return result


def prometheus_stack(
    base: ChartValues, settings: ObservabilitySettings, prometheus: KubePrometheusStack
) -> ChartValues:
    """Values of the chart kube-prometheus-stack. Prometheus drops the oldest before its volume is full."""
    storage_class = {"storageClassName": prometheus.storage_class} if prometheus.storage_class else {}
    memory = f"{prometheus.memory_mb}Mi"
    spec = {
        "replicas": prometheus.replicas,
        "retention": f"{prometheus.retention_days}d",
        "retentionSize": f"{prometheus.storage_gb * 8 // 10}GB",
        "resources": {"requests": {"memory": memory}, "limits": {"memory": memory}},
        "storageSpec": {
            "volumeClaimTemplate": {
                "spec": {**storage_class, "resources": {"requests": {"storage": f"{prometheus.storage_gb}Gi"}}}
            }
        },
    }
    return merged(
        base,
        {
            "prometheus": {"prometheusSpec": spec},
            "alertmanager": {"alertmanagerSpec": {"storage": {"volumeClaimTemplate": {"spec": storage_class}}}},
            "grafana": {
                "admin": {"existingSecret": GRAFANA_SECRET},
                "persistence": storage_class,
            },
            "prometheus-node-exporter": {"namespaceOverride": settings.node_namespace},
        },
    )


def eck_operator(base: ChartValues, settings: ObservabilitySettings) -> ChartValues:
    """Values of the chart eck-operator: it manages what is made here, and nothing else in the cluster."""
    return merged(base, {"managedNamespaces": [settings.namespace, settings.node_namespace]})


def observability(settings: ObservabilitySettings, chosen: Chosen) -> ChartValues:
    """Values of our own chart: those that the target gives it, and what is made here."""
    environment = chosen.environment
    namespace = Namespace(blueprint=chosen.blueprint, environment=environment, externals=Externals())
    of_target = Values(namespace=namespace, images=ImageSet(), revisions={}).observability()
    own: ChartValues = {
        "target": {"namespace": environment.kubernetes.namespace},
        "rules": {"availability": settings.availability, "runbooks": settings.runbooks},
    }
    if isinstance(settings.prometheus, KubePrometheusStack):
        own["prometheus"] = {"namespace": settings.namespace}
    elif settings.prometheus.labels:
        own = merged(own, {kind: {"labels": settings.prometheus.labels} for kind in ("monitors", "rules")})
    public_url = environment.site.public_url
    if settings.probe_public_url and urlsplit(public_url).scheme == "https":
        own["probes"] = {"public": [public_url]}
    if isinstance(settings.logs, Elk):
        own["elk"] = _elk(settings, settings.logs)
    return merged(of_target, own)


def _elk(settings: ObservabilitySettings, logs: Elk) -> ChartValues:
    memory = f"{logs.memory_mb}Mi"
    return {
        "enabled": True,
        "retentionDays": logs.retention_days,
        "nodeNamespace": settings.node_namespace,
        "elasticsearch": {
            "nodes": logs.nodes,
            "storage": {"size": f"{logs.storage_gb}Gi", "className": logs.storage_class},
            "resources": {"requests": {"memory": memory}, "limits": {"memory": memory}},
        },
    }
