"""Which stacks an environment has, in the order in which they are made, and what each is told. Pure.

``edge`` comes before ``apps``: the gateway must know the authority of Cloudflare's client certificate from its first
moment, or for that moment anybody could come in.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from collab_platform.environment import Environment
from collab_platform.targets.kubernetes.tunnel import ORIGIN_CA, origin_name

StackName = Literal["data", "edge", "apps", "observability"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StackSpec:
    """A stack of an environment. ``config`` is Pulumi's, by full key; nothing in it is secret.

    ``holds_data``: ``down`` leaves it alone unless data are to go too.
    """

    name: StackName
    config: Mapping[str, str] = field(default_factory=dict[str, str])
    holds_data: bool = False

    @property
    def project(self) -> str:
        return f"collab-{self.name}"


def stack_specs(name: str, environment: Environment) -> tuple[StackSpec, ...]:
    """The stacks of environment ``name``, each after those whose outputs it reads."""
    cluster = environment.kubernetes
    in_cluster = {"kubernetes:context": cluster.context} if cluster.context else {}
    cloud = {"aws:region": environment.aws.region} if environment.aws.region else {}
    stacks: list[StackSpec] = []
    if managed(environment):
        stacks.append(StackSpec(name="data", config=cloud | _encoded("data", _data(environment)), holds_data=True))
    if cluster.edge == "cloudflare":
        stacks.append(StackSpec(name="edge", config=_encoded("edge", _edge(name, environment))))
    stacks.append(StackSpec(name="apps", config=in_cluster | cloud | _encoded("apps", {"environment": name})))
    if cluster.observability:
        observability = _encoded("observability", {"environment": name})
        stacks.append(StackSpec(name="observability", config=in_cluster | observability))
    return tuple(stacks)


def managed(environment: Environment) -> bool:
    """Whether any datastore is outside the cluster."""
    cluster = environment.kubernetes
    return cluster.postgresql == "rds" or cluster.redis == "elasticache" or cluster.object_storage == "s3"


def _data(environment: Environment) -> dict[str, object]:
    cluster, aws = environment.kubernetes, environment.aws
    in_cluster = {"kind": "in-cluster"}
    network: dict[str, object] = {}
    if cluster.postgresql == "rds" or cluster.redis == "elasticache":
        network = {
            "vpcId": aws.vpc_id,
            "privateSubnetIds": list(aws.private_subnet_ids),
            "clusterSecurityGroupId": aws.cluster_security_group_id,
        }
    rds = {
        "kind": "rds",
        "instanceClass": aws.postgresql_instance_class,
        "engineVersion": aws.postgresql_engine_version,
        "storageGb": aws.postgresql_storage_gb,
        "maxStorageGb": aws.postgresql_max_storage_gb,
        "backupRetentionDays": aws.postgresql_backup_retention_days,
    }
    elasticache = {
        "kind": "elasticache",
        "nodeType": aws.redis_node_type,
        "engineVersion": aws.redis_engine_version,
        "nodes": aws.redis_nodes,
        "authTokenVersion": aws.redis_auth_token_version,
    }
    s3 = {
        "kind": "s3",
        "oldVersionsDays": aws.old_versions_days,
        "incompleteUploadDays": aws.incomplete_upload_days,
        "logBucket": aws.log_bucket,
        "editorOrigin": environment.site.public_url,
    }
    return {
        **network,
        "production": aws.production,
        "postgresql": rds if cluster.postgresql == "rds" else in_cluster,
        "redis": elasticache if cluster.redis == "elasticache" else in_cluster,
        "objectStorage": s3 if cluster.object_storage == "s3" else in_cluster,
    }


def _edge(name: str, environment: Environment) -> dict[str, object]:
    edge = environment.cloudflare
    own_certificate = {"kind": "own-certificate", "address": edge.origin_address}
    tunnel = {
        "kind": "tunnel",
        "accountId": edge.account_id,
        "service": f"https://{origin_name(environment)}:443",
    }
    if not environment.kubernetes.tls_secret:  # then the gateway's certificate is the installation's own
        tunnel |= {"serverName": origin_name(environment), "caFile": ORIGIN_CA}
    return {
        "zoneId": edge.zone_id,
        "hostname": urlsplit(environment.site.public_url).hostname or "",
        "origin": tunnel if edge.origin == "tunnel" else own_certificate,
        "plan": edge.plan,
        "environment": name,
        "bots": edge.bots,
        "hstsMaxAgeS": edge.hsts_max_age_s,
        "hstsSubdomains": edge.hsts_subdomains,
    }


def _encoded(project: str, values: Mapping[str, object]) -> dict[str, str]:
    return {
        f"collab-{project}:{key}": value if isinstance(value, str) else json.dumps(value)
        for key, value in values.items()
    }
