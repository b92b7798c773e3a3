"""The matrix: what an installation may be like, as values for all charts."""

from __future__ import annotations

from itertools import product
from typing import Any

from tests.cluster.charts.rendering import NAMES, Values, merged

Installation = dict[str, Values]

SERVICES = ("auth", "user", "document", "collaboration")
FILERS = ("user", "document", "collaboration")
"""Those that keep files."""
STORES = ("postgresql", "valkey", "seaweedfs")
TAG = "0.1.0-3f2a91bc"
DIGEST = "sha256:" + "ab" * 32
EVERYBODY = {"cidrs": ["0.0.0.0/0", "::/0"], "ports": [8080, 8443]}


def image(name: str, *, by_digest: bool = True) -> Values:
    said = {"digest": DIGEST} if by_digest else {"tag": TAG}
    return {"repository": f"registry.example:5000/collab-{name}", **said}


def base(*, by_digest: bool = True) -> Installation:
    """The least that a caller has to say, and a word of configuration where the charts have files."""
    nginx = {"nginx.conf": "events {}\n", "routes.conf": '# "quotes", {{ braces }}\n---\nkey: value\n'}
    store = {name: {"image": image(name, by_digest=by_digest)} for name in STORES}
    store["postgresql"]["files"] = {"postgresql.conf": "port = 5432\n", "pg_hba.conf": "# nobody\n"}
    store["valkey"]["files"] = {"valkey.conf": "port 6379\n"}
    public = {"COLLAB_PUBLIC_URL": "https://docs.example.org"}
    return {
        "datastores": store,
        "services": {
            "image": image("service", by_digest=by_digest),
            "services": {name: {"settings": public} for name in SERVICES},
        },
        "web": {"image": image("web", by_digest=by_digest), "files": nginx},
        "gateway": {
            "image": image("gateway", by_digest=by_digest),
            "metrics": {"image": image("service", by_digest=by_digest)},
            "files": nginx,
        },
    }


def everywhere(values: Values) -> Installation:
    """Values for each chart alike."""
    return dict.fromkeys(NAMES, values)


def workloads(values: Values) -> Installation:
    """Values for each workload that scales."""
    return {"services": {"services": dict.fromkeys(SERVICES, values)}, "web": values, "gateway": values}


def _installation(*layers: Installation, by_digest: bool = True) -> Installation:
    return merged(base(by_digest=by_digest), *layers)


INGRESS: dict[str, Values] = {
    "none": {"network": {"ingress": [EVERYBODY]}},
    "load-balancer": {
        "tls": {"serve": True},
        "clientCa": {"enabled": True},
        "network": {"ingress": [EVERYBODY]},
        "service": {
            "type": "LoadBalancer",
            "loadBalancerSourceRanges": ["192.0.2.0/24"],
            "annotations": {"a.b/c": "d"},
        },
    },
    "ingress": {
        "ingress": {"kind": "ingress", "className": "traefik", "host": "docs.example.org", "tlsSecret": "public-tls"},
        "network": {"ingress": [{"namespace": "traefik", "ports": [8080]}]},
    },
    "gateway-api": {
        "ingress": {
            "kind": "gateway-api",
            "host": "docs.example.org",
            "gateway": {"name": "public", "namespace": "infra", "sectionName": "https"},
        },
        "network": {"ingress": [{"namespace": "infra", "ports": [8080]}]},
    },
}
SCALED: dict[str, Any] = {
    "autoscaling": {
        "enabled": True,
        "minReplicas": 3,
        "maxReplicas": 9,
        "metrics": [
            {
                "type": "Pods",
                "pods": {
                    "metric": {"name": "collab_connections_open"},
                    "target": {"type": "AverageValue", "averageValue": "3000"},
                },
            }
        ],
    }
}
FIRST_INSTALL: Installation = {
    "services": {
        "migrations": {"bootstrap": {"enabled": True, "image": image("postgresql")}, "bucket": {"enabled": True}}
    }
}
OWN_KEY: Installation = {
    "services": {
        "services": {
            name: {
                "settings": {"COLLAB_S3_ACCESS_KEY": "collab"},
                "secrets": {"COLLAB_S3_SECRET_KEY_FILE": "s3"},
            }
            for name in FILERS
        }
    }
}
CLOUD: list[Values] = [{"cidrs": ["10.1.0.0/16"], "ports": [5432]}, {"cidrs": ["10.2.0.0/16"], "ports": [6379]}]
ROLE = {"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/collab"}
EXTERNAL: Installation = {
    "services": {
        "services": {
            "auth": {"network": {"egress": CLOUD}},
            **{
                name: {
                    "network": {"egress": [*CLOUD, {"cidrs": ["0.0.0.0/0"], "ports": [443]}]},
                    "serviceAccount": {"annotations": ROLE},
                    "settings": {"COLLAB_S3_ENDPOINT": "https://s3.eu-central-1.amazonaws.com"},
                }
                for name in FILERS
            },
        },
        "migrations": {"network": {"egress": CLOUD[:1]}},
    },
    "datastores": {name: {"enabled": False} for name in STORES},
}
PLACED: Installation = everywhere(
    {
        "commonLabels": {"team": "documents"},
        "commonAnnotations": {"example.org/owner": "documents"},
        "imagePullSecrets": ["registry"],
    }
)
PLACEMENT: Values = {
    "podAnnotations": {"checksum/secrets": "1"},
    "podLabels": {"sidecar.istio.io/inject": "false"},
    "nodeSelector": {"kubernetes.io/arch": "amd64"},
    "tolerations": [{"key": "dedicated", "operator": "Equal", "value": "collab", "effect": "NoSchedule"}],
    "priorityClassName": "important",
}

CASES: dict[str, Installation] = {
    f"{'tls' if inside else 'plain'}-{kind}{'-scaled' if scaled else ''}": _installation(
        everywhere({"tls": {"inside": inside}}), {"gateway": INGRESS[kind]}, workloads(SCALED) if scaled else {}
    )
    for inside, kind, scaled in product((True, False), INGRESS, (False, True))
} | {
    "defaults": _installation(),
    "by-tag": _installation(by_digest=False),
    "first-install": _installation(FIRST_INSTALL, OWN_KEY),
    "first-install-plain": _installation(FIRST_INSTALL, everywhere({"tls": {"inside": False}})),
    "external-stores": _installation(EXTERNAL),
    "no-policies": _installation(
        workloads({"network": {"enabled": False}}),
        {"services": {"defaultDeny": False, "migrations": {"network": {"enabled": False}}}},
        {"datastores": {name: {"network": {"enabled": False}} for name in STORES}},
    ),
    "no-migrations": _installation({"services": {"migrations": {"enabled": False}}}),
    "placed": _installation(
        PLACED,
        workloads(PLACEMENT),
        {"services": {"migrations": PLACEMENT}, "datastores": dict.fromkeys(STORES, PLACEMENT)},
    ),
    "smallest": _installation(
        workloads({"replicas": 1, "drainSeconds": 1, "disruption": {"enabled": False}, "spread": {"enabled": False}})
    ),
    "largest": _installation(
        workloads(
            {
                "replicas": 100,
                "autoscaling": {"enabled": True, "minReplicas": 100, "maxReplicas": 100},
                "disruption": {"maxUnavailable": "10%"},
            }
        ),
        {"services": {"services": {"collaboration": {"drainSeconds": 3600}}}},
    ),
    "node-port": _installation({"gateway": {"service": {"type": "NodePort"}}}),
}
