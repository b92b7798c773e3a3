"""PostgreSQL on AWS RDS."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from collab_platform.components.data.network import Network, encryption_key, private_subnets, security_group
from collab_platform.components.data.settings import Rds

PORT = 5432


class PostgreSQL(pulumi.ComponentResource):
    """A database that survives the loss of a zone, of a disk and of an operator's attention.

    RDS makes the administrator's password itself and keeps it in Secrets Manager under ``key``, rotated: neither this
    program nor Pulumi's state ever holds it. ``master_secret_arn`` says where to fetch it.
    """

    endpoint: pulumi.Output[str]
    master_secret_arn: pulumi.Output[str]
    security_group_id: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        network: Network,
        settings: Rds,
        production: bool,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("collab:data:PostgreSQL", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        key = encryption_key(name, protect=production, opts=child)
        group = security_group(name, network=network, port=PORT, opts=child)
        subnets = aws.rds.SubnetGroup(
            f"{name}-subnets",
            description=f"{name}: private subnets",
            subnet_ids=private_subnets(network.subnet_ids, pulumi.InvokeOptions(parent=self)),
            opts=child,
        )
        parameters = aws.rds.ParameterGroup(
            f"{name}-parameters",
            family=f"postgres{settings.engine_version.partition('.')[0]}",
            description=f"{name}: TLS only",
            parameters=[{"name": "rds.force_ssl", "value": "1"}],
            opts=child,
        )
        # A fixed name would make the second deletion fail on the snapshot that the first one left.
        final = random.RandomId(f"{name}-final-snapshot", byte_length=4, opts=child)
        instance = aws.rds.Instance(
            f"{name}-instance",
            engine="postgres",
            engine_version=settings.engine_version,
            instance_class=settings.instance_class,
            db_name="collab",
            username="collab_admin",
            manage_master_user_password=True,
            master_user_secret_kms_key_id=key.arn,
            multi_az=production,
            storage_type="gp3",
            allocated_storage=settings.storage_gb,
            max_allocated_storage=settings.max_storage_gb,
            storage_encrypted=True,
            kms_key_id=key.arn,
            ca_cert_identifier="rds-ca-rsa2048-g1",
            parameter_group_name=parameters.name,
            db_subnet_group_name=subnets.name,
            vpc_security_group_ids=[group.id],
            publicly_accessible=False,
            port=PORT,
            backup_retention_period=settings.backup_retention_days,
            copy_tags_to_snapshot=True,
            delete_automated_backups=False,
            deletion_protection=production,
            skip_final_snapshot=False,
            final_snapshot_identifier=final.hex.apply(lambda suffix: f"{name}-final-{suffix}"),
            auto_minor_version_upgrade=True,
            performance_insights_enabled=True,
            performance_insights_kms_key_id=key.arn,
            performance_insights_retention_period=7,
            enabled_cloudwatch_logs_exports=["postgresql", "upgrade"],
            opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(protect=production)),
        )
        self.endpoint = instance.endpoint
        self.security_group_id = group.id
        self.master_secret_arn = instance.master_user_secrets[0].secret_arn
        self.register_outputs(
            {
                "endpoint": self.endpoint,
                "masterSecretArn": self.master_secret_arn,
                "securityGroupId": self.security_group_id,
            }
        )
