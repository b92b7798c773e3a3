"""Environments on Kubernetes, one for each option, as an operator would write them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from collab_platform.blueprint import derive
from collab_platform.environment import Environment, resolve
from collab_platform.images.lock import ImageReference, ImageSet
from collab_platform.targets.kubernetes.externals import externals_of
from collab_platform.targets.kubernetes.releases import Release, releases
from collab_platform.targets.kubernetes.workloads import Namespace

NAME = "production"
DIGEST = "sha256:" + "0123456789abcdef" * 4
IMAGES = ImageSet(
    images={
        name: ImageReference(reference=f"registry.example.org/team/collab-{name}:0.1.0-3f2a", digest=DIGEST)
        for name in ("service", "gateway", "web", "postgresql", "valkey", "seaweedfs")
    }
)
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
BASE: Mapping[str, Any] = {
    "target": "kubernetes",
    "site": {"public_url": "https://docs.example.org"},
    "services": {"auth_replicas": 2, "user_replicas": 2, "document_replicas": 2},
    "collaboration": {"replicas": 2},
    "postgresql": {"max_connections": 200},
}
AWS: Mapping[str, Any] = {
    "region": "eu-central-1",
    "vpc_id": "vpc-0a1b",
    "vpc_cidrs": ["10.0.0.0/16"],
    "private_subnet_ids": ["subnet-0a", "subnet-0b"],
    "cluster_security_group_id": "sg-0a1b",
    "postgresql_host": "db.example.rds.amazonaws.com:5432",
    "redis_host": "cache.example.amazonaws.com",
    "bucket": "collab-objects-1234",
    "objects_role_arn": "arn:aws:iam::123456789012:role/collab",
}
EDGE: Mapping[str, Any] = {"zone_id": "0" * 32}
MAIL: Mapping[str, Any] = {"smtp_host": "smtp.example.org", "smtp_user": "collab", "sender": "docs@example.org"}
CORP: Mapping[str, str] = {
    "id": "corp",
    "name": "{{ Corp }}",
    "issuer": "https://id.example.org",
    "client_id": "collab",
}
GIVEN: Mapping[str, str] = {"smtp": "word of the mail", "corp": 'word of "corp"', "lab": "word of the lab"}
"""What the files in ``secrets/`` hold."""
OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "built-in": {},
    "plain": {"kubernetes": {"tls_inside": False}, "site": {"public_url": "http://docs.example.org"}},
    "load balancer": {"kubernetes": {"service_type": "LoadBalancer", "service_annotations": ["a.example/b=c=d"]}},
    "ingress": {
        "kubernetes": {
            "ingress": "ingress",
            "ingress_class": "traefik",
            "ingress_namespace": "traefik",
            "ingress_annotations": ["cert-manager.io/cluster-issuer=letsencrypt"],
            "tls_secret": "public-tls",
            "trusted_proxies": ["10.244.0.0/16"],
        }
    },
    "gateway API": {
        "kubernetes": {
            "ingress": "gateway-api",
            "gateway_name": "public",
            "gateway_namespace": "edge",
            "trusted_proxies": ["10.244.0.0/16"],
        }
    },
    "autoscaling": {"kubernetes": {"autoscaling": True, "max_replicas": 5}},
    "CloudNativePG": {"kubernetes": {"postgresql": "cloudnative-pg", "storage_class": "fast"}},
    "AWS": {
        "kubernetes": {
            "postgresql": "rds",
            "redis": "elasticache",
            "object_storage": "s3",
            "ca_file": "rds.pem",
        },
        "aws": AWS,
    },
    "origin pulls": {
        "kubernetes": {
            "edge": "cloudflare",
            "service_type": "LoadBalancer",
            "tls_secret": "gateway-tls",
            "trusted_proxies": ["173.245.48.0/20"],
        },
        "cloudflare": {**EDGE, "origin_address": "192.0.2.1", "origin_ca_file": "origin.pem"},
    },
    "tunnel": {
        "kubernetes": {"edge": "cloudflare", "trusted_proxies": ["10.244.0.0/16"]},
        "cloudflare": {**EDGE, "origin": "tunnel", "account_id": "1" * 32},
    },
    "external secrets": {
        "kubernetes": {"secrets": "external", "secret_store": "vault", "ca_file": "own.pem"},
    },
    "mail and providers": {
        "auth": {
            "registration": "verified",
            "oidc": [
                {**CORP, "client_secret_file": "secrets/corp"},
                {**CORP, "id": "lab", "issuer": "https://id.lab.example:8443", "client_secret_file": "secrets/lab"},
            ],
        },
        "mail": {**MAIL, "smtp_password_file": "secrets/smtp"},
    },
    "external mail and providers": {
        "kubernetes": {"secrets": "external", "secret_store": "vault", "ca_file": "own.pem"},
        "auth": {"oidc": [CORP]},
        "mail": MAIL,
    },
    "observability": {"kubernetes": {"observability": True}},
    "no policies": {"kubernetes": {"network_policies": False, "image_pull_secret": "pull"}},
}


def file(option: str = "built-in", **kubernetes: Any) -> dict[str, Any]:
    """The environment file of an option, parsed; further settings of its section ``kubernetes``."""
    return merged(merged(BASE, OPTIONS[option]), {"kubernetes": kubernetes})


def environment(option: str = "built-in", **kubernetes: Any) -> Environment:
    """The environment of an option, as an operator's file would make it."""
    written = file(option, **kubernetes)
    return resolve(name=NAME, file=written, file_name="environment.toml", variables={}, flags={}).environment


def namespace(option: str = "built-in", *, root: Path, **kubernetes: Any) -> Namespace:
    wanted = environment(option, **kubernetes)
    return Namespace(blueprint=derive(NAME, wanted), environment=wanted, externals=externals_of(wanted, root=root))


def released(option: str = "built-in", *, root: Path, **kubernetes: Any) -> dict[str, Release]:
    """The releases of an option, by name."""
    made = namespace(option, root=root, **kubernetes)
    found = releases(made.blueprint, made.environment, IMAGES, made.externals)
    return {each.name: each for each in found}


def write_certificates(root: Path) -> Path:
    """The PEM files that the options name, and the secrets."""
    for name in ("rds.pem", "origin.pem", "own.pem"):
        (root / name).write_text(CERTIFICATE)
    (root / "secrets").mkdir(exist_ok=True)
    for name, secret in GIVEN.items():
        (root / "secrets" / name).write_text(f"{secret}\n")
    return root


def merged(base: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """``more`` laid over ``base``, table by table."""
    found = dict(base)
    for key, value in more.items():
        below = cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else None
        found[key] = value if below is None else merged(found.get(key, {}), below)
    return found
