"""What an operator may say about the managed datastores."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from collab_platform.components.configuration import Settings

Identifier = Annotated[str, Meta(min_length=1, max_length=128)]
SubnetIds = Annotated[list[Annotated[str, Meta(pattern=r"^subnet-[0-9a-f]+$")]], Meta(min_length=2, max_length=16)]


class InCluster(Settings, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="in-cluster"):
    """Nothing is made here: the store runs in the cluster."""


class Rds(Settings, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="rds"):
    """PostgreSQL on AWS RDS. Storage in GiB; it grows by itself up to ``max_storage_gb``."""

    instance_class: Annotated[str, Meta(pattern=r"^db\.[a-z0-9-]+\.[a-z0-9]+$")] = "db.m7g.large"
    engine_version: Annotated[str, Meta(pattern=r"^[0-9]{2}(\.[0-9]+)?$")] = "18"
    storage_gb: Annotated[int, Meta(ge=20, le=65_536)] = 50
    max_storage_gb: Annotated[int, Meta(ge=20, le=65_536)] = 500
    backup_retention_days: Annotated[int, Meta(ge=7, le=35)] = 14

    def __post_init__(self) -> None:
        if self.max_storage_gb < self.storage_gb:
            raise ValueError("postgresql.maxStorageGb is less than storageGb")


class ElastiCache(Settings, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="elasticache"):
    """Valkey on ElastiCache. Raise ``auth_token_version`` by one to rotate the token."""

    node_type: Annotated[str, Meta(pattern=r"^cache\.[a-z0-9]+\.[a-z0-9]+$")] = "cache.m7g.large"
    engine_version: Annotated[str, Meta(pattern=r"^[0-9]+\.[0-9]+$")] = "8.2"
    nodes: Annotated[int, Meta(ge=2, le=6)] = 2
    auth_token_version: Annotated[int, Meta(ge=1)] = 1


class S3(Settings, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="s3"):
    """A bucket on S3. ``log_bucket`` empty: no access log. ``editor_origin``: whose pages send and fetch its files."""

    old_versions_days: Annotated[int, Meta(ge=1, le=3650)] = 30
    incomplete_upload_days: Annotated[int, Meta(ge=1, le=30)] = 7
    log_bucket: Annotated[str, Meta(pattern=r"^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?$")] = ""
    editor_origin: Annotated[str, Meta(pattern=r"^(https?://[^/\s*]+)?$")] = ""


class DataSettings(Settings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Configuration of the stack ``data``.

    ``production`` false: one availability zone for PostgreSQL and no protection against deletion. All else, encryption
    above all, is the same.
    """

    vpc_id: Annotated[str, Meta(pattern=r"^vpc-[0-9a-f]+$")] = ""
    private_subnet_ids: SubnetIds | None = None
    cluster_security_group_id: Annotated[str, Meta(pattern=r"^sg-[0-9a-f]+$")] = ""
    production: bool = True
    postgresql: Rds | InCluster = Rds()
    redis: ElastiCache | InCluster = ElastiCache()
    object_storage: S3 | InCluster = S3()

    def __post_init__(self) -> None:
        in_network = isinstance(self.postgresql, Rds) or isinstance(self.redis, ElastiCache)
        if in_network and not (self.vpc_id and self.private_subnet_ids and self.cluster_security_group_id):
            raise ValueError("rds and elasticache need vpcId, privateSubnetIds and clusterSecurityGroupId")
