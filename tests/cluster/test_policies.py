"""NetworkPolicies are enforced, not only accepted: what a test then sees refused was refused by the policy."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.cluster import workloads
from tests.cluster.node import Cluster, ClusterError
from tests.cluster.workloads import apply

pytestmark = pytest.mark.usefixtures("client", "server")
SETTLED_WITHIN_S = 60
STEADY_TRIES = 3
CONNECT_S = "1"
DNS = {
    "to": [
        {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
            "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
        }
    ],
    "ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}],
}


def policy(name: str, selector: dict[str, str], **spec: Any) -> dict[str, Any]:
    types = [kind for kind in ("Ingress", "Egress") if kind.lower() in spec]
    full = {"podSelector": {"matchLabels": selector} if selector else {}, "policyTypes": types, **spec}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name},
        "spec": full,
    }


def connects(cluster: Cluster, namespace: str, host: str, port: int = 80, *, pod: str = "client") -> bool:
    command = ("timeout", CONNECT_S, "bash", "-c", f"exec 3<>/dev/tcp/{host}/{port}")
    try:
        cluster.kubectl("exec", f"--namespace={namespace}", pod, "--", *command, timeout_s=30)
    except ClusterError:
        return False
    return True


def settles(
    expected: bool, cluster: Cluster, namespace: str, host: str, port: int = 80, *, pod: str = "client"
) -> bool:
    """Whether, soon and from then on, a connection is made or is not: an enforcer hears of a policy a little later."""
    deadline = time.monotonic() + SETTLED_WITHIN_S
    steady = 0
    while steady < STEADY_TRIES:
        steady = steady + 1 if connects(cluster, namespace, host, port, pod=pod) == expected else 0
        if steady == 0 and time.monotonic() > deadline:
            return False
    return True


def service_address(cluster: Cluster, namespace: str, name: str) -> str:
    return cluster.get("service", name, f"--namespace={namespace}")["spec"]["clusterIP"]


@pytest.mark.parametrize("port", [workloads.PORT, "http"])
def test_ingress_is_for_whom_it_is_allowed(cluster: Cluster, namespace: str, image: str, port: int | str) -> None:
    """By number and by name; the node's own probes always pass."""
    apply(cluster, namespace, workloads.pod("other", workloads.pod_spec(image, ["sleep", "infinity"])))
    cluster.kubectl("wait", f"--namespace={namespace}", "--for=condition=Ready", "pod/other", "--timeout=60s")
    assert settles(True, cluster, namespace, "server")
    apply(cluster, namespace, policy("deny", {}, ingress=[]))
    assert settles(False, cluster, namespace, "server")
    rule = {"from": [{"podSelector": {"matchLabels": {"app": "client"}}}], "ports": [{"port": port}]}
    apply(cluster, namespace, policy("allow", {"app": "server"}, ingress=[rule]))
    assert settles(True, cluster, namespace, "server")
    assert settles(False, cluster, namespace, "server", pod="other")
    cluster.kubectl("rollout", "restart", f"--namespace={namespace}", "deployment/server")
    cluster.kubectl("rollout", "status", f"--namespace={namespace}", "deployment/server", "--timeout=60s")
    assert settles(True, cluster, namespace, "server")


def test_a_port_that_is_not_allowed_is_closed(cluster: Cluster, namespace: str) -> None:
    rule: dict[str, Any] = {
        "from": [{"podSelector": {}}],
        "ports": [{"port": workloads.PORT + 1, "endPort": workloads.PORT + 9}],
    }
    apply(cluster, namespace, policy("allow", {"app": "server"}, ingress=[rule]))
    assert settles(False, cluster, namespace, "server")


@pytest.mark.parametrize("port", [workloads.PORT, "http"])
def test_egress_is_to_what_is_allowed(cluster: Cluster, namespace: str, port: int | str) -> None:
    """Names are not found before the name service is allowed, and the API server stays out of reach."""
    address = service_address(cluster, namespace, "server")
    api = service_address(cluster, "default", "kubernetes")
    assert settles(True, cluster, namespace, api, 443)
    apply(cluster, namespace, policy("deny", {}, egress=[]))
    assert settles(False, cluster, namespace, address)
    rule = {"to": [{"podSelector": {"matchLabels": {"app": "server"}}}], "ports": [{"port": port}]}
    apply(cluster, namespace, policy("allow", {"app": "client"}, egress=[rule]))
    assert settles(True, cluster, namespace, address)
    assert settles(False, cluster, namespace, "server")
    apply(cluster, namespace, policy("allow-dns", {"app": "client"}, egress=[DNS]))
    assert settles(True, cluster, namespace, "server")
    assert settles(False, cluster, namespace, api, 443)


def test_blocks_of_addresses_have_exceptions(cluster: Cluster, namespace: str) -> None:
    server = cluster.get("pods", f"--namespace={namespace}", "--selector=app=server")["items"][0]["status"]["podIP"]
    everywhere = {"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}
    apply(cluster, namespace, policy("allow", {"app": "client"}, egress=[everywhere]))
    assert settles(True, cluster, namespace, server, workloads.PORT)
    except_one = {"to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": [f"{server}/32"]}}]}
    apply(cluster, namespace, policy("allow", {"app": "client"}, egress=[except_one]))
    assert settles(False, cluster, namespace, server, workloads.PORT)


def test_a_block_of_ipv6_allows_nothing_and_spoils_nothing(cluster: Cluster, namespace: str) -> None:
    """As in a rule for everybody, which names both kinds."""
    six = {"ipBlock": {"cidr": "::/0"}}
    apply(cluster, namespace, policy("allow", {"app": "client"}, egress=[{"to": [six]}, DNS]))
    assert settles(False, cluster, namespace, "server")
    four = {"ipBlock": {"cidr": "0.0.0.0/0"}}
    apply(cluster, namespace, policy("allow", {"app": "client"}, egress=[{"to": [four, six]}, DNS]))
    assert settles(True, cluster, namespace, "server")


def test_another_namespace_is_another_place(cluster: Cluster, namespace: str) -> None:
    """A pod selector alone means the policy's own namespace."""
    rule = {"from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}]}
    apply(cluster, namespace, policy("allow", {"app": "server"}, ingress=[rule]))
    assert settles(False, cluster, namespace, "server")
    own = {"from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}]}
    apply(cluster, namespace, policy("allow", {"app": "server"}, ingress=[own]))
    assert settles(True, cluster, namespace, "server")
