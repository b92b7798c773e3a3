"""A stack's configuration: every fault at once, by key, without repeating what may be secret."""

from __future__ import annotations

import pulumi
import pytest

from collab_platform.components.configuration import parse
from collab_platform.components.data import S3, DataSettings, InCluster, Rds
from collab_platform.components.edge import EdgeSettings, OwnCertificate, Tunnel
from collab_platform.errors import EnvironmentInvalidError
from tests.unit.stacks.harness import run_stack

NETWORK = {
    "vpcId": "vpc-01",
    "privateSubnetIds": '["subnet-0a", "subnet-0b"]',
    "clusterSecurityGroupId": "sg-01",
}
ZONE = {"zoneId": "0" * 32, "hostname": "docs.example.org"}


def data_faults(values: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(EnvironmentInvalidError) as caught:
        parse(values, DataSettings, project="collab-data")
    return caught.value.details


def test_text_numbers_and_objects_become_typed_settings():
    settings = parse(
        {
            **NETWORK,
            "production": "false",
            "postgresql": '{"kind": "rds", "storageGb": 20}',
            "redis": '{"kind": "in-cluster"}',
        },
        DataSettings,
        project="collab-data",
    )
    assert settings.private_subnet_ids == ["subnet-0a", "subnet-0b"]
    assert settings.production is False
    assert settings.postgresql == Rds(storage_gb=20)
    assert settings.redis == InCluster()
    assert settings.object_storage == S3()


def test_every_fault_is_named_at_once_with_the_key_that_was_meant():
    faults = data_faults({**NETWORK, "vpcId": "10.0.0.0/16", "prodution": "true", "redis": "{"})
    assert any("collab-data:prodution: no such setting; did you mean production?" in fault for fault in faults)
    assert any("collab-data:vpcId" in fault and "^vpc-" in fault for fault in faults)
    assert any("collab-data:redis: expected a number, true, false" in fault for fault in faults)


def test_a_fault_does_not_repeat_the_value():
    assert "hunter2" not in "".join(data_faults({**NETWORK, "vpcId": "hunter2", "postgresql": '"hunter2"'}))


@pytest.mark.parametrize("days", [1, 6, 36])
def test_point_in_time_recovery_reaches_back_a_week_or_more(days: int):
    (fault,) = data_faults({**NETWORK, "postgresql": f'{{"kind": "rds", "backupRetentionDays": {days}}}'})
    assert "backupRetentionDays" in fault


def test_one_private_subnet_is_not_two_zones():
    (fault,) = data_faults({**NETWORK, "privateSubnetIds": '["subnet-0a"]'})
    assert "privateSubnetIds" in fault


def test_managed_stores_need_a_network_and_a_bucket_needs_none():
    (fault,) = data_faults({})
    assert "need vpcId, privateSubnetIds and clusterSecurityGroupId" in fault
    only_bucket = {"postgresql": '{"kind": "in-cluster"}', "redis": '{"kind": "in-cluster"}'}
    assert parse(only_bucket, DataSettings, project="collab-data").object_storage == S3()


def test_storage_cannot_shrink_by_growing():
    (fault,) = data_faults({**NETWORK, "postgresql": '{"kind": "rds", "storageGb": 200, "maxStorageGb": 100}'})
    assert "maxStorageGb is less than storageGb" in fault


def test_the_kind_of_origin_decides_what_else_is_said():
    own = parse(
        {**ZONE, "origin": '{"kind": "own-certificate", "address": "203.0.113.9"}'}, EdgeSettings, project="collab-edge"
    )
    assert own.origin == OwnCertificate(address="203.0.113.9")
    account = "1" * 32
    dialled = parse(
        {**ZONE, "origin": f'{{"kind": "tunnel", "accountId": "{account}"}}'}, EdgeSettings, project="collab-edge"
    )
    assert dialled.origin == Tunnel(account_id=account)


@pytest.mark.parametrize(
    "hostname", ["docs", 'docs.example.org" or true or "', "https://docs.example.org", "Docs.example.org"]
)
def test_a_host_name_cannot_break_out_of_a_rule(hostname: str):
    with pytest.raises(EnvironmentInvalidError, match="fault"):
        parse(
            {**ZONE, "hostname": hostname, "origin": '{"kind": "own-certificate", "address": "203.0.113.9"}'},
            EdgeSettings,
            project="collab-edge",
        )


def test_a_tunnel_does_not_speak_plain_http_to_the_gateway():
    with pytest.raises(EnvironmentInvalidError) as caught:
        parse(
            {**ZONE, "origin": f'{{"kind": "tunnel", "accountId": "{"1" * 32}", "service": "http://gateway"}}'},
            EdgeSettings,
            project="collab-edge",
        )
    assert "origin" in caught.value.details[0]


def test_a_program_answers_a_bad_configuration_with_its_faults():
    with pytest.raises(pulumi.RunError, match=r"(?s)1 fault\n.*collab-edge:origin: required.*stacks/README\.md"):
        run_stack("edge", ZONE)
