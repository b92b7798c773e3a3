"""The blueprint's components as pods of one namespace: ports, addresses, variables, who talks with whom. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from collab_platform.blueprint import Address, Blueprint, Component, Connection, Folder
from collab_platform.environment import Environment
from collab_platform.targets.kubernetes.externals import CLOUD_NATIVE_PG_HOST, SQL_PORT, Externals
from collab_platform.targets.kubernetes.tunnel import TUNNEL

PORTS: Mapping[str, int] = {
    "http": 8080,
    "websocket": 8081,
    "status": 8082,
    "https": 8443,
    "sql": 5432,
    "redis": 6379,
    "s3": 8333,
}
"""Ports of containers by the names that they have in the blueprint."""

SERVICES = ("auth", "user", "document", "collaboration")
DATASTORES = ("postgresql", "valkey", "seaweedfs")
MIGRATE = "migrate"
"""The component whose pods bring databases and bucket up to date."""
WEB = "web"
EVERYBODY = ("0.0.0.0/0", "::/0")

Peer = dict[str, Any]
"""An entry of ``network.ingress`` or ``network.egress`` in a chart's values."""

# Theirs is what the charts say: a pod listens where its image does.
_CHARTS_OWN = frozenset({"COLLAB_PORT", "COLLAB_WEBSOCKET_PORT", "COLLAB_DRAIN_TIMEOUT_S"})
_TLS_SCHEMES = {"http://": "https://", "redis://": "rediss://"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Namespace:
    """One installation: what is wanted, and where the parts are that the namespace does not hold."""

    blueprint: Blueprint
    environment: Environment
    externals: Externals

    def runs(self, component: str) -> bool:
        """Whether pods of the component are in the namespace, whoever makes them."""
        cluster = self.environment.kubernetes
        return {
            "postgresql": cluster.postgresql != "rds",
            "valkey": cluster.redis == "built-in",
            "seaweedfs": cluster.object_storage == "built-in",
        }.get(component, True)

    def is_built_in(self, component: str) -> bool:
        """Whether the chart ``datastores`` makes it."""
        return self.runs(component) and not (
            component == "postgresql" and self.environment.kubernetes.postgresql == "cloudnative-pg"
        )

    def speaks_tls(self, component: str) -> bool:
        """What others run for us is never spoken to in the clear."""
        return self.environment.kubernetes.tls_inside or not self.runs(component)

    def endpoint(self, component: str, port: str) -> tuple[str, int]:
        """Host and port where a component is reached from a pod."""
        externals = self.externals
        if component == "postgresql":
            if self.environment.kubernetes.postgresql == "cloudnative-pg":
                return CLOUD_NATIVE_PG_HOST, SQL_PORT
            if not self.runs(component):
                return externals.postgresql_host, externals.postgresql_port
        if component == "valkey" and not self.runs(component):
            return externals.redis_host, externals.redis_port
        return component, PORTS[port]

    def address(self, address: Address) -> str:
        """An address of the blueprint filled in, with the scheme that its component speaks."""
        if not address.component:
            return address.template.format(url=self.environment.site.public_url)
        if address.component == "seaweedfs" and not self.runs("seaweedfs"):
            return self.externals.s3_endpoint
        host, port = self.endpoint(address.component, address.port)
        text = address.template.format(host=host, port=port)
        if not self.speaks_tls(address.component):
            return text
        if text.startswith("postgresql://"):
            return f"{text}?sslmode=verify-full"
        for plain, tls in _TLS_SCHEMES.items():
            if text.startswith(plain):
                return tls + text.removeprefix(plain)
        return text

    def settings(self, component: Component) -> dict[str, str]:
        """A component's variables, but for those that its chart sets itself."""
        filled = {
            variable: self.address(value) if isinstance(value, Address) else value
            for variable, value in component.settings.items()
            if variable not in _CHARTS_OWN and not isinstance(value, Folder)
        }
        if "COLLAB_S3_BUCKET" in filled and not self.runs("seaweedfs"):
            filled |= {"COLLAB_S3_BUCKET": self.externals.bucket, "COLLAB_S3_REGION": self.externals.region}
            del filled["COLLAB_S3_ACCESS_KEY"]  # credentials are those that AWS gives the pod
        return filled

    def secrets(self, component: Component) -> dict[str, str]:
        """A component's secrets: what the blueprint asks for, less what AWS gives the pod itself."""
        return {
            variable: secret
            for variable, secret in component.secrets.items()
            if secret not in {"s3", "s3-admin"} or self.runs("seaweedfs")
        }

    @property
    def connections(self) -> tuple[Connection, ...]:
        """The blueprint's, the gateway's to the editor's files, and the migrations'."""
        found = [*self.blueprint.connections, Connection("gateway", WEB, "http")]
        found.append(Connection(MIGRATE, "postgresql", "sql"))
        if self.runs("seaweedfs"):
            found.append(Connection(MIGRATE, "seaweedfs", "s3"))
        return tuple(found)

    def ingress(self, component: str) -> list[Peer]:
        """Which pods of the namespace may connect to a component."""
        found = ((each.source, PORTS[each.port]) for each in self.connections if each.target == component)
        return _by_component(found)

    def egress(self, component: str) -> list[Peer]:
        """Whom a component may connect to: pods of the namespace, else the addresses of a managed store."""
        own = [each for each in self.connections if each.source == component]
        inside = _by_component((each.target, PORTS[each.port]) for each in own if self.runs(each.target))
        outside = [
            {"cidrs": list(cidrs), "ports": [port]}
            for target in dict.fromkeys(each.target for each in own if not self.runs(each.target))
            for cidrs, port in [self._outside(target)]
        ]
        ports = self.blueprint.component(component).outside if component in self._of_blueprint else ()
        return [*inside, *outside, *([{"cidrs": list(EVERYBODY), "ports": list(ports)}] if ports else [])]

    @property
    def _of_blueprint(self) -> frozenset[str]:
        return frozenset(component.name for component in self.blueprint.components)

    def _outside(self, target: str) -> tuple[tuple[str, ...], int]:
        externals = self.externals
        return {
            "postgresql": (externals.postgresql_cidrs, externals.postgresql_port),
            "valkey": (externals.redis_cidrs, externals.redis_port),
            "seaweedfs": (externals.s3_cidrs, 443),
        }[target]

    @property
    def serves_tls(self) -> bool:
        """Whether the gateway itself speaks HTTPS with whoever comes: where there is no ingress to do it."""
        public = self.environment.site.public_url
        return self.environment.kubernetes.ingress == "none" and public.startswith("https://")

    def visitors(self) -> list[Peer]:
        """Who may come to the gateway from outside the installation."""
        cluster, edge = self.environment.kubernetes, self.environment.cloudflare
        port = PORTS["https" if self.serves_tls else "http"]
        if cluster.edge == "cloudflare":
            # The plain port would be a way around the client certificate.
            return [
                {"component": TUNNEL, "ports": [port]}
                if edge.origin == "tunnel"
                else {"cidrs": list(EVERYBODY), "ports": [port]}
            ]
        ports = sorted({PORTS["http"], port})  # the plain one sends on to the other
        if cluster.ingress == "none" and cluster.service_type != "ClusterIP":
            return [{"cidrs": list(EVERYBODY), "ports": ports}]
        if cluster.ingress_namespace:
            return [{"namespace": cluster.ingress_namespace, "ports": ports}]
        return [{"cidrs": list(cluster.trusted_proxies), "ports": ports}] if cluster.trusted_proxies else []

    def most(self, replicas: int) -> int:
        """How many pods a part may come to have."""
        cluster = self.environment.kubernetes
        return max(replicas, cluster.max_replicas) if cluster.autoscaling else replicas


def _by_component(pairs: Iterable[tuple[str, int]]) -> list[Peer]:
    ports: dict[str, set[int]] = defaultdict(set)
    for component, port in pairs:
        ports[component].add(port)
    return [{"component": component, "ports": sorted(ports[component])} for component in sorted(ports)]
