"""What an operator may say about a Kubernetes cluster: the sections that only this target reads, with ``cloud``."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from collab_platform.environment.section import AddressRange, FilePath, Section

ReplicaLimit = Annotated[int, Meta(ge=1, le=64)]
ObjectName = Annotated[str, Meta(pattern=r"^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?)?$")]
Namespace = Annotated[str, Meta(pattern=r"^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)?$")]
Annotation = Annotated[str, Meta(pattern=r"^[A-Za-z0-9./_-]+=.*$", max_length=1024)]


class Kubernetes(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The cluster, and which parts of the system are its own."""

    namespace: Annotated[
        str,
        Meta(
            pattern=r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$",
            description="Namespace of the installation, which fills it alone.",
        ),
    ] = "collab"
    context: Annotated[str, Meta(max_length=253, description="Context of the kubeconfig. Empty: its current one.")] = ""
    kubeconfig: Annotated[
        FilePath, Meta(description="Path of the kubeconfig. Empty: KUBECONFIG, else ~/.kube/config.")
    ] = ""
    registry: Annotated[
        str,
        Meta(
            pattern=r"^([a-z0-9.-]+(:[0-9]{1,5})?(/[a-z0-9._-]+)*)?$",
            max_length=253,
            description="Registry, and path in it, that images are pushed to. Empty: they are loaded onto the nodes.",
            examples=["registry.example.org/team"],
        ),
    ] = ""
    image_pull_secret: Annotated[
        ObjectName, Meta(description="Secret with which nodes pull images. Empty: they need none.")
    ] = ""
    storage_class: Annotated[
        ObjectName, Meta(description="Storage class of the built-in datastores. Empty: the cluster's default.")
    ] = ""
    service_type: Annotated[
        Literal["ClusterIP", "NodePort", "LoadBalancer"], Meta(description="How the gateway's Service is published.")
    ] = "ClusterIP"
    service_annotations: Annotated[
        tuple[Annotation, ...],
        Meta(
            max_length=32,
            description="Annotations of the gateway's Service, each NAME=VALUE.",
            examples=[["service.beta.kubernetes.io/aws-load-balancer-scheme=internet-facing"]],
        ),
    ] = ()
    ingress: Annotated[
        Literal["none", "ingress", "gateway-api"],
        Meta(
            description="What leads to the gateway: its Service alone, an Ingress, or an HTTPRoute of the Gateway API."
        ),
    ] = "none"
    ingress_class: Annotated[
        ObjectName, Meta(description="Class of the Ingress. Empty: the cluster's default.", examples=["traefik"])
    ] = ""
    ingress_namespace: Annotated[
        Namespace,
        Meta(
            description="Namespace of whatever leads to the gateway, which network policies admit. "
            "Empty: they admit the addresses in trusted_proxies.",
            examples=["traefik"],
        ),
    ] = ""
    ingress_annotations: Annotated[
        tuple[Annotation, ...],
        Meta(
            max_length=32,
            description="Annotations of the Ingress or HTTPRoute, each NAME=VALUE.",
            examples=[["cert-manager.io/cluster-issuer=letsencrypt"]],
        ),
    ] = ()
    gateway_name: Annotated[ObjectName, Meta(description="gateway-api: name of the Gateway.", examples=["public"])] = ""
    gateway_namespace: Annotated[
        Namespace, Meta(description="gateway-api: namespace of the Gateway. Empty: the installation's.")
    ] = ""
    gateway_section: Annotated[
        ObjectName, Meta(description="gateway-api: the Gateway's listener. Empty: any that fits.")
    ] = ""
    tls_secret: Annotated[
        ObjectName,
        Meta(
            description="Secret with the certificate of the public name, made by others (cert-manager, say). Empty: "
            "the ingress has one of its own; without an ingress, the environment's authority signs one.",
            examples=["collab-public-tls"],
        ),
    ] = ""
    tls_inside: Annotated[
        bool, Meta(description="Whether gateway, services and datastores talk TLS to each other.")
    ] = True
    trusted_proxies: Annotated[
        tuple[AddressRange, ...],
        Meta(
            max_length=64,
            description="Addresses of the proxies in front of the gateway, whose word on a client's address counts.",
            examples=[["10.244.0.0/16"]],
        ),
    ] = ()
    gateway_replicas: Annotated[ReplicaLimit, Meta(description="Pods of the gateway.")] = 2
    web_replicas: Annotated[ReplicaLimit, Meta(description="Pods that serve the editor's files.")] = 2
    autoscaling: Annotated[
        bool, Meta(description="Whether pods are added under load; the replicas of each part are then the fewest.")
    ] = False
    max_replicas: Annotated[
        ReplicaLimit,
        Meta(description="The most pods of one part: where autoscaling ends."),
    ] = 6
    postgresql: Annotated[
        Literal["built-in", "cloudnative-pg", "rds"],
        Meta(description="Where PostgreSQL runs. built-in: one pod, for development and CI."),
    ] = "built-in"
    postgresql_instances: Annotated[
        int, Meta(ge=1, le=9, description="cloudnative-pg: PostgreSQL instances, the primary and its standbys.")
    ] = 3
    postgresql_image: Annotated[
        str,
        Meta(
            pattern=r"^[a-zA-Z0-9./:_-]+(:(?!latest$)[A-Za-z0-9._-]+|@sha256:[0-9a-f]{64})$",
            description="cloudnative-pg: image of PostgreSQL 18 for the operator.",
        ),
    ] = "ghcr.io/cloudnative-pg/postgresql:18-minimal-trixie"
    postgresql_storage_gb: Annotated[
        int, Meta(ge=1, le=65_536, description="Volume of PostgreSQL in the cluster, in GiB.")
    ] = 10
    redis: Annotated[
        Literal["built-in", "elasticache"], Meta(description="Where the event bus runs. built-in: one pod of Valkey.")
    ] = "built-in"
    object_storage: Annotated[
        Literal["built-in", "s3"], Meta(description="Where snapshots and files are. built-in: one pod of SeaweedFS.")
    ] = "built-in"
    object_storage_gb: Annotated[
        int, Meta(ge=1, le=65_536, description="Volume of the built-in object storage, in GiB.")
    ] = 20
    edge: Annotated[
        Literal["none", "cloudflare"], Meta(description="CDN, DNS and firewall in front of the cluster.")
    ] = "none"
    secrets: Annotated[
        Literal["generated", "external"],
        Meta(description="Secrets are generated once and kept, or read from a store by the External Secrets operator."),
    ] = "generated"
    secret_store: Annotated[
        ObjectName, Meta(description="external: name of the store.", examples=["aws-secrets-manager"])
    ] = ""
    secret_store_kind: Annotated[
        Literal["ClusterSecretStore", "SecretStore"], Meta(description="external: kind of the store.")
    ] = "ClusterSecretStore"  # noqa: S105 - a kind
    secret_prefix: Annotated[
        str,
        Meta(
            pattern=r"^([A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*)?$",
            max_length=200,
            description="external: what the names of the secrets in the store begin with. Empty: collab/ENVIRONMENT.",
        ),
    ] = ""
    ca_file: Annotated[
        FilePath,
        Meta(
            description="PEM file, relative to the project, of further authorities to trust: of RDS, or of "
            "certificates that come from a secret store.",
            examples=["environments/rds-ca.pem"],
        ),
    ] = ""
    observability: Annotated[
        bool, Meta(description="Whether monitors, alerts and dashboards are installed; needs the Prometheus operator.")
    ] = False
    monitoring_namespace: Annotated[
        Namespace, Meta(description="Namespace of Prometheus, which network policies admit to the metrics.")
    ] = "monitoring"
    network_policies: Annotated[
        bool, Meta(description="Whether pods may open only the connections that the blueprint lists.")
    ] = True


class Pulumi(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where Pulumi keeps what it made."""

    backend: Annotated[
        str,
        Meta(
            pattern=r"^((file|s3|gs|azblob)://\S+|https://[^\s]+)?$",
            description="State backend. Empty: files in the environment's state directory.",
            examples=["s3://example-pulumi-state?region=eu-central-1"],
        ),
    ] = ""
    organization: Annotated[
        str,
        Meta(pattern=r"^[A-Za-z0-9_-]*$", max_length=100, description="Organisation at Pulumi Cloud. Empty: yours."),
    ] = ""
    secrets_provider: Annotated[
        str,
        Meta(
            pattern=r"^(passphrase|default|(awskms|azurekeyvault|gcpkms|hashivault)://\S+)$",
            description="What encrypts secrets in the state. passphrase: a key generated once in the state directory, "
            "or PULUMI_CONFIG_PASSPHRASE. default: the backend's own.",
            examples=["awskms://alias/collab?region=eu-central-1"],
        ),
    ] = "passphrase"
