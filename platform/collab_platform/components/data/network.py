"""Where a datastore stands: private subnets, reachable from the cluster alone, under a key of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """The network of the cluster. ``client_security_group_id`` is that of its nodes or pods."""

    vpc_id: str
    subnet_ids: Sequence[str]
    client_security_group_id: str


def private_subnets(ids: Sequence[str], opts: pulumi.InvokeOptions) -> pulumi.Output[list[str]]:
    """``ids``, once AWS has said that none of them gives its guests public addresses. Raises ``pulumi.RunError``."""

    def check(subnet: aws.ec2.GetSubnetResult) -> str:
        if subnet.map_public_ip_on_launch:
            raise pulumi.RunError(f"{subnet.id} is a public subnet; privateSubnetIds takes private ones only")
        return subnet.id

    return pulumi.Output.all(*(aws.ec2.get_subnet_output(id=id_, opts=opts).apply(check) for id_ in ids))


def security_group(name: str, *, network: Network, port: int, opts: pulumi.ResourceOptions) -> aws.ec2.SecurityGroup:
    """A group that lets the cluster in on ``port``, and nothing out."""
    group = aws.ec2.SecurityGroup(
        f"{name}-clients",
        description=f"{name}: from the cluster to port {port}",
        vpc_id=network.vpc_id,
        revoke_rules_on_delete=True,
        opts=opts,
    )
    aws.vpc.SecurityGroupIngressRule(
        f"{name}-from-cluster",
        description="From the cluster",
        security_group_id=group.id,
        referenced_security_group_id=network.client_security_group_id,
        ip_protocol="tcp",
        from_port=port,
        to_port=port,
        opts=opts,
    )
    return group


def encryption_key(name: str, *, protect: bool, opts: pulumi.ResourceOptions) -> aws.kms.Key:
    """A KMS key that AWS rotates every year. Whoever deletes it deletes the data, so it waits 30 days."""
    return aws.kms.Key(
        f"{name}-key",
        description=f"{name}: encryption at rest",
        enable_key_rotation=True,
        deletion_window_in_days=30,
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(protect=protect)),
    )
