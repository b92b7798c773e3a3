"""Values of each chart, as its ``values.schema.json`` describes them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from collab_platform.blueprint import Component
from collab_platform.datastores.container import container_files
from collab_platform.datastores.postgresql import DATABASE
from collab_platform.datastores.seaweedfs import ADMIN_ACCESS_KEY
from collab_platform.environment.cluster import Kubernetes
from collab_platform.gateway.container import gateway_files, web_files
from collab_platform.images.lock import ImageSet
from collab_platform.targets.kubernetes.externals import asks_for_client_certificates
from collab_platform.targets.kubernetes.workloads import DATASTORES, SERVICES, WEB, Namespace

ChartValues = dict[str, Any]

_LONGER_S = 5
"""Who answers requests goes on for so much longer than the gateway that passes them on."""
_CPU_PERCENT = 70
_MEMORY_PERCENT = 80
_WEB_MEMORY_MB = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """The values of one installation's charts."""

    namespace: Namespace
    images: ImageSet
    revisions: Mapping[str, str]

    def services(self) -> ChartValues:
        """Chart ``services``: the four services, the migrations, and the namespace's default deny."""
        return {
            **self._common(),
            "image": self._image("service"),
            "defaultDeny": self._cluster.network_policies,
            "services": {name: self._service(self._component(name)) for name in SERVICES},
            "migrations": self._migrations(),
        }

    def gateway(self) -> ChartValues:
        """Chart ``gateway``, with nginx's configuration from the route table."""
        environment, cluster, site = self.namespace.environment, self._cluster, self.namespace.environment.site
        serve, client_ca = self.namespace.serves_tls, asks_for_client_certificates(environment)
        drain_s = environment.services.drain_timeout_s
        component = self._component("gateway")
        annotations = dict(entry.split("=", 1) for entry in cluster.ingress_annotations)
        return {
            **self._common(serve=serve),
            "image": self._image("gateway"),
            "metrics": {"image": self._image("service")},
            "clientCa": {"enabled": client_ca},
            **self._pods("gateway", cluster.gateway_replicas, memory_mb=component.memory_mb),
            "drainSeconds": drain_s,
            "network": {
                "enabled": cluster.network_policies,
                "ingress": self.namespace.visitors(),
                "egress": self.namespace.egress("gateway"),
            },
            "files": gateway_files(
                self.namespace.blueprint,
                public_url=site.public_url,
                site_name=site.name,
                limits=environment.gateway,
                inside_tls=cluster.tls_inside,
                collaboration_slots=self.namespace.most(self._component("collaboration").replicas),
                serve_tls=serve,
                client_ca=client_ca,
                trusted_proxies=cluster.trusted_proxies,
                client_address_header="X-Forwarded-For" if cluster.edge == "none" else "CF-Connecting-IP",
                drain_s=drain_s,
                file_origins=self.namespace.blueprint.file_origins,
            ),
            "service": {
                "type": cluster.service_type,
                "annotations": dict(entry.split("=", 1) for entry in cluster.service_annotations),
                # With origin pulls of our own, whoever is not Cloudflare need not even shake hands.
                "loadBalancerSourceRanges": list(cluster.trusted_proxies)
                if client_ca and cluster.service_type == "LoadBalancer"
                else [],
            },
            "ingress": {
                "kind": cluster.ingress,
                "className": cluster.ingress_class,
                "host": urlsplit(site.public_url).hostname or "" if cluster.ingress != "none" else "",
                "annotations": annotations,
                "tlsSecret": cluster.tls_secret if cluster.ingress == "ingress" else "",
                "gateway": {
                    "name": cluster.gateway_name,
                    "namespace": cluster.gateway_namespace,
                    "sectionName": cluster.gateway_section,
                },
                "paths": self._ways_in(),
            },
        }

    def _ways_in(self) -> list[ChartValues]:
        """What an ingress leads to the gateway; the editor's files are everything else."""
        files = [route.path.rstrip("/") for route in self.namespace.blueprint.routes if route.kind == "objects"]
        to_gateway = ("/api", "/collaboration", "/.well-known/jwks.json", *files)
        return [*({"path": path, "component": "gateway"} for path in to_gateway), {"path": "/", "component": WEB}]

    def web(self) -> ChartValues:
        """Chart ``web``: the editor's files."""
        environment, cluster = self.namespace.environment, self._cluster
        site = environment.site
        # An ingress leads here as it leads to the gateway; else all come through the gateway.
        visitors = self.namespace.visitors() if cluster.ingress != "none" else []
        return {
            **self._common(),
            "image": self._image(WEB),
            **self._pods(WEB, cluster.web_replicas, memory_mb=_WEB_MEMORY_MB),
            "drainSeconds": environment.services.drain_timeout_s,
            "network": {
                "enabled": cluster.network_policies,
                "ingress": [*self.namespace.ingress(WEB), *visitors],
                "egress": [],
            },
            "files": web_files(
                self.namespace.blueprint,
                public_url=site.public_url,
                site_name=site.name,
                limits=environment.gateway,
                file_origins=self.namespace.blueprint.file_origins,
            ),
        }

    def datastores(self) -> ChartValues:
        """Chart ``datastores``: what the namespace runs of PostgreSQL, Valkey and SeaweedFS by itself."""
        return {
            "imagePullSecrets": self._pull_secrets,
            "tls": {"inside": self._cluster.tls_inside},
            **{name: self._datastore(name) for name in DATASTORES},
        }

    def observability(self) -> ChartValues:
        """Chart ``observability``: who watches, and what there is to watch."""
        cluster = self._cluster
        return {
            "tls": {"inside": cluster.tls_inside},
            "prometheus": {"namespace": cluster.monitoring_namespace},
            "probes": {
                "imagePullSecrets": self._pull_secrets,
                "gateway": self._gateway_probe(),
                "stores": [name for name in ("valkey", "seaweedfs") if self.namespace.is_built_in(name)],
            },
            "network": {"enabled": cluster.network_policies},
        }

    def _gateway_probe(self) -> ChartValues:
        """How the gateway is asked: it demands a client's certificate of everybody, or leaves HTTPS to an ingress.

        A certificate that the operator gave it names the public host, not its Service.
        """
        verify = not (self.namespace.serves_tls and self._cluster.tls_secret)
        if asks_for_client_certificates(self.namespace.environment):
            return {"module": "tls", "address": "", "verify": verify}
        scheme = "https" if self.namespace.serves_tls else "http"
        host = f"gateway.{self._cluster.namespace}.svc"
        return {"module": "http", "address": f"{scheme}://{host}/.well-known/jwks.json", "verify": verify}

    @property
    def _cluster(self) -> Kubernetes:
        return self.namespace.environment.kubernetes

    @property
    def _pull_secrets(self) -> list[str]:
        return [self._cluster.image_pull_secret] if self._cluster.image_pull_secret else []

    def _component(self, name: str) -> Component:
        return self.namespace.blueprint.component(name)

    def _common(self, *, serve: bool | None = None) -> ChartValues:
        tls = {"inside": self._cluster.tls_inside}
        return {
            "imagePullSecrets": self._pull_secrets,
            "tls": tls if serve is None else tls | {"serve": serve},
        }

    def _image(self, name: str) -> ChartValues:
        image = self.images.image(name)
        return {"repository": image.repository, "tag": image.tag, "digest": image.digest}

    def _pods(self, name: str, replicas: int, *, memory_mb: int) -> ChartValues:
        most = self.namespace.most(replicas)
        return {
            "replicas": replicas,
            "resources": _memory(memory_mb),
            "autoscaling": {
                "enabled": self._cluster.autoscaling,
                "minReplicas": replicas,
                "maxReplicas": most,
                "cpuPercent": _CPU_PERCENT,
                "metrics": [_memory_metric()] if name == "collaboration" else [],
            },
            "podAnnotations": self._annotations(name),
        }

    def _annotations(self, name: str) -> ChartValues:
        revision = self.revisions.get(name)
        return {"checksum/secrets": revision} if revision else {}

    def _service(self, component: Component) -> ChartValues:
        name, environment = component.name, self.namespace.environment
        role = self.namespace.externals.objects_role_arn if "COLLAB_S3_BUCKET" in component.settings else ""
        return {
            "module": f"collab_{name}",
            "ports": list(component.ports),
            **self._pods(name, component.replicas, memory_mb=component.memory_mb),
            "settings": self.namespace.settings(component),
            "secrets": self.namespace.secrets(component),
            "network": self._network(name),
            "drainSeconds": environment.services.drain_timeout_s + _LONGER_S,
            "serviceAccount": {"annotations": {"eks.amazonaws.com/role-arn": role} if role else {}},
        }

    def _network(self, name: str) -> ChartValues:
        return {
            "enabled": self._cluster.network_policies,
            "ingress": self.namespace.ingress(name),
            "egress": self.namespace.egress(name),
        }

    def _migrations(self) -> ChartValues:
        host, port = self.namespace.endpoint("postgresql", "sql")
        externals = self.namespace.externals
        store = self.namespace.settings(self._component("collaboration"))
        has_bucket = self.namespace.runs("seaweedfs")
        return {
            "enabled": True,
            "network": self._network("migrate"),
            "bootstrap": {
                "enabled": True,
                "image": self._image("postgresql"),
                "settings": {
                    "PGHOST": host,
                    "PGPORT": str(port),
                    "PGUSER": externals.postgresql_user,
                    "PGDATABASE": "postgres",
                    "COLLAB_BOOTSTRAP_DATABASE": DATABASE,
                },
            },
            "bucket": {
                "enabled": has_bucket,
                "settings": {
                    **{f"COLLAB_S3_{key}": store[f"COLLAB_S3_{key}"] for key in ("ENDPOINT", "BUCKET", "REGION")},
                    "COLLAB_S3_ADMIN_ACCESS_KEY": ADMIN_ACCESS_KEY,
                },
                "secrets": {"COLLAB_S3_ADMIN_SECRET_KEY_FILE": "s3-admin"},
            },
            "podAnnotations": self._annotations("migrate"),
        }

    def _datastore(self, name: str) -> ChartValues:
        if not self.namespace.is_built_in(name):
            return {"enabled": False}
        environment, cluster = self.namespace.environment, self._cluster
        found: ChartValues = {
            "enabled": True,
            "image": self._image(name),
            "resources": _memory(self._component(name).memory_mb),
            "network": self._network(name),
            "podAnnotations": self._annotations(name),
        }
        match name:
            case "postgresql":
                found["storage"] = {"size": f"{cluster.postgresql_storage_gb}Gi", "className": cluster.storage_class}
            case "seaweedfs":
                found["storage"] = {"size": f"{cluster.object_storage_gb}Gi", "className": cluster.storage_class}
                found["settings"] = {"COLLAB_S3_BUCKET": environment.object_storage.bucket}
            case _:
                pass
        if files := container_files(environment, inside_tls=cluster.tls_inside).get(name):
            found["files"] = files
        return found


def _memory(memory_mb: int) -> ChartValues:
    """Half as much again as a component should ever use is its limit, three quarters of that use its request."""
    return {
        "requests": {"memory": f"{memory_mb * 3 // 4}Mi"},
        "limits": {"memory": f"{memory_mb * 3 // 2}Mi"},
    }


def _memory_metric() -> ChartValues:
    """Open documents are in memory: many quiet ones fill it before the processor has anything to do."""
    target = {"type": "Utilization", "averageUtilization": _MEMORY_PERCENT}
    return {"type": "Resource", "resource": {"name": "memory", "target": target}}
