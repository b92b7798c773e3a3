"""What the values of an environment must say together. Pure; ``resolve`` adds origins."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from urllib.parse import urlsplit

from collab_platform.environment.schema import Environment

Contradiction = tuple[str, tuple[str, ...], str]
"""The leaf to correct, the others that it was held against, and what is wrong."""

GATEWAY_TLS = "gateway-tls"
"""The Secret with the certificate that the gateway shows."""
_POOL_MAX = 4
"""Connections that each pod of a service may open (``COLLAB_DATABASE_POOL_MAX``)."""
_SPARE_CONNECTIONS = 10
"""For the migrations, an administrator, and what PostgreSQL keeps for superusers."""


def contradictions(environment: Environment) -> Iterator[Contradiction]:
    """Every pair of values that cannot stand together. What another target reads is not looked at."""
    yield from _mail(environment)
    yield from _providers(environment)
    if environment.target != "kubernetes":
        return
    yield from _access(environment)
    yield from _edge(environment)
    yield from _replicas(environment)
    yield from _stores(environment)
    yield from _secrets(environment)
    yield from _addresses(environment)
    if environment.pulumi.organization and not environment.pulumi.backend.startswith("https://"):
        yield "pulumi.organization", ("pulumi.backend",), "only Pulumi Cloud, a backend of https://, has organisations"


def secrets_are_external(environment: Environment) -> bool:
    """Whether a store has the secrets, those that the operator gives among them."""
    return environment.target == "kubernetes" and environment.kubernetes.secrets == "external"


def _mail(environment: Environment) -> Iterator[Contradiction]:
    mail, external = environment.mail, secrets_are_external(environment)
    if environment.auth.registration == "verified" and environment.target == "kubernetes" and not mail.smtp_host:
        yield (
            "auth.registration",
            ("target", "mail.smtp_host"),
            "verified needs mail, and a cluster has none without mail.smtp_host, for example smtp.example.org",
        )
    if ":" in mail.smtp_host and not _is_address(mail.smtp_host):
        yield "mail.smtp_host", (), f"expected a host without its port, got {mail.smtp_host}: that is mail.smtp_port"
    if (mail.smtp_user or mail.smtp_password_file) and not mail.smtp_host:
        yield "mail.smtp_host", ("mail.smtp_user", "mail.smtp_password_file"), "needed: somebody is to sign in to it"
    if mail.smtp_user and mail.smtp_security == "none":
        yield (
            "mail.smtp_security",
            ("mail.smtp_user",),
            "expected starttls or tls: with none the password would be sent in the clear",
        )
    if mail.smtp_password_file and not mail.smtp_user:
        yield "mail.smtp_user", ("mail.smtp_password_file",), "needed: whose password is in mail.smtp_password_file?"
    if mail.smtp_user and not mail.smtp_password_file and not external:
        yield (
            "mail.smtp_password_file",
            ("mail.smtp_user", "kubernetes.secrets"),
            "needed with mail.smtp_user: the file with the password",
        )
    if mail.smtp_password_file and external:
        yield (
            "mail.smtp_password_file",
            ("kubernetes.secrets",),
            "expected empty with external secrets: the store has it, as smtp-password",
        )


def _providers(environment: Environment) -> Iterator[Contradiction]:
    external, seen = secrets_are_external(environment), set[str]()
    for provider in environment.auth.oidc:
        if provider.id in seen:
            yield "auth.oidc", (), f"two providers have the id {provider.id}"
        seen.add(provider.id)
        if "openid" not in provider.scopes.split():
            yield "auth.oidc", (), f"{provider.id}: expected openid among the scopes"
        if not provider.client_secret_file and not external:
            yield (
                "auth.oidc",
                ("kubernetes.secrets",),
                f"{provider.id}: client_secret_file is needed: the file with the client's secret",
            )
        if provider.client_secret_file and external:
            yield (
                "auth.oidc",
                ("kubernetes.secrets",),
                f"{provider.id}: client_secret_file: expected empty with external secrets: the store has it, as "
                f"oidc-{provider.id}",
            )


def _access(environment: Environment) -> Iterator[Contradiction]:
    cluster = environment.kubernetes
    url = urlsplit(environment.site.public_url)
    if cluster.ingress == "none" and cluster.tls_secret not in {"", GATEWAY_TLS}:
        yield (
            "kubernetes.tls_secret",
            ("kubernetes.ingress",),
            f"without an ingress the gateway itself has the certificate: expected {GATEWAY_TLS}",
        )
    if not url.netloc:
        yield (
            "site.public_url",
            ("target",),
            "needed on kubernetes: what people type, for example https://docs.example.org",
        )
    if cluster.ingress == "none":
        return
    asked = ("kubernetes.ingress",)
    if url.hostname and (_is_address(url.hostname) or "." not in url.hostname):
        yield "site.public_url", asked, f"an ingress needs a host name in a domain, got {url.hostname}"
    if not cluster.trusted_proxies:
        yield (
            "kubernetes.trusted_proxies",
            asked,
            "needed with an ingress: its addresses, or all clients would share one rate limit, for example 10.0.0.0/8",
        )
    if cluster.ingress == "gateway-api" and not cluster.gateway_name:
        yield "kubernetes.gateway_name", asked, "needed with gateway-api: the Gateway that routes are attached to"


def _edge(environment: Environment) -> Iterator[Contradiction]:
    cluster, edge, url = environment.kubernetes, environment.cloudflare, urlsplit(environment.site.public_url)
    if cluster.edge == "none":
        return
    asked = ("kubernetes.edge",)
    if url.netloc and (url.scheme != "https" or url.port is not None or _is_address(url.hostname or "")):
        yield "site.public_url", asked, "Cloudflare needs https:// and a host name, without a port"
    if not edge.zone_id:
        yield "cloudflare.zone_id", asked, "needed with Cloudflare"
    if cluster.ingress != "none":
        yield "kubernetes.ingress", asked, "expected none: an ingress would be a way around Cloudflare"
    if not cluster.trusted_proxies:
        yield (
            "kubernetes.trusted_proxies",
            asked,
            "needed with Cloudflare, or all clients would share one rate limit: its published addresses, or with a "
            "tunnel those of the pods",
        )
    asked = (*asked, "cloudflare.origin")
    if not cluster.network_policies:
        yield "kubernetes.network_policies", asked, "expected true: else the cluster has ways around Cloudflare"
    if (edge.origin == "tunnel") != (cluster.service_type == "ClusterIP"):
        expected = (
            "ClusterIP: a tunnel needs no other way in" if edge.origin == "tunnel" else "LoadBalancer or NodePort"
        )
        yield "kubernetes.service_type", asked, f"expected {expected}"
    if edge.origin == "tunnel":
        if not edge.account_id:
            yield "cloudflare.account_id", asked, "needed for a tunnel"
        return
    if not edge.origin_address:
        yield "cloudflare.origin_address", asked, "needed unless there is a tunnel: where Cloudflare finds the gateway"
    if not cluster.tls_secret:
        yield (
            "kubernetes.tls_secret",
            asked,
            f"expected {GATEWAY_TLS}: Cloudflare believes only a public certificate or one of its origin authority",
        )


def _replicas(environment: Environment) -> Iterator[Contradiction]:
    cluster, services = environment.kubernetes, environment.services
    wanted = {
        "services.auth_replicas": services.auth_replicas,
        "services.user_replicas": services.user_replicas,
        "services.document_replicas": services.document_replicas,
        "collaboration.replicas": environment.collaboration.replicas,
    }
    for key, count in {
        **wanted,
        "kubernetes.gateway_replicas": cluster.gateway_replicas,
        "kubernetes.web_replicas": cluster.web_replicas,
    }.items():
        if count > cluster.max_replicas:
            yield key, ("kubernetes.max_replicas",), f"more than kubernetes.max_replicas, {cluster.max_replicas}"
    if cluster.postgresql == "rds":  # its size sets the number, in the hundreds
        return
    most = {key: max(count, cluster.max_replicas) if cluster.autoscaling else count for key, count in wanted.items()}
    # A rolling update runs one pod of each more.
    needed = _POOL_MAX * (sum(most.values()) + len(most)) + _SPARE_CONNECTIONS
    if environment.postgresql.max_connections < needed:
        yield (
            "postgresql.max_connections",
            (*wanted, "kubernetes.autoscaling", "kubernetes.max_replicas", "kubernetes.postgresql"),
            f"{sum(most.values())} pods of services need {needed}, got {environment.postgresql.max_connections}",
        )


def _stores(environment: Environment) -> Iterator[Contradiction]:
    cluster, aws = environment.kubernetes, environment.aws
    managed = {
        "kubernetes.postgresql": cluster.postgresql == "rds",
        "kubernetes.redis": cluster.redis == "elasticache",
        "kubernetes.object_storage": cluster.object_storage == "s3",
    }
    asked = tuple(managed)
    if any(managed.values()) and not aws.region:
        yield "aws.region", asked, "needed with managed datastores"
    if cluster.postgresql == "rds" or cluster.redis == "elasticache":
        for key, value in (("vpc_id", aws.vpc_id), ("cluster_security_group_id", aws.cluster_security_group_id)):
            if not value:
                yield f"aws.{key}", asked, "needed with rds and elasticache"
        if len(aws.private_subnet_ids) < 2:
            yield "aws.private_subnet_ids", asked, "rds and elasticache need two or more"
        if cluster.network_policies and not aws.vpc_cidrs:
            yield (
                "aws.vpc_cidrs",
                (*asked, "kubernetes.network_policies"),
                "needed with rds and elasticache, or network policies would shut them off",
            )
    if cluster.postgresql == "rds" and not cluster.ca_file:
        yield (
            "kubernetes.ca_file",
            asked,
            "needed with rds, whose certificates no public authority signed: the bundle that AWS publishes",
        )
    if cluster.postgresql == "rds" and not cluster.tls_inside:
        yield "kubernetes.tls_inside", asked, "expected true with rds, which is spoken to in TLS alone"
    if aws.postgresql_max_storage_gb < aws.postgresql_storage_gb:
        yield "aws.postgresql_max_storage_gb", ("aws.postgresql_storage_gb",), "less than aws.postgresql_storage_gb"


def _secrets(environment: Environment) -> Iterator[Contradiction]:
    cluster = environment.kubernetes
    if cluster.secrets != "external":
        return
    asked = ("kubernetes.secrets",)
    if not cluster.secret_store:
        yield "kubernetes.secret_store", asked, "needed with external secrets"
    if cluster.tls_inside and not cluster.ca_file:
        yield (
            "kubernetes.ca_file",
            (*asked, "kubernetes.tls_inside"),
            "needed with external secrets: the authority that signed the certificates in the store",
        )


def _addresses(environment: Environment) -> Iterator[Contradiction]:
    for key, ranges in (
        ("kubernetes.trusted_proxies", environment.kubernetes.trusted_proxies),
        ("aws.vpc_cidrs", environment.aws.vpc_cidrs),
        ("aws.object_storage_cidrs", environment.aws.object_storage_cidrs),
    ):
        for entry in ranges:
            try:
                ipaddress.ip_network(entry)
            except ValueError as error:
                yield key, (), f"{entry} is no range of addresses: {error}"


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
