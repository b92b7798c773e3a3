"""Policies for AWS, as a table: which type promises what, how one sees that it holds, what to do where it does not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from collab_platform.components.policies.model import UNKNOWN, Declared, Policy, Properties, items, mapping

LOAD_BALANCER_TAG = "collab:role"
_EVERYONE = ("0.0.0.0/0", "::/0")

_RDS = "aws:rds/instance:Instance"
_RDS_PARAMETERS = "aws:rds/parameterGroup:ParameterGroup"
_REDIS = "aws:elasticache/replicationGroup:ReplicationGroup"
_BUCKET = "aws:s3/bucket:Bucket"
_BUCKET_ACL = "aws:s3/bucketAcl:BucketAcl"
_BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy"
_BUCKET_CLOSED = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
_BUCKET_ENCRYPTED = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
_BUCKET_VERSIONED = "aws:s3/bucketVersioning:BucketVersioning"
_KEY = "aws:kms/key:Key"


@dataclass(frozen=True, slots=True)
class Promise:
    """``holds`` over the properties of ``type``; ``production``: asked for in production only."""

    type: str
    holds: Callable[[Properties], bool]
    remedy: str
    production: bool = False


def _is(key: str, wanted: object) -> Callable[[Properties], bool]:
    return lambda properties: properties.get(key) == wanted


def _has(key: str) -> Callable[[Properties], bool]:
    return lambda properties: bool(properties.get(key))


def _closed_acl(properties: Properties) -> bool:
    return properties.get("acl") in {None, "private"}


def _names_principals(properties: Properties) -> bool:
    return not any(
        statement.get("Effect") == "Allow" and _is_everyone(statement.get("Principal"))
        for statement in _statements(properties.get("policy"))
    )


def _forces_tls(properties: Properties) -> bool:
    parameters = {mapping(item).get("name"): mapping(item).get("value") for item in items(properties.get("parameters"))}
    return parameters.get("rds.force_ssl") == "1"


def _own_bucket_key(properties: Properties) -> bool:
    rules = [mapping(rule) for rule in items(properties.get("rules"))]
    defaults = [mapping(rule.get("applyServerSideEncryptionByDefault")) for rule in rules]
    return bool(rules) and all(
        default.get("sseAlgorithm") == "aws:kms" and default.get("kmsMasterKeyId") for default in defaults
    )


def _closed_to_the_world(properties: Properties) -> bool:
    """Port 443 of what is tagged ``collab:role`` = ``load-balancer`` may be open, and nothing else."""
    balancer = mapping(properties.get("tags")).get(LOAD_BALANCER_TAG) == "load-balancer"
    inline = [mapping(rule) for rule in items(properties.get("ingress"))]
    return not any(
        _is_open(rule) and not (balancer and rule.get("fromPort") == rule.get("toPort") == 443)
        for rule in (properties, *inline)
    )


_OPEN_REMEDY = f"admit a security group; port 443 of what is tagged {LOAD_BALANCER_TAG} = load-balancer may be open"
PROMISES: dict[str, tuple[Promise, ...]] = {
    "no-public-bucket": (
        *(
            Promise(_BUCKET_CLOSED, _is(block, wanted=True), f"set {block} to true")
            for block in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
        ),
        Promise(_BUCKET, _closed_acl, "remove the acl; grant access in a policy"),
        Promise(_BUCKET_ACL, _closed_acl, "remove the acl; grant access in a policy"),
        Promise(_BUCKET_POLICY, _names_principals, "name the principals that an Allow is for"),
    ),
    "encryption-required": (
        Promise(_RDS, _is("storageEncrypted", wanted=True), "set storageEncrypted"),
        Promise(_RDS, _has("kmsKeyId"), "set kmsKeyId"),
        Promise(_RDS, _has("parameterGroupName"), "set parameterGroupName, to a group with rds.force_ssl = 1"),
        Promise(_RDS_PARAMETERS, _forces_tls, "set the parameter rds.force_ssl to 1"),
        Promise(_REDIS, _is("atRestEncryptionEnabled", wanted=True), "set atRestEncryptionEnabled"),
        Promise(_REDIS, _is("transitEncryptionEnabled", wanted=True), "set transitEncryptionEnabled"),
        Promise(_REDIS, _is("transitEncryptionMode", "required"), "set transitEncryptionMode to required"),
        Promise(_BUCKET_ENCRYPTED, _own_bucket_key, "encrypt with aws:kms and a key of your own"),
        Promise("aws:secretsmanager/secret:Secret", _has("kmsKeyId"), "set kmsKeyId"),
        Promise("aws:ebs/volume:Volume", _is("encrypted", wanted=True), "set encrypted"),
        Promise(_KEY, _is("enableKeyRotation", wanted=True), "set enableKeyRotation"),
    ),
    "database-access": (
        Promise(_RDS, _is("publiclyAccessible", wanted=False), "set publiclyAccessible to false"),
        Promise(_RDS, _has("dbSubnetGroupName"), "set dbSubnetGroupName, to private subnets"),
        Promise(
            _RDS,
            _is("manageMasterUserPassword", wanted=True),
            "set manageMasterUserPassword: AWS makes the password, and no state holds it",
        ),
        Promise(
            _REDIS,
            lambda properties: bool(properties.get("authToken") or properties.get("userGroupIds")),
            "set authToken or userGroupIds",
        ),
    ),
    "no-open-security-group": tuple(
        Promise(type_, _closed_to_the_world, _OPEN_REMEDY)
        for type_ in (
            "aws:ec2/securityGroup:SecurityGroup",
            "aws:ec2/securityGroupRule:SecurityGroupRule",
            "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        )
    ),
    "deletion-protection": (
        Promise(_RDS, _is("deletionProtection", wanted=True), "set deletionProtection", production=True),
        Promise(_RDS, _is("skipFinalSnapshot", wanted=False), "set skipFinalSnapshot to false", production=True),
        Promise(
            _RDS,
            lambda properties: int(properties.get("backupRetentionPeriod") or 0) >= 7,
            "set backupRetentionPeriod to 7 days or more",
            production=True,
        ),
        Promise(_RDS, _is("multiAz", wanted=True), "set multiAz", production=True),
        Promise(
            _BUCKET, lambda properties: not properties.get("forceDestroy"), "set forceDestroy to false", production=True
        ),
        Promise(
            _BUCKET_VERSIONED,
            lambda properties: mapping(properties.get("versioningConfiguration")).get("status") == "Enabled",
            "set versioningConfiguration.status to Enabled",
            production=True,
        ),
        Promise(_KEY, _is("deletionWindowInDays", 30), "set deletionWindowInDays to 30", production=True),
    ),
}
# What a bucket is not complete without: each has been a resource of its own since version 4 of the AWS provider.
BUCKET_GUARDS = {
    "no-public-bucket": _BUCKET_CLOSED,
    "encryption-required": _BUCKET_ENCRYPTED,
    "deletion-protection": _BUCKET_VERSIONED,
}


def _policy(promises: tuple[Promise, ...]) -> Policy:
    def run(declared: Declared, *, production: bool) -> Iterator[str]:
        for promise in promises:
            asked = promise.type == declared.type and (production or not promise.production)
            if asked and not promise.holds(declared.properties):
                yield promise.remedy

    return run


POLICIES: dict[str, Policy] = {name: _policy(promises) for name, promises in PROMISES.items()}


def _statements(policy: object) -> list[Properties]:
    if policy is None or policy == UNKNOWN:
        return []
    document = mapping(json.loads(policy) if isinstance(policy, str) else policy)
    found = document.get("Statement")
    return [mapping(statement) for statement in (items(found) or [found])]


def _is_everyone(principal: object) -> bool:
    named: object = mapping(principal).get("AWS") or principal
    return "*" in (items(named) or (named,))


def _is_open(rule: Properties) -> bool:
    if rule.get("type") == "egress":
        return False
    sources = [rule.get("cidrIpv4"), rule.get("cidrIpv6")]
    sources += [*items(rule.get("cidrBlocks")), *items(rule.get("ipv6CidrBlocks"))]
    return any(source in _EVERYONE for source in sources)
