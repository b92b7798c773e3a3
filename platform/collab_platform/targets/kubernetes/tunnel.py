"""``cloudflared``, which dials out to Cloudflare so that the gateway needs no address of its own. Pure."""

from __future__ import annotations

from collab_platform.environment import Environment
from collab_platform.targets.kubernetes.manifests import TO_NAME_SERVICE, Manifest, manifest, pods

TUNNEL = "cloudflared"
TOKEN = "tunnel-token"  # noqa: S105 - the name of a secret
ORIGIN_CA = "/run/origin/ca.crt"
"""The authority of the gateway's certificate, where that is the installation's own."""

_TOKEN_FOLDER = "/run/secrets/collab"  # noqa: S105 - a folder
_READY_PORT = 2000
_GATEWAY_PORT = 8443
_EDGE_PORT = 7844
_USER = 10001
_LABELS = {"app.kubernetes.io/name": TUNNEL, "app.kubernetes.io/part-of": "collab"}


def runs_tunnel(environment: Environment) -> bool:
    """Whether Cloudflare reaches the gateway through a tunnel."""
    return environment.kubernetes.edge == "cloudflare" and environment.cloudflare.origin == "tunnel"


def origin_name(environment: Environment) -> str:
    """The gateway's host name inside the cluster, which a certificate of the installation's authority names."""
    return f"gateway.{environment.kubernetes.namespace}.svc.cluster.local"


def tunnel_manifests(environment: Environment) -> tuple[Manifest, ...]:
    """Two pods of ``cloudflared``, which read the token from Secret ``cloudflared-secrets``.

    They may reach the gateway and Cloudflare (port 7844, TCP and UDP, and its API on 443), and nobody may reach them:
    https://developers.cloudflare.com/cloudflare-one/connections/connect-networks/configure-tunnels/tunnel-with-firewall/
    """
    if not runs_tunnel(environment):
        return ()
    found = [
        manifest("v1", "ServiceAccount", TUNNEL, environment, labels=_LABELS) | {"automountServiceAccountToken": False},
        _deployment(environment),
        manifest("policy/v1", "PodDisruptionBudget", TUNNEL, environment, labels=_LABELS)
        | {"spec": {"maxUnavailable": 1, "selector": {"matchLabels": dict(_LABELS)}}},
    ]
    if environment.kubernetes.network_policies:
        found.append(_policy(environment))
    return tuple(found)


def _deployment(environment: Environment) -> Manifest:
    cluster = environment.kubernetes
    mounts = [{"name": "token", "mountPath": _TOKEN_FOLDER, "readOnly": True}]
    volumes: list[Manifest] = [{"name": "token", "secret": {"secretName": f"{TUNNEL}-secrets", "defaultMode": 0o440}}]
    if not cluster.tls_secret:
        mounts.append({"name": "origin", "mountPath": ORIGIN_CA.rpartition("/")[0], "readOnly": True})
        authority = {"secretName": "gateway-tls", "items": [{"key": "ca.crt", "path": "ca.crt"}]}
        volumes.append({"name": "origin", "secret": authority})
    ready = {"httpGet": {"path": "/ready", "port": _READY_PORT}, "periodSeconds": 10}
    container: Manifest = {
        "name": TUNNEL,
        "image": environment.cloudflare.tunnel_image,
        "imagePullPolicy": "IfNotPresent",
        "args": ["tunnel", "--no-autoupdate", "--metrics", f"0.0.0.0:{_READY_PORT}", "run"],
        "env": [{"name": "TUNNEL_TOKEN_FILE", "value": f"{_TOKEN_FOLDER}/{TOKEN}"}],
        "ports": [{"name": "status", "containerPort": _READY_PORT}],
        "readinessProbe": ready,
        # It connects again by itself: only one that has been away for long is stuck.
        "livenessProbe": ready | {"failureThreshold": 12},
        "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": mounts,
    }
    pod: Manifest = {
        "serviceAccountName": TUNNEL,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "runAsGroup": _USER,
            "fsGroup": _USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        # Open requests and WebSockets get this long to move to the other pod.
        "terminationGracePeriodSeconds": 45,
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": "kubernetes.io/hostname",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": dict(_LABELS)},
            }
        ],
        "containers": [container],
        "volumes": volumes,
    }
    return manifest("apps/v1", "Deployment", TUNNEL, environment, labels=_LABELS) | {
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": dict(_LABELS)},
            "strategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            "template": {"metadata": {"labels": dict(_LABELS)}, "spec": pod},
        }
    }


def _policy(environment: Environment) -> Manifest:
    outside = [{"ipBlock": {"cidr": "0.0.0.0/0"}}, {"ipBlock": {"cidr": "::/0"}}]
    cloudflare = [
        {"port": _EDGE_PORT, "protocol": "UDP"},
        {"port": _EDGE_PORT, "protocol": "TCP"},
        {"port": 443, "protocol": "TCP"},
    ]
    return manifest("networking.k8s.io/v1", "NetworkPolicy", TUNNEL, environment, labels=_LABELS) | {
        "spec": {
            "podSelector": {"matchLabels": dict(_LABELS)},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [],
            "egress": [
                TO_NAME_SERVICE,
                {"to": [pods("gateway")], "ports": [{"port": _GATEWAY_PORT, "protocol": "TCP"}]},
                {"to": outside, "ports": cloudflare},
            ],
        }
    }
