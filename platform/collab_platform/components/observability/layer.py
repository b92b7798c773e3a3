"""Who watches an installation: Prometheus, Grafana and ELK where they are wanted, and our rules for them."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_kubernetes as k8s
import pulumi_random as random

from collab_platform.components.apps.settings import Chosen
from collab_platform.components.observability import values
from collab_platform.components.observability.logs import LogstashCertificate
from collab_platform.components.observability.settings import Elk, KubePrometheusStack, ObservabilitySettings
from collab_platform.targets.kubernetes.charts import charts_directory

PROMETHEUS_STACK_VERSION = "88.5.3"
ECK_OPERATOR_VERSION = "3.5.0"
"""As pinned in ``charts/observability/upstream``; its README tells how to verify and raise them."""
_PROMETHEUS_REPOSITORY = "https://prometheus-community.github.io/helm-charts"
_ELASTIC_REPOSITORY = "https://helm.elastic.co"
_POD_SECURITY = "pod-security.kubernetes.io"


class Observability(pulumi.ComponentResource):
    """Watches one environment. ``outputs`` are what the stack exports; the password of Grafana's admin is secret.

    Without anything to make, the one release goes where the components are, as ``collab render`` writes it.
    """

    outputs: dict[str, pulumi.Output[str]]

    def __init__(
        self,
        name: str,
        *,
        settings: ObservabilitySettings,
        chosen: Chosen,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("collab:observability:Observability", name, None, opts)
        self._name, self._settings = name, settings
        self._chart = charts_directory(chosen.root) / "observability"
        self.outputs = {}
        operators: list[pulumi.Resource] = []
        if settings.makes_something:
            namespaces = [
                self._namespace(settings.namespace, "restricted"),
                # The node exporter and Filebeat read the node's own files.
                self._namespace(settings.node_namespace, "privileged"),
            ]
            if isinstance(settings.prometheus, KubePrometheusStack):
                operators.append(self._prometheus(settings.prometheus, namespaces))
            if isinstance(settings.logs, Elk):
                operators.append(self._eck(namespaces))
        namespace = settings.namespace if settings.makes_something else chosen.environment.kubernetes.namespace
        k8s.helm.v4.Chart(
            f"{name}-watch",
            chart=str(self._chart),
            name="observability",
            namespace=namespace,
            values=values.observability(settings, chosen),
            # They bring the kinds of our objects.
            opts=self._child(operators),
        )
        self.outputs["namespace"] = pulumi.Output.from_input(namespace)
        self.register_outputs(self.outputs)

    def _prometheus(self, prometheus: KubePrometheusStack, after: Sequence[pulumi.Resource]) -> pulumi.Resource:
        password = random.RandomPassword(f"{self._name}-grafana-password", length=32, special=False, opts=self._child())
        secret = k8s.core.v1.Secret(
            f"{self._name}-grafana-admin",
            metadata={"name": values.GRAFANA_SECRET, "namespace": self._settings.namespace},
            string_data={"admin-user": "admin", "admin-password": pulumi.Output.secret(password.result)},
            opts=self._child(after),
        )
        self.outputs["grafanaAdminPassword"] = pulumi.Output.secret(password.result)
        chart = "kube-prometheus-stack"
        return k8s.helm.v4.Chart(
            f"{self._name}-{chart}",
            chart=chart,
            version=PROMETHEUS_STACK_VERSION,
            name=chart,
            namespace=self._settings.namespace,
            repository_opts={"repo": _PROMETHEUS_REPOSITORY},
            values=values.prometheus_stack(values.upstream(self._chart, chart), self._settings, prometheus),
            opts=self._child([*after, secret]),
        )

    def _eck(self, after: Sequence[pulumi.Resource]) -> pulumi.Resource:
        certificate = LogstashCertificate(
            f"{self._name}-logstash",
            namespace=self._settings.namespace,
            node_namespace=self._settings.node_namespace,
            opts=self._child(after),
        )
        chart = "eck-operator"
        return k8s.helm.v4.Chart(
            f"{self._name}-{chart}",
            chart=chart,
            version=ECK_OPERATOR_VERSION,
            name=chart,
            namespace=self._settings.namespace,
            repository_opts={"repo": _ELASTIC_REPOSITORY},
            values=values.eck_operator(values.upstream(self._chart, chart), self._settings),
            opts=self._child([*after, certificate]),
        )

    def _namespace(self, namespace: str, level: str) -> pulumi.Resource:
        levels = {f"{_POD_SECURITY}/{mode}": level for mode in ("enforce", "audit", "warn")}
        return k8s.core.v1.Namespace(
            f"{self._name}-{namespace}",
            metadata={"name": namespace, "labels": {"app.kubernetes.io/part-of": "collab", **levels}},
            opts=self._child(),
        )

    def _child(self, after: Sequence[pulumi.Resource] = ()) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, depends_on=list(after))
