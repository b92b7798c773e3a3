"""Pods for the tests of the cluster itself: the bare base image, as Pod Security `restricted` wants a pod to be."""

from __future__ import annotations

import json
from typing import Any

from tests.cluster.node import Cluster

PORT = 8080
RESTRICTED: dict[str, Any] = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
# Of all languages, a minimal Debian brings this one. It answers every request with the pod's name.
SERVER = r"""
use IO::Socket::INET;
$SIG{TERM} = sub { exit };
$| = 1;
my $listener = IO::Socket::INET->new(LocalPort => 8080, Listen => 16, ReuseAddr => 1) or die $!;
while (my $client = $listener->accept) {
    my $line = <$client>;
    print $line;
    while (my $header = <$client>) { last if $header =~ /^\r?\n$/ }
    print $client "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n$ENV{HOSTNAME}";
    close $client;
}
"""


def pod_spec(image: str, command: list[str], *, volumes: dict[str, str] | None = None) -> dict[str, Any]:
    """A pod of one container; ``volumes`` are ``{path: claim}``."""
    mounts = [{"name": claim, "mountPath": path} for path, claim in (volumes or {}).items()]
    claims = [{"name": claim, "persistentVolumeClaim": {"claimName": claim}} for claim in (volumes or {}).values()]
    container = {
        "name": "main",
        "image": image,
        "imagePullPolicy": "Never",
        "command": command,
        "securityContext": RESTRICTED,
        "volumeMounts": mounts,
    }
    return {
        "terminationGracePeriodSeconds": 1,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "fsGroup": 10001,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        "volumes": claims,
    }


def pod(name: str, spec: dict[str, Any]) -> dict[str, Any]:
    """A bare pod, labelled with its name."""
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": name}}, "spec": spec}


def server(image: str, *, replicas: int, program: str = SERVER) -> list[dict[str, Any]]:
    """The deployment ``server`` and a service of the same name on port 80, also on a port of the node."""
    labels = {"app": "server"}
    spec = pod_spec(image, ["perl", "-e", program])
    spec["containers"][0]["ports"] = [{"name": "http", "containerPort": PORT}]
    spec["containers"][0]["readinessProbe"] = {"tcpSocket": {"port": PORT}, "periodSeconds": 1}
    template = {"metadata": {"labels": labels}, "spec": spec}
    return [
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "server"},
            "spec": {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template},
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "server"},
            "spec": {"type": "NodePort", "selector": labels, "ports": [{"port": 80, "targetPort": PORT}]},
        },
    ]


def claim(name: str) -> dict[str, Any]:
    """A volume of the cluster's default storage class."""
    resources = {"requests": {"storage": "16Mi"}}
    spec = {"accessModes": ["ReadWriteOnce"], "resources": resources}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": spec}


def apply(cluster: Cluster, namespace: str, *objects: dict[str, Any]) -> None:
    """Apply all of them at once."""
    cluster.apply(json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)}), namespace=namespace)
