"""The managed datastores of one environment, together."""

from __future__ import annotations

import pulumi

from collab_platform.components.data.network import Network
from collab_platform.components.data.object_storage import ObjectStorage
from collab_platform.components.data.postgresql import PostgreSQL
from collab_platform.components.data.redis import Redis
from collab_platform.components.data.settings import S3, DataSettings, ElastiCache, Rds


class Data(pulumi.ComponentResource):
    """Makes each store that its settings want managed; ``outputs`` are what the stack exports."""

    outputs: dict[str, pulumi.Output[str]]

    def __init__(self, name: str, *, settings: DataSettings, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("collab:data:Data", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        network = Network(
            vpc_id=settings.vpc_id,
            subnet_ids=settings.private_subnet_ids or (),
            client_security_group_id=settings.cluster_security_group_id,
        )
        self.outputs = {}
        if isinstance(settings.postgresql, Rds):
            postgresql = PostgreSQL(
                f"{name}-postgresql",
                network=network,
                settings=settings.postgresql,
                production=settings.production,
                opts=child,
            )
            self.outputs |= {
                "postgresqlEndpoint": postgresql.endpoint,
                "postgresqlMasterSecretArn": postgresql.master_secret_arn,
            }
        if isinstance(settings.redis, ElastiCache):
            redis = Redis(
                f"{name}-redis", network=network, settings=settings.redis, production=settings.production, opts=child
            )
            self.outputs |= {
                "redisEndpoint": redis.endpoint,
                "redisAuthToken": redis.auth_token,
                "redisAuthTokenSecretArn": redis.auth_token_secret_arn,
            }
        if isinstance(settings.object_storage, S3):
            storage = ObjectStorage(
                f"{name}-objects", settings=settings.object_storage, production=settings.production, opts=child
            )
            self.outputs |= {"bucket": storage.bucket, "bucketAccessPolicyArn": storage.access_policy_arn}
        self.register_outputs(self.outputs)
