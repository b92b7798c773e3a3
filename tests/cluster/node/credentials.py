"""Every certificate, key and kubeconfig that a node's components are given."""

from __future__ import annotations

from .pki import Authority, kubeconfig, signing_key
from .plan import NODE_NAME, SERVICE_SUBNET, Plan

API_HOSTS = (
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
    "localhost",
    "127.0.0.1",
    str(SERVICE_SUBNET[1]),
)
CLIENTS = {
    "admin": ("collab-test-admin", ("system:masters",)),
    "kube-controller-manager": ("system:kube-controller-manager", ()),
    "kube-scheduler": ("system:kube-scheduler", ()),
    "kube-proxy": ("system:kube-proxy", ()),
}
"""User and groups of who has a kubeconfig, beside the kubelet."""


def write(plan: Plan) -> None:
    """Fill ``plan.pki``. Three authorities: who may speak to etcd, or for the API server, is not any cluster user."""
    address = str(plan.address)
    cluster = Authority(plan.pki, "ca")
    cluster.issue("kube-apiserver", user="kube-apiserver", hosts=(*API_HOSTS, address))
    cluster.issue("kubelet-client", user="kubelet-client")
    node = cluster.issue(
        "kubelet", user=f"system:node:{NODE_NAME}", groups=("system:nodes",), hosts=(NODE_NAME, address)
    )
    clients = {name: cluster.issue(name, user=user, groups=groups) for name, (user, groups) in CLIENTS.items()}
    for name, pair in {**clients, "kubelet": node}.items():
        kubeconfig(plan.pki / f"{name}.kubeconfig", server=plan.server, authority=cluster.pair.certificate, pair=pair)

    etcd = Authority(plan.pki, "etcd-ca")
    etcd.issue("etcd", user="etcd", hosts=("127.0.0.1", "localhost"))
    etcd.issue("etcd-client", user="kube-apiserver")
    Authority(plan.pki, "front-proxy-ca").issue("front-proxy-client", user="front-proxy-client")
    signing_key(plan.pki / "service-account")
