"""What stands besides the charts: the namespace, whom to trust, and a PostgreSQL of CloudNativePG's. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collab_platform.environment import Environment

TRUST = "collab-trust"
FIELD_MANAGER = "collab"
_OPERATOR_NAMESPACE = "cnpg-system"
_INSTANCE_MANAGER_PORT = 8000
_API_SERVER_PORTS = (443, 6443)

Manifest = dict[str, Any]

TO_NAME_SERVICE: Manifest = {
    "to": [
        {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
            "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
        }
    ],
    "ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}],
}
"""The rule of a network policy without which no name is found."""


def manifest(
    version: str, kind: str, name: str, environment: Environment, *, labels: Mapping[str, str] | None = None
) -> Manifest:
    """The head of an object in the installation's namespace."""
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {
            "name": name,
            "namespace": environment.kubernetes.namespace,
            "labels": {
                "app.kubernetes.io/part-of": "collab",
                "app.kubernetes.io/managed-by": "collab",
                **(labels or {}),
            },
        },
    }


def pods(component: str) -> Manifest:
    """A component's pods, as a network policy names them."""
    return {
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": component, "app.kubernetes.io/part-of": "collab"}}
    }


def namespace_manifest(environment: Environment) -> Manifest:
    """The namespace, in which the API server admits only pods that Pod Security calls restricted."""
    security = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")}
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": environment.kubernetes.namespace,
            "labels": {
                "app.kubernetes.io/part-of": "collab",
                "app.kubernetes.io/managed-by": "collab",
                **security,
            },
        },
    }


def trust_manifest(environment: Environment, authorities: str) -> Manifest:
    """The ConfigMap with the authorities (PEM) that pods trust besides the system's."""
    return {**manifest("v1", "ConfigMap", TRUST, environment), "data": {"ca.crt": authorities}}


def client_authority_manifest(environment: Environment, authority: str) -> Manifest:
    """The Secret with the authority (PEM) of whom the gateway lets in. Nothing in it is secret."""
    return {
        **manifest("v1", "Secret", "gateway-client-ca", environment),
        "type": "Opaque",
        "stringData": {"ca.crt": authority},
    }


def postgresql_manifests(environment: Environment) -> tuple[Manifest, ...]:
    """The database cluster that the CloudNativePG operator makes, and whom its pods may talk with.

    It serves the certificate in ``postgresql-tls``; its administrator's password is ours. Its pods bear the labels of
    the component ``postgresql``, so that the policies of all others hold for them.
    """
    cluster, settings = environment.kubernetes, environment.postgresql
    storage = {"size": f"{cluster.postgresql_storage_gb}Gi"}
    storage |= {"storageClass": cluster.storage_class} if cluster.storage_class else {}
    pod_labels = {"app.kubernetes.io/name": "postgresql", "app.kubernetes.io/part-of": "collab"}
    memory_mb = settings.shared_buffers_mb + 256
    spec: Manifest = {
        "description": "collab",
        "instances": cluster.postgresql_instances,
        "imageName": cluster.postgresql_image,
        "enableSuperuserAccess": True,
        "superuserSecret": {"name": "postgresql-superuser"},
        "inheritedMetadata": {"labels": pod_labels},
        "bootstrap": {
            "initdb": {
                "database": "collab",
                "owner": "collab_owner",
                "encoding": "UTF8",
                "localeProvider": "builtin",
                "builtinLocale": "C.UTF-8",
                "localeCollate": "C",
                "localeCType": "C",
                "dataChecksums": True,
            }
        },
        "postgresql": {
            "parameters": {
                "max_connections": str(settings.max_connections),
                "shared_buffers": f"{settings.shared_buffers_mb}MB",
                "log_parameter_max_length": "0",
                "log_parameter_max_length_on_error": "0",
                "jit": "off",
            }
        },
        "storage": storage,
        "resources": {
            "requests": {"cpu": "250m", "memory": f"{memory_mb}Mi"},
            "limits": {"memory": f"{2 * memory_mb}Mi"},
        },
        "affinity": {"topologyKey": "kubernetes.io/hostname"},
    }
    if cluster.postgresql_instances > 1:
        # Saved means saved: a commit is on a standby too before it is acknowledged, as long as there is one.
        spec["postgresql"]["synchronous"] = {"method": "any", "number": 1, "dataDurability": "preferred"}
    if cluster.tls_inside:
        spec["certificates"] = {"serverTLSSecret": "postgresql-tls", "serverCASecret": "postgresql-tls"}
    found = [
        {
            **manifest("postgresql.cnpg.io/v1", "Cluster", "postgresql", environment, labels=pod_labels),
            "spec": spec,
        }
    ]
    if cluster.network_policies:
        found.append(_postgresql_policy(environment, pod_labels))
    return tuple(found)


def _postgresql_policy(environment: Environment, pod_labels: Mapping[str, str]) -> Manifest:
    """Instances replicate among themselves and talk with the API server; the operator looks after them."""

    def ports(*numbers: int) -> list[Manifest]:
        return [{"port": number, "protocol": "TCP"} for number in numbers]

    clients = [pods(name) for name in ("auth", "user", "document", "collaboration", "migrate", "postgresql")]
    operator = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": _OPERATOR_NAMESPACE}}}
    return {
        **manifest("networking.k8s.io/v1", "NetworkPolicy", "postgresql", environment, labels=pod_labels),
        "spec": {
            "podSelector": {"matchLabels": dict(pod_labels)},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [
                {"from": clients, "ports": ports(5432)},
                {"from": [operator, pods("postgresql")], "ports": ports(5432, _INSTANCE_MANAGER_PORT)},
            ],
            "egress": [
                TO_NAME_SERVICE,
                {"to": [pods("postgresql")], "ports": ports(5432, _INSTANCE_MANAGER_PORT)},
                # The API server's address is the cluster's own affair: only its port is known.
                {"ports": ports(*_API_SERVER_PORTS)},
            ],
        },
    }
