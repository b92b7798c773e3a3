"""The event bus and cache: Valkey on AWS ElastiCache."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from collab_platform.components.data.network import Network, encryption_key, private_subnets, security_group
from collab_platform.components.data.settings import ElastiCache

PORT = 6379


class Redis(pulumi.ComponentResource):
    """A replication group over several zones, TLS only, behind a token.

    ElastiCache makes no tokens, so Pulumi does; it is a secret from its birth, encrypted in the state, and is kept in
    Secrets Manager for whoever fetches it there (``auth_token_secret_arn``).
    """

    endpoint: pulumi.Output[str]
    auth_token: pulumi.Output[str]
    auth_token_secret_arn: pulumi.Output[str]
    security_group_id: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        network: Network,
        settings: ElastiCache,
        production: bool,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("collab:data:Redis", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        key = encryption_key(name, protect=production, opts=child)
        group = security_group(name, network=network, port=PORT, opts=child)
        subnets = aws.elasticache.SubnetGroup(
            f"{name}-subnets",
            description=f"{name}: private subnets",
            subnet_ids=private_subnets(network.subnet_ids, pulumi.InvokeOptions(parent=self)),
            opts=child,
        )
        parameters = aws.elasticache.ParameterGroup(
            f"{name}-parameters",
            family=f"valkey{settings.engine_version.partition('.')[0]}",
            description=f"{name}: forgets the oldest first, as the local target's does",
            parameters=[{"name": "maxmemory-policy", "value": "allkeys-lru"}],
            opts=child,
        )
        token = random.RandomPassword(
            f"{name}-auth-token",
            length=64,
            special=False,  # ElastiCache takes few special characters; 64 letters and digits are 381 bits
            keepers={"version": str(settings.auth_token_version)},
            opts=child,
        )
        self.auth_token = pulumi.Output.secret(token.result)
        secret = aws.secretsmanager.Secret(
            f"{name}-auth-token-secret",
            description=f"{name}: the token clients authenticate with",
            kms_key_id=key.arn,
            recovery_window_in_days=30 if production else 7,
            opts=child,
        )
        aws.secretsmanager.SecretVersion(
            f"{name}-auth-token-version", secret_id=secret.id, secret_string=self.auth_token, opts=child
        )
        replication_group = aws.elasticache.ReplicationGroup(
            f"{name}-group",
            description=f"{name}: events and cache",
            engine="valkey",
            engine_version=settings.engine_version,
            node_type=settings.node_type,
            num_cache_clusters=settings.nodes,
            multi_az_enabled=True,
            automatic_failover_enabled=True,
            at_rest_encryption_enabled=True,
            kms_key_id=key.arn,
            transit_encryption_enabled=True,
            transit_encryption_mode="required",
            auth_token=self.auth_token,
            # The old token works until the next rotation: no client is cut off.
            auth_token_update_strategy="ROTATE",  # noqa: S106 - the name of a strategy
            parameter_group_name=parameters.name,
            subnet_group_name=subnets.name,
            security_group_ids=[group.id],
            port=PORT,
            auto_minor_version_upgrade=True,
            # The store holds events under way and a cache; the truth is in PostgreSQL, so there is nothing to snapshot.
            snapshot_retention_limit=0,
            opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(protect=production)),
        )
        self.endpoint = replication_group.primary_endpoint_address
        self.security_group_id = group.id
        self.auth_token_secret_arn = secret.arn
        self.register_outputs(
            {
                "endpoint": self.endpoint,
                "authToken": self.auth_token,
                "authTokenSecretArn": self.auth_token_secret_arn,
                "securityGroupId": self.security_group_id,
            }
        )
