"""What an operator may say about who watches an installation; what is watched is in the environment's file."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from collab_platform.components.configuration import Settings

StorageClass = Annotated[str, Meta(pattern=r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$", max_length=253)]
NamespaceName = Annotated[str, Meta(pattern=r"^[a-z0-9]([-a-z0-9]{0,50}[a-z0-9])?$")]
EnvironmentName = Annotated[str, Meta(pattern=r"^([a-z][a-z0-9-]{0,30})?$")]


class ExistingPrometheus(
    Settings, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="existing"
):
    """The cluster has the Prometheus operator already; Prometheus is in the environment's ``monitoring_namespace``.

    ``labels`` are those by which it selects monitors and rules.
    """

    labels: dict[str, str] = msgspec.field(default_factory=dict[str, str])


class KubePrometheusStack(
    Settings, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="kube-prometheus-stack"
):
    """Prometheus, Alertmanager and Grafana are made here. Storage in GiB, memory in MiB."""

    retention_days: Annotated[int, Meta(ge=1, le=365)] = 15
    storage_gb: Annotated[int, Meta(ge=5, le=16_384)] = 50
    storage_class: StorageClass = ""
    memory_mb: Annotated[int, Meta(ge=512, le=131_072)] = 2048
    replicas: Annotated[int, Meta(ge=1, le=2)] = 1


class NoLogs(Settings, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="none"):
    """Logs stay with the kubelet."""


class Elk(Settings, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="elk"):
    """Elasticsearch, Logstash and Kibana are made here, by the ECK operator. GiB and MiB are those of a node."""

    retention_days: Annotated[int, Meta(ge=1, le=3650)] = 14
    nodes: Annotated[int, Meta(ge=1, le=50)] = 3
    storage_gb: Annotated[int, Meta(ge=5, le=16_384)] = 50
    storage_class: StorageClass = ""
    memory_mb: Annotated[int, Meta(ge=1024, le=65_536)] = 2048


class ObservabilitySettings(Settings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Configuration of the stack ``observability``.

    ``environment`` names a file in ``environments/``; empty: the one called like the stack. ``namespace`` is where what
    is made here stands; what reads files of the nodes stands in ``NAMESPACE-node``. ``availability`` in percent.
    ``runbooks`` is where docs/observability.md can be read. ``probe_public_url``: ask the public address too, as people
    do; the cluster must be able to reach it.
    """

    environment: EnvironmentName = ""
    namespace: NamespaceName = "observability"
    prometheus: KubePrometheusStack | ExistingPrometheus = ExistingPrometheus()
    logs: Elk | NoLogs = NoLogs()
    availability: Annotated[float, Meta(ge=90, le=99.999)] = 99.9
    runbooks: Annotated[str, Meta(min_length=1)] = "docs/observability.md"
    probe_public_url: bool = False

    @property
    def node_namespace(self) -> str:
        return f"{self.namespace}-node"

    @property
    def makes_something(self) -> bool:
        """Whether there is more than monitors, alerts and dashboards, and so a namespace of its own."""
        return isinstance(self.prometheus, KubePrometheusStack) or isinstance(self.logs, Elk)
