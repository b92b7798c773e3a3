"""What a node is made of: names, addresses and the flags and files of every component. Pure: nothing here does I/O."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

NODE_NAME = "collab-node"
POD_SUBNET = IPv4Network("10.244.0.0/24")
SERVICE_SUBNET = IPv4Network("10.96.0.0/16")
DNS_ADDRESS = SERVICE_SUBNET[10]
API_PORT = 6443
PAUSE_IMAGE = "collab.local/pause:1"
COREDNS_IMAGE = "collab.local/coredns:1"
PROVISIONER = "collab.local/directories"
CONTAINERD = "/run/containerd/containerd.sock"
LOG_BYTES = 32 * 2**20


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One node. Subnets are inside its network namespace, so that several nodes may have the same."""

    directory: Path
    programs: Path
    """The directory with what `modules/kubernetes` builds."""
    containerd: Path
    cni: Path
    """The directory with the CNI plug-ins."""
    address: IPv4Address
    """The node's, which this machine reaches."""
    cgroup: str

    @property
    def configuration(self) -> Path:
        """Where the components' files are."""
        return self.directory / "etc"

    @property
    def pki(self) -> Path:
        """Where certificates, keys and kubeconfigs are."""
        return self.configuration / "pki"

    @property
    def logs(self) -> Path:
        """Where every component writes its log."""
        return self.directory / "logs"

    @property
    def server(self) -> str:
        """The API server's address."""
        return f"https://{self.address}:{API_PORT}"


def files(plan: Plan) -> dict[str, str]:
    """The content of every file of ``plan.configuration``, by its name there."""
    return {
        "supervisord.conf": _supervisord(plan),
        "containerd.toml": _containerd(plan),
        "cni/collab.conflist": _json(_cni()),
        "kubelet.json": _json(_kubelet(plan)),
        "kube-proxy.json": _json(_kube_proxy(plan)),
        "resolv.conf": "# Pods outside the cluster's name service find no other.\n",
    }


def components(plan: Plan) -> dict[str, list[str]]:
    """The command line of every component, in the order of their start."""
    pki, configuration = plan.pki, plan.configuration
    client = f"--kubeconfig={pki / '{}.kubeconfig'}"
    program = {name: str(plan.programs / name) for name in PROGRAMS}
    return {
        "etcd": [str(plan.programs / "server"), *_flags(_etcd(pki))],
        "containerd": [str(plan.containerd), f"--config={configuration / 'containerd.toml'}"],
        "kube-apiserver": [program["kube-apiserver"], *_flags(_apiserver(plan))],
        "kube-controller-manager": [
            program["kube-controller-manager"],
            *(f"--{purpose}kubeconfig={pki / 'kube-controller-manager.kubeconfig'}" for purpose in DELEGATED),
            *_flags(_controller_manager(pki)),
        ],
        "kube-scheduler": [
            program["kube-scheduler"],
            *(f"--{purpose}kubeconfig={pki / 'kube-scheduler.kubeconfig'}" for purpose in DELEGATED),
            "--leader-elect=false",
            "--bind-address=127.0.0.1",
        ],
        "kubelet": [
            program["kubelet"],
            client.format("kubelet"),
            f"--config={configuration / 'kubelet.json'}",
            "--root-dir=/var/lib/kubelet",
            f"--hostname-override={NODE_NAME}",
            f"--node-ip={plan.address}",
        ],
        "kube-proxy": [program["kube-proxy"], f"--config={configuration / 'kube-proxy.json'}"],
        "provisioner": [
            program["provisioner"],
            f"-kubeconfig={pki / 'admin.kubeconfig'}",
            f"-name={PROVISIONER}",
            "-root=/var/lib/volumes",
        ],
        "netpol": [program["netpol"], f"-kubeconfig={pki / 'admin.kubeconfig'}"],
        "loadbalancer": [
            program["loadbalancer"],
            f"-kubeconfig={pki / 'admin.kubeconfig'}",
            f"-address={plan.address}",
        ],
    }


PROGRAMS = (
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "kube-proxy",
    "provisioner",
    "netpol",
    "loadbalancer",
)
DELEGATED = ("", "authentication-", "authorization-")
"""A component asks the API server who calls it, too."""


def _etcd(pki: Path) -> dict[str, object]:
    client, peer = "https://127.0.0.1:2379", "http://127.0.0.1:2380"
    return {
        "data-dir": "/var/lib/etcd",
        # The node's life is a test's: no power failure to survive.
        "unsafe-no-fsync": "true",
        "listen-client-urls": client,
        "advertise-client-urls": client,
        "listen-peer-urls": peer,
        "initial-advertise-peer-urls": peer,
        "initial-cluster": f"default={peer}",
        "client-cert-auth": "true",
        "trusted-ca-file": pki / "etcd-ca.crt",
        "cert-file": pki / "etcd.crt",
        "key-file": pki / "etcd.key",
    }


def _apiserver(plan: Plan) -> dict[str, object]:
    pki = plan.pki
    return {
        "advertise-address": plan.address,
        "secure-port": API_PORT,
        "service-cluster-ip-range": SERVICE_SUBNET,
        "allow-privileged": "true",
        "anonymous-auth": "false",
        "authorization-mode": "Node,RBAC",
        # Beside the default ones, PodSecurity and ServiceAccount among them.
        "enable-admission-plugins": "NodeRestriction",
        "client-ca-file": pki / "ca.crt",
        "tls-cert-file": pki / "kube-apiserver.crt",
        "tls-private-key-file": pki / "kube-apiserver.key",
        "etcd-servers": "https://127.0.0.1:2379",
        "etcd-cafile": pki / "etcd-ca.crt",
        "etcd-certfile": pki / "etcd-client.crt",
        "etcd-keyfile": pki / "etcd-client.key",
        "kubelet-certificate-authority": pki / "ca.crt",
        "kubelet-client-certificate": pki / "kubelet-client.crt",
        "kubelet-client-key": pki / "kubelet-client.key",
        "kubelet-preferred-address-types": "InternalIP",
        "service-account-issuer": "https://kubernetes.default.svc.cluster.local",
        "service-account-key-file": pki / "service-account.pub",
        "service-account-signing-key-file": pki / "service-account.key",
        "requestheader-client-ca-file": pki / "front-proxy-ca.crt",
        "requestheader-allowed-names": "front-proxy-client",
        "requestheader-extra-headers-prefix": "X-Remote-Extra-",
        "requestheader-group-headers": "X-Remote-Group",
        "requestheader-username-headers": "X-Remote-User",
        "proxy-client-cert-file": pki / "front-proxy-client.crt",
        "proxy-client-key-file": pki / "front-proxy-client.key",
    }


def _controller_manager(pki: Path) -> dict[str, object]:
    return {
        "bind-address": "127.0.0.1",
        "leader-elect": "false",
        "use-service-account-credentials": "true",
        "root-ca-file": pki / "ca.crt",
        "client-ca-file": pki / "ca.crt",
        "cluster-signing-cert-file": pki / "ca.crt",
        "cluster-signing-key-file": pki / "ca.key",
        "service-account-private-key-file": pki / "service-account.key",
        "requestheader-client-ca-file": pki / "front-proxy-ca.crt",
    }


def _kubelet(plan: Plan) -> dict[str, Any]:
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {"x509": {"clientCAFile": str(plan.pki / "ca.crt")}, "anonymous": {"enabled": False}},
        "tlsCertFile": str(plan.pki / "kubelet.crt"),
        "tlsPrivateKeyFile": str(plan.pki / "kubelet.key"),
        "containerRuntimeEndpoint": f"unix://{CONTAINERD}",
        "clusterDNS": [str(DNS_ADDRESS)],
        "clusterDomain": "cluster.local",
        "resolvConf": str(plan.configuration / "resolv.conf"),
        "podLogsDir": str(plan.logs / "pods"),
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{plan.cgroup}",
        "failCgroupV1": False,
        "failSwapOn": False,
        "oomScoreAdj": 0,
        # The disk is shared with all else on this machine, and an image that is collected cannot be pulled again.
        "localStorageCapacityIsolation": False,
        "imageGCHighThresholdPercent": 100,
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "0%", "imagefs.available": "0%"},
        "nodeStatusUpdateFrequency": "5s",
    }


def _kube_proxy(plan: Plan) -> dict[str, Any]:
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "iptables",
        "hostnameOverride": NODE_NAME,
        "clusterCIDR": str(POD_SUBNET),
        "clientConnection": {"kubeconfig": str(plan.pki / "kube-proxy.kubeconfig")},
        "oomScoreAdj": 0,
        # A network namespace of its own may not change the machine's limits.
        "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
    }


def _containerd(plan: Plan) -> str:
    return f"""\
version = 2
root = "/var/lib/containerd"
state = "/run/containerd"

[grpc]
address = "{CONTAINERD}"

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{PAUSE_IMAGE}"
# Without CAP_SYS_RESOURCE a pod cannot be given a lower score than containerd's own.
restrict_oom_score_adj = true
enable_unprivileged_ports = true
enable_unprivileged_icmp = true

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
SystemdCgroup = false

[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "{plan.cni}"
conf_dir = "{plan.configuration / "cni"}"
"""


def _cni() -> dict[str, Any]:
    """Every pod on a cable of its own to the node: all its traffic is routed, so Services need no bridge filtering."""
    ipam = {"type": "host-local", "dataDir": "/run/cni", "ranges": [[{"subnet": str(POD_SUBNET)}]]}
    return {
        "cniVersion": "0.4.0",
        "name": "collab",
        "plugins": [
            {"type": "ptp", "ipMasq": True, "ipam": ipam | {"routes": [{"dst": "0.0.0.0/0"}]}},
            {"type": "portmap", "capabilities": {"portMappings": True}},
        ],
    }


def _supervisord(plan: Plan) -> str:
    sections = [
        "[supervisord]\nnodaemon=true\nuser=root\npidfile=/run/supervisord.pid\n"
        f"logfile={_literal(str(plan.logs / 'supervisord.log'))}\n"
    ]
    for order, (name, command) in enumerate(components(plan).items()):
        log = _literal(str(plan.logs / f"{name}.log"))
        sections.append(
            f"[program:{name}]\ncommand={_literal(shlex.join(command))}\npriority={order}\nautorestart=true\n"
            f"startsecs=2\nstartretries=30\nredirect_stderr=true\nstdout_logfile={log}\n"
            f"stdout_logfile_maxbytes={LOG_BYTES}\nstdout_logfile_backups=1\n"
        )
    return "\n".join(sections)


def _literal(value: str) -> str:
    """As supervisord reads it back: it expands percent signs."""
    return value.replace("%", "%%")


def _flags(values: Mapping[str, object]) -> list[str]:
    return [f"--{name}={value}" for name, value in values.items()]


def _json(document: object) -> str:
    return json.dumps(document, indent=2) + "\n"
