"""The data stack, run for each of its options: what is made, what it depends on, and that it breaks no policy."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pulumi
import pytest

from collab_platform.components.policies import check_all
from tests.unit.stacks.harness import Run, is_secret, run_stack

NETWORK: dict[str, object] = {
    "vpcId": "vpc-01",
    "privateSubnetIds": ["subnet-0a", "subnet-0b"],
    "clusterSecurityGroupId": "sg-01",
}
MANAGED = {"postgresql": "rds", "redis": "elasticache", "objectStorage": "s3"}


def data(**config: object) -> Run:
    return run_stack("data", {**NETWORK, **config}, stack="team")


@pytest.mark.parametrize("production", [True, False])
@pytest.mark.parametrize(
    "kinds", [*itertools.product(("rds", "in-cluster"), ("elasticache", "in-cluster"), ("s3", "in-cluster"))]
)
def test_every_choice_of_stores_makes_those_and_breaks_no_policy(kinds: tuple[str, ...], production: bool):
    run = data(production=production, **{key: {"kind": kind} for key, kind in zip(MANAGED, kinds, strict=True)})
    made = {
        "rds": len(run.of("Instance")),
        "elasticache": len(run.of("ReplicationGroup")),
        "s3": len(run.of("Bucket")),
    }
    assert made == {kind: int(kind in kinds) for kind in made}
    assert check_all(run.declared(), production=production) == ()
    assert run.leaks() == []
    assert set(run.exported()) == {
        *(("postgresqlEndpoint", "postgresqlMasterSecretArn") if "rds" in kinds else ()),
        *(("redisEndpoint", "redisAuthToken", "redisAuthTokenSecretArn") if "elasticache" in kinds else ()),
        *(("bucket", "bucketAccessPolicyArn") if "s3" in kinds else ()),
    }


@pytest.mark.parametrize("production", [True, False])
def test_what_holds_data_is_protected_in_production_alone(production: bool):
    run = data(production=production)
    protected = {resource.type.rpartition(":")[2] for resource in run.resources if resource.protect}
    assert protected == ({"Instance", "ReplicationGroup", "Bucket", "Key"} if production else set())


def test_children_bear_their_parents_name_and_stand_below_it():
    run = data()
    by_urn = {resource.urn: resource for resource in run.resources}
    children = [resource for resource in run.resources if resource.parent in by_urn]
    assert len(children) == len(run.resources) - 1, "all but the layer itself have a parent among them"
    for child in children:
        assert child.name.startswith(f"{by_urn[child.parent].name}-"), child.urn
    components = {resource.urn for resource in run.resources if resource.type.startswith("collab:")}
    assert components == set(run.outputs) & components, "each component registers its outputs"
    assert all(run.outputs[urn] for urn in components)


class TestPostgreSQL:
    def test_survives_a_zone_and_an_operator(self):
        instance = data(postgresql={"kind": "rds", "backupRetentionDays": 21}).one("Instance").inputs
        assert instance["multiAz"] is True
        assert instance["deletionProtection"] is True
        assert instance["skipFinalSnapshot"] is False
        assert instance["finalSnapshotIdentifier"].startswith("collab-team-postgresql-final-")
        assert instance["backupRetentionPeriod"] == 21
        assert instance["deleteAutomatedBackups"] is False

    def test_takes_nothing_but_tls_and_the_cluster(self):
        run = data()
        (parameters,) = [resource for resource in run.of("ParameterGroup") if "rds" in resource.type]
        assert parameters.inputs["family"] == "postgres18"
        assert parameters.inputs["parameters"] == [{"name": "rds.force_ssl", "value": "1"}]
        assert run.one("Instance").inputs["publiclyAccessible"] is False
        rules = [rule.inputs for rule in run.of("SecurityGroupIngressRule")]
        assert {(rule["referencedSecurityGroupId"], rule["fromPort"], rule["toPort"]) for rule in rules} == {
            ("sg-01", 5432, 5432),
            ("sg-01", 6379, 6379),
        }
        assert not any("cidrIpv4" in rule or "cidrIpv6" in rule for rule in rules)
        assert not any("ingress" in group.inputs or "egress" in group.inputs for group in run.of("SecurityGroup"))

    def test_its_password_is_never_ours(self):
        run = data(redis={"kind": "in-cluster"})
        instance = run.one("Instance").inputs
        assert instance["manageMasterUserPassword"] is True
        assert "password" not in instance
        assert instance["masterUserSecretKmsKeyId"] == instance["kmsKeyId"]
        assert not run.of("RandomPassword")
        assert run.exported()["postgresqlMasterSecretArn"].endswith("-master")

    def test_waits_for_its_key_network_and_parameters(self):
        run = data(redis={"kind": "in-cluster"}, objectStorage={"kind": "in-cluster"})
        needed = {run.one(type_).urn for type_ in ("Key", "SecurityGroup", "SubnetGroup", "ParameterGroup", "RandomId")}
        assert run.one("Instance").depends_on == needed

    def test_refuses_a_public_subnet(self):
        with pytest.raises(pulumi.RunError, match="subnet-0a is a public subnet"):
            run_stack("data", NETWORK, public_subnets=True)


class TestRedis:
    def test_is_spread_over_zones_and_encrypted_both_ways(self):
        group = data(redis={"kind": "elasticache", "nodes": 3}).one("ReplicationGroup").inputs
        assert (group["engine"], group["numCacheClusters"]) == ("valkey", 3)
        for key in (
            "multiAzEnabled",
            "automaticFailoverEnabled",
            "atRestEncryptionEnabled",
            "transitEncryptionEnabled",
        ):
            assert group[key] is True, key
        assert group["transitEncryptionMode"] == "required"

    def test_its_token_is_a_secret_wherever_it_goes(self):
        run = data()
        assert is_secret(run.one("RandomPassword").state["result"])
        assert is_secret(run.one("ReplicationGroup").wire["authToken"])
        assert is_secret(run.one("SecretVersion").wire["secretString"])
        assert is_secret(run.exports["redisAuthToken"])
        assert run.exported()["redisAuthToken"] in run.generated
        assert run.leaks() == []

    def test_a_new_version_is_a_new_token_beside_the_old_one(self):
        def keepers(version: int) -> Any:
            return (
                data(redis={"kind": "elasticache", "authTokenVersion": version}).one("RandomPassword").inputs["keepers"]
            )

        assert keepers(1) != keepers(2)
        assert data().one("ReplicationGroup").inputs["authTokenUpdateStrategy"] == "ROTATE"


class TestObjectStorage:
    def test_is_closed_encrypted_and_versioned(self):
        run = data()
        assert all(
            run.one("BucketPublicAccessBlock").inputs[block] is True
            for block in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
        )
        (rule,) = run.one("BucketServerSideEncryptionConfiguration").inputs["rules"]
        assert rule["bucketKeyEnabled"] is True
        assert rule["applyServerSideEncryptionByDefault"]["sseAlgorithm"] == "aws:kms"
        assert rule["applyServerSideEncryptionByDefault"]["kmsMasterKeyId"].endswith("collab-team-objects-key")
        assert run.one("BucketVersioning").inputs["versioningConfiguration"] == {"status": "Enabled"}
        assert run.one("BucketOwnershipControls").inputs["rule"] == {"objectOwnership": "BucketOwnerEnforced"}

    def test_refuses_plain_http_and_old_tls_to_everyone(self):
        statements = json.loads(data().one("BucketPolicy").inputs["policy"])["Statement"]
        assert all(statement["Effect"] == "Deny" and statement["Principal"] == "*" for statement in statements)
        assert {json.dumps(statement["Condition"]) for statement in statements} == {
            '{"Bool": {"aws:SecureTransport": "false"}}',
            '{"NumericLessThan": {"s3:TlsVersion": "1.2"}}',
        }
        assert all(len(statement["Resource"]) == 2 for statement in statements), "the bucket and what is in it"

    def test_forgets_old_versions_and_abandoned_uploads(self):
        lifecycle = data(objectStorage={"kind": "s3", "oldVersionsDays": 90, "incompleteUploadDays": 3})
        old, incomplete = lifecycle.one("BucketLifecycleConfiguration").inputs["rules"]
        assert old["noncurrentVersionExpiration"] == {"noncurrentDays": 90}
        assert incomplete["abortIncompleteMultipartUpload"] == {"daysAfterInitiation": 3}
        assert "expiration" not in incomplete, "no rule ends a current version"
        assert old["expiration"] == {"expiredObjectDeleteMarker": True}

    def test_lets_the_editors_pages_send_and_fetch_files_and_no_others(self):
        asked = data(objectStorage={"kind": "s3", "editorOrigin": "https://docs.example.org"})
        (rule,) = asked.one("BucketCorsConfiguration").inputs["corsRules"]
        assert rule["allowedOrigins"] == ["https://docs.example.org"]
        assert rule["allowedMethods"] == ["GET", "PUT"]
        assert rule["allowedHeaders"] == ["content-type", "content-disposition"]
        assert not data().of("BucketCorsConfiguration")

    @pytest.mark.parametrize("log_bucket", ["", "audit-logs"])
    def test_logs_access_where_asked(self, log_bucket: str):
        logging = data(objectStorage={"kind": "s3", "logBucket": log_bucket}).of("BucketLogging")
        assert [entry.inputs["targetBucket"] for entry in logging] == ([log_bucket] if log_bucket else [])

    def test_its_rules_come_one_after_the_other(self):
        run = data()
        assert run.one("BucketPublicAccessBlock").urn in run.one("BucketPolicy").depends_on
        assert run.one("BucketVersioning").urn in run.one("BucketLifecycleConfiguration").depends_on

    def test_grants_one_client_its_own_calls(self):
        (policy,) = [json.loads(resource.inputs["policy"]) for resource in data().of("Policy")]
        granted = {action for statement in policy["Statement"] for action in statement["Action"]}
        assert not any("*" in action for action in granted)
        assert all(statement["Resource"] != "*" for statement in policy["Statement"])
