"""Who watches an installation: Prometheus, Alertmanager, Grafana, Elasticsearch, Logstash, Kibana."""

from collab_platform.components.observability.layer import Observability
from collab_platform.components.observability.logs import LogstashCertificate
from collab_platform.components.observability.settings import (
    Elk,
    ExistingPrometheus,
    KubePrometheusStack,
    NoLogs,
    ObservabilitySettings,
)

__all__ = [
    "Elk",
    "ExistingPrometheus",
    "KubePrometheusStack",
    "LogstashCertificate",
    "NoLogs",
    "Observability",
    "ObservabilitySettings",
]
