"""The policies: each promise is broken in turn, starting from resources that keep it."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from collab_platform.components.policies import Declared, check, check_all, from_manifest
from collab_platform.components.policies.aws import PROMISES
from collab_platform.components.policies.model import UNKNOWN
from tests.unit.stacks.harness import run_program, run_stack

DATA: dict[str, object] = {
    "vpcId": "vpc-01",
    "privateSubnetIds": ["subnet-0a", "subnet-0b"],
    "clusterSecurityGroupId": "sg-01",
}

# How a resource of our own breaks: its type, the property, what it is set to (None: left out), the policy that says so.
RDS, REDIS = "aws:rds/instance:Instance", "aws:elasticache/replicationGroup:ReplicationGroup"
PARAMETERS, VERSIONING = "aws:rds/parameterGroup:ParameterGroup", "aws:s3/bucketVersioning:BucketVersioning"
CLOSED = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
BREACHES: list[tuple[str, str, object, str]] = [
    *((CLOSED, block, value, "no-public-bucket") for value in (False, None) for block in (
        "blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")),
    ("aws:s3/bucket:Bucket", "acl", "public-read", "no-public-bucket"),
    ("aws:s3/bucket:Bucket", "forceDestroy", True, "deletion-protection"),
    (
        "aws:s3/bucketPolicy:BucketPolicy",
        "policy",
        json.dumps({"Statement": {"Effect": "Allow", "Principal": {"AWS": ["*"]}, "Action": "s3:GetObject"}}),
        "no-public-bucket",
    ),
    (VERSIONING, "versioningConfiguration", {"status": "Suspended"}, "deletion-protection"),
    (
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "rules",
        [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}],
        "encryption-required",
    ),
    (RDS, "storageEncrypted", False, "encryption-required"),
    (RDS, "storageEncrypted", None, "encryption-required"),
    (RDS, "kmsKeyId", None, "encryption-required"),
    (RDS, "parameterGroupName", None, "encryption-required"),
    (RDS, "publiclyAccessible", True, "database-access"),
    (RDS, "publiclyAccessible", None, "database-access"),
    (RDS, "dbSubnetGroupName", None, "database-access"),
    (RDS, "manageMasterUserPassword", None, "database-access"),
    (RDS, "deletionProtection", False, "deletion-protection"),
    (RDS, "skipFinalSnapshot", True, "deletion-protection"),
    (RDS, "backupRetentionPeriod", 1, "deletion-protection"),
    (RDS, "multiAz", None, "deletion-protection"),
    (PARAMETERS, "parameters", [{"name": "rds.force_ssl", "value": "0"}], "encryption-required"),
    (REDIS, "atRestEncryptionEnabled", None, "encryption-required"),
    (REDIS, "transitEncryptionEnabled", False, "encryption-required"),
    (REDIS, "transitEncryptionMode", "preferred", "encryption-required"),
    (REDIS, "authToken", None, "database-access"),
    ("aws:secretsmanager/secret:Secret", "kmsKeyId", None, "encryption-required"),
    ("aws:kms/key:Key", "enableKeyRotation", False, "encryption-required"),
    ("aws:kms/key:Key", "deletionWindowInDays", 7, "deletion-protection"),
    ("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "cidrIpv4", "0.0.0.0/0", "no-open-security-group"),
    ("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "cidrIpv6", "::/0", "no-open-security-group"),
    ("aws:ec2/securityGroup:SecurityGroup", "ingress", [{"cidrBlocks": ["0.0.0.0/0"]}], "no-open-security-group"),
]  # fmt: skip


@pytest.fixture(scope="module")
def declared() -> dict[str, Declared]:
    """One resource of ours for each type."""
    return {resource.type: resource for resource in run_stack("data", DATA).declared()}


@pytest.mark.parametrize(("type_", "key", "value", "policy"), BREACHES)
def test_a_broken_promise_is_found(declared: dict[str, Declared], type_: str, key: str, value: object, policy: str):
    properties = {**declared[type_].properties, key: value}
    if value is None:
        del properties[key]
    assert check(type_, declared[type_].properties) == ()
    assert [violation.policy for violation in check(type_, properties, name="mine")] == [policy]


def test_every_promise_has_a_breach_that_it_finds(declared: dict[str, Declared]):
    """A promise that no breach above touches would be a check that cannot fail."""
    for promises in PROMISES.values():
        for promise in promises:
            if promise.type not in declared:  # types that our programs do not use; tested below
                continue
            assert any(
                not promise.holds(
                    {k: v for k, v in {**declared[type_].properties, key: value}.items() if v is not None}
                )
                for type_, key, value, _ in BREACHES
                if type_ == promise.type
            ), promise.remedy


@pytest.mark.parametrize(
    ("type_", "properties"),
    [
        ("aws:ebs/volume:Volume", {"encrypted": False}),
        ("aws:s3/bucketAcl:BucketAcl", {"acl": "public-read-write"}),
        ("aws:ec2/securityGroupRule:SecurityGroupRule", {"type": "ingress", "cidrBlocks": ["0.0.0.0/0"]}),
    ],
)
def test_types_that_we_do_not_use_are_held_to_the_same(type_: str, properties: dict[str, Any]):
    assert len(check(type_, properties)) == 1


def test_port_443_of_a_load_balancer_may_be_open_to_the_world():
    rule = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
    balancer = {"collab:role": "load-balancer"}
    https = {"cidrIpv4": "0.0.0.0/0", "fromPort": 443, "toPort": 443}
    assert check(rule, {**https, "tags": balancer}) == ()
    assert check(rule, https), "of a load balancer only"
    assert check(rule, {**https, "fromPort": 0, "tags": balancer}), "that port only"
    egress = {"type": "egress", "cidrBlocks": ["0.0.0.0/0"]}
    assert check("aws:ec2/securityGroupRule:SecurityGroupRule", egress) == ()


def test_outside_production_data_may_go_but_not_lie_open():
    instance = {"deletionProtection": False, "skipFinalSnapshot": True}
    policies = {violation.policy for violation in check(RDS, instance, production=False)}
    assert policies == {"encryption-required", "database-access"}


@pytest.mark.parametrize(
    ("guard", "policy"),
    [
        ("BucketPublicAccessBlock", "no-public-bucket"),
        ("BucketServerSideEncryptionConfiguration", "encryption-required"),
        ("BucketVersioning", "deletion-protection"),
    ],
)
def test_a_bucket_without_a_guard_is_found(guard: str, policy: str):
    resources = run_stack("data", DATA).declared()
    assert check_all(resources) == ()
    (violation,) = check_all(resource for resource in resources if not resource.type.endswith(f":{guard}"))
    assert violation.policy == policy
    assert guard in str(violation)


@pytest.mark.parametrize("preview", [True, False])
def test_a_preview_is_judged_like_the_real_thing(preview: bool):
    resources = run_stack("data", DATA, preview=preview).declared()
    (bucket_policy,) = [resource for resource in resources if resource.type.endswith(":BucketPolicy")]
    assert (bucket_policy.properties["policy"] == UNKNOWN) is preview
    assert check_all(resources) == ()


class TestCloudflare:
    @pytest.mark.parametrize(
        ("setting", "value"), [("ssl", "full"), ("ssl", "off"), ("min_tls_version", "1.1"), ("always_use_https", "off")]
    )
    def test_weak_tls_is_found(self, setting: str, value: str):
        (violation,) = check("cloudflare:index/zoneSetting:ZoneSetting", {"settingId": setting, "value": value})
        assert violation.policy == "strict-tls"

    def test_a_way_around_the_edge_is_found(self):
        record = {"type": "A", "content": "203.0.113.9", "proxied": False}
        assert [found.policy for found in check("cloudflare:index/dnsRecord:DnsRecord", record)] == ["edge-only"]
        text = {"type": "TXT", "content": "v=spf1 -all"}
        assert check("cloudflare:index/dnsRecord:DnsRecord", text) == ()

    def test_an_unchecked_origin_certificate_is_found(self):
        config = {"ingresses": [{"service": "https://gateway", "originRequest": {"noTlsVerify": True}}]}
        type_ = "cloudflare:index/zeroTrustTunnelCloudflaredConfig:ZeroTrustTunnelCloudflaredConfig"
        assert [found.policy for found in check(type_, {"config": config})] == ["strict-tls"]


CONTAINER: dict[str, Any] = {
    "name": "auth",
    "image": "registry.example.org/collab/services:1.4.0",
    "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
    "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
}
POD: dict[str, Any] = {
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    "containers": [CONTAINER],
}


def manifest(kind: str = "Deployment") -> dict[str, Any]:
    template = {"template": {"spec": copy.deepcopy(POD)}}
    spec: dict[str, Any] = {"CronJob": {"jobTemplate": {"spec": template}}, "Pod": template["template"]["spec"]}.get(
        kind, template
    )
    version = {"CronJob": "batch/v1", "Job": "batch/v1", "Pod": "v1"}.get(kind, "apps/v1")
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "auth"}, "spec": spec}


def broken() -> Iterator[tuple[str, dict[str, Any], str]]:
    """What is wrong, a pod with that, and the policy that must say so."""

    def pod(**changes: object) -> dict[str, Any]:
        return {**copy.deepcopy(POD), **changes}

    def container(**changes: object) -> dict[str, Any]:
        return pod(containers=[{**copy.deepcopy(CONTAINER), **changes}])

    def security(**changes: object) -> dict[str, Any]:
        return container(securityContext={**CONTAINER["securityContext"], **changes})

    for image in ("collab/services", "collab/services:latest", "registry:5000/collab/services", ""):
        yield f"image {image!r}", container(image=image), "no-latest-image"
    yield "an init container's image", pod(initContainers=[{**CONTAINER, "image": "x:latest"}]), "no-latest-image"
    yield "no resources", container(resources={}), "limits-present"
    yield "no limit", container(resources={"requests": {"cpu": "1", "memory": "1Gi"}}), "limits-present"
    yield "no request", container(resources={"limits": {"memory": "1Gi"}}), "limits-present"
    yield "privileged", security(privileged=True), "no-privileged-pod"
    yield "escalation", security(allowPrivilegeEscalation=True), "no-privileged-pod"
    yield "root", security(runAsNonRoot=False), "no-privileged-pod"
    yield "capabilities kept", security(capabilities={}), "no-privileged-pod"
    yield "capability added", security(capabilities={"drop": ["ALL"], "add": ["SYS_ADMIN"]}), "no-privileged-pod"
    yield "no seccomp", security(seccompProfile={"type": "Unconfined"}), "no-privileged-pod"
    for share in ("hostNetwork", "hostPID", "hostIPC"):
        yield share, pod(**{share: True}), "no-privileged-pod"
    yield "host path", pod(volumes=[{"name": "host", "hostPath": {"path": "/"}}]), "no-privileged-pod"


class TestKubernetes:
    @pytest.mark.parametrize("kind", ["Pod", "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"])
    def test_pods_are_found_in_whatever_makes_them(self, kind: str):
        assert check_all([from_manifest(manifest(kind))]) == ()
        bad = json.loads(json.dumps(manifest(kind)).replace(":1.4.0", ":latest"))
        (violation,) = check_all([from_manifest(bad)])
        assert str(violation).startswith(f"{kind}/auth: no-latest-image: container auth:")

    @pytest.mark.parametrize(("wrong", "pod", "policy"), [pytest.param(*case, id=case[0]) for case in broken()])
    def test_a_pod_that_may_too_much_is_found(self, wrong: str, pod: dict[str, Any], policy: str):
        found = check("kubernetes:core/v1:Pod", {"spec": pod})
        assert {violation.policy for violation in found} == {policy}, wrong

    @pytest.mark.parametrize("image", ["registry:5000/collab/services:1.4.0", f"collab/services@sha256:{'a' * 64}"])
    def test_a_tag_or_digest_names_an_image(self, image: str):
        assert check("kubernetes:core/v1:Pod", {"spec": {**POD, "containers": [{**CONTAINER, "image": image}]}}) == ()

    def test_what_makes_no_pods_passes(self):
        assert check_all([from_manifest({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}})]) == ()

    def test_what_is_no_manifest_is_refused(self):
        with pytest.raises(ValueError, match="needs apiVersion and kind"):
            from_manifest({"kind": "Pod"})

    def test_pulumis_own_resources_look_as_the_policies_expect(self):
        """A Deployment declared through the SDK and its manifest are one type with the same properties."""

        def program() -> None:
            from pulumi_kubernetes.apps.v1 import Deployment

            body = manifest()
            body["spec"]["template"]["spec"]["containers"][0]["image"] = "services:latest"
            Deployment("auth", metadata=body["metadata"], spec=body["spec"])

        (deployment,) = run_program(program).declared()
        assert deployment.type == from_manifest(manifest()).type
        assert [violation.policy for violation in check_all([deployment])] == ["no-latest-image"]
