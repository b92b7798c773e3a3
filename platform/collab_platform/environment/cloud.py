"""What an operator may say about the cloud around a cluster: managed datastores and the edge."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from collab_platform.environment.section import AddressRange, FilePath, HostName, Section


class Aws(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Managed datastores on AWS."""

    region: Annotated[
        str, Meta(pattern=r"^([a-z]{2}(-[a-z]+)+-[0-9])?$", description="Region.", examples=["eu-central-1"])
    ] = ""
    vpc_id: Annotated[
        str,
        Meta(pattern=r"^(vpc-[0-9a-f]+)?$", description="Network of the cluster.", examples=["vpc-0a1b2c3d4e5f60718"]),
    ] = ""
    vpc_cidrs: Annotated[
        tuple[AddressRange, ...],
        Meta(
            max_length=16,
            description="Addresses of the private subnets, which network policies let services reach.",
            examples=[["10.0.0.0/16"]],
        ),
    ] = ()
    private_subnet_ids: Annotated[
        tuple[Annotated[str, Meta(pattern=r"^subnet-[0-9a-f]+$")], ...],
        Meta(
            max_length=16,
            description="Private subnets, two or more, that the datastores stand in.",
            examples=[["subnet-0a1b2c3d", "subnet-1a2b3c4d"]],
        ),
    ] = ()
    cluster_security_group_id: Annotated[
        str,
        Meta(
            pattern=r"^(sg-[0-9a-f]+)?$",
            description="Security group of the cluster's nodes or pods, which alone may connect.",
            examples=["sg-0a1b2c3d"],
        ),
    ] = ""
    production: Annotated[
        bool, Meta(description="Two zones for PostgreSQL, and protection of all data against deletion.")
    ] = True
    postgresql_instance_class: Annotated[
        str, Meta(pattern=r"^db\.[a-z0-9-]+\.[a-z0-9]+$", description="rds: instance class.")
    ] = "db.m7g.large"
    postgresql_engine_version: Annotated[
        str, Meta(pattern=r"^[0-9]{2}(\.[0-9]+)?$", description="rds: a major version, or a full one to pin it.")
    ] = "18"
    postgresql_storage_gb: Annotated[int, Meta(ge=20, le=65_536, description="rds: storage at first, in GiB.")] = 50
    postgresql_max_storage_gb: Annotated[
        int, Meta(ge=20, le=65_536, description="rds: as far as storage may grow by itself, in GiB.")
    ] = 500
    postgresql_backup_retention_days: Annotated[
        int, Meta(ge=7, le=35, description="rds: how far back point-in-time recovery reaches.")
    ] = 14
    postgresql_host: Annotated[
        HostName,
        Meta(
            description="rds: its address, the output postgresqlEndpoint of the stack data, for `collab render`. "
            "`collab up` reads it from the stack.",
            examples=["collab.0123456789ab.eu-central-1.rds.amazonaws.com"],
        ),
    ] = ""
    redis_node_type: Annotated[
        str, Meta(pattern=r"^cache\.[a-z0-9]+\.[a-z0-9]+$", description="elasticache: node type.")
    ] = "cache.m7g.large"
    redis_engine_version: Annotated[
        str, Meta(pattern=r"^[0-9]+\.[0-9]+$", description="elasticache: version of Valkey.")
    ] = "8.2"
    redis_nodes: Annotated[int, Meta(ge=2, le=6, description="elasticache: the primary and its replicas.")] = 2
    redis_auth_token_version: Annotated[
        int, Meta(ge=1, le=1_000_000, description="elasticache: raise it by one to rotate the token.")
    ] = 1
    redis_host: Annotated[
        HostName,
        Meta(
            description="elasticache: its address, the output redisEndpoint of the stack data, for `collab render`.",
            examples=["master.collab.abcdef.euc1.cache.amazonaws.com"],
        ),
    ] = ""
    bucket: Annotated[
        str,
        Meta(
            pattern=r"^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?$",
            description="s3: name of the bucket, the output bucket of the stack data, for `collab render`.",
        ),
    ] = ""
    object_storage_cidrs: Annotated[
        tuple[AddressRange, ...],
        Meta(max_length=64, description="s3: addresses of the bucket, which network policies let services reach."),
    ] = ("0.0.0.0/0",)
    object_storage_public_url: Annotated[
        str,
        Meta(
            pattern=r"^(https://[^/\s?#@]+)?$",
            description="s3: where browsers reach S3, if not at the region's own address.",
            examples=["https://s3.dualstack.eu-central-1.amazonaws.com"],
        ),
    ] = ""
    old_versions_days: Annotated[
        int, Meta(ge=1, le=3650, description="s3: days until an overwritten or deleted object is gone for good.")
    ] = 30
    incomplete_upload_days: Annotated[
        int, Meta(ge=1, le=30, description="s3: days until an abandoned upload is swept away.")
    ] = 7
    log_bucket: Annotated[
        str,
        Meta(
            pattern=r"^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?$",
            description="s3: an existing bucket for the access log. Empty: none.",
        ),
    ] = ""
    objects_role_arn: Annotated[
        str,
        Meta(
            pattern=r"^(arn:aws[a-z-]*:iam::[0-9]{12}:role/\S+)?$",
            description="s3: IAM role of services that keep files. Empty: what EKS Pod Identity or the node gives.",
            examples=["arn:aws:iam::123456789012:role/collab-objects"],
        ),
    ] = ""


class Cloudflare(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The edge at Cloudflare; its host name is that of site.public_url."""

    zone_id: Annotated[str, Meta(pattern=r"^([0-9a-f]{32})?$", description="The zone, which collab takes over.")] = ""
    plan: Annotated[
        Literal["free", "pro", "business", "enterprise"],
        Meta(description="The zone's plan. What it does not include is left out."),
    ] = "pro"
    origin: Annotated[
        Literal["own-certificate", "tunnel"],
        Meta(
            description="own-certificate: the gateway has an address and admits only our zone's client certificate. "
            "tunnel: it has none, cloudflared in the cluster dials out."
        ),
    ] = "own-certificate"
    origin_address: Annotated[
        HostName,
        Meta(
            description="own-certificate: host name or IP address of the load balancer.",
            examples=["gateway-1234.elb.eu-central-1.amazonaws.com"],
        ),
    ] = ""
    origin_ca_file: Annotated[
        FilePath,
        Meta(
            description="own-certificate: PEM file, relative to the project, with the output originCa of the stack "
            "edge, for `collab render`. `collab up` reads it from the stack.",
            examples=["environments/origin-ca.pem"],
        ),
    ] = ""
    account_id: Annotated[str, Meta(pattern=r"^([0-9a-f]{32})?$", description="tunnel: the account.")] = ""
    tunnel_image: Annotated[
        str,
        Meta(
            pattern=r"^[a-z0-9][a-z0-9._:/-]*(:(?!latest$)[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}|@sha256:[0-9a-f]{64})$",
            description="tunnel: the image of cloudflared, by a tag other than latest or a digest.",
            examples=["cloudflare/cloudflared:2025.8.1"],
        ),
    ] = "cloudflare/cloudflared:2025.8.1"
    bots: Annotated[
        Literal["block", "challenge", "off"], Meta(description="What happens to what is certainly a program.")
    ] = "challenge"
    hsts_max_age_s: Annotated[
        int, Meta(ge=86_400, le=63_072_000, description="How long browsers insist on HTTPS, in seconds.")
    ] = 31_536_000
    hsts_subdomains: Annotated[bool, Meta(description="Whether that holds for all names below the zone's too.")] = False
