"""What stands besides the charts."""

from __future__ import annotations

from collab_platform.targets.kubernetes import manifests
from tests.unit.kubernetes.installations import environment


def test_the_namespace_admits_restricted_pods_alone():
    labels = manifests.namespace_manifest(environment(namespace="team-a"))["metadata"]
    assert labels["name"] == "team-a"
    for mode in ("enforce", "audit", "warn"):
        assert labels["labels"][f"pod-security.kubernetes.io/{mode}"] == "restricted"


def test_cloud_native_pg_serves_our_certificate_to_our_pods():
    wanted = environment("CloudNativePG", postgresql_instances=3)
    cluster, policy = manifests.postgresql_manifests(wanted)
    spec = cluster["spec"]
    assert spec["certificates"]["serverTLSSecret"] == "postgresql-tls"
    assert spec["superuserSecret"]["name"] == "postgresql-superuser"
    assert spec["storage"] == {"size": "10Gi", "storageClass": "fast"}
    assert spec["postgresql"]["synchronous"]["number"] == 1
    assert policy["spec"]["podSelector"]["matchLabels"] == spec["inheritedMetadata"]["labels"]
    admitted = [
        peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"] for peer in policy["spec"]["ingress"][0]["from"]
    ]
    assert admitted == ["auth", "user", "document", "collaboration", "migrate", "postgresql"]


def test_one_instance_waits_for_no_standby_and_no_policy_is_made_where_none_is_wanted():
    alone = environment("CloudNativePG", postgresql_instances=1, network_policies=False, tls_inside=False)
    (cluster,) = manifests.postgresql_manifests(alone)
    assert "synchronous" not in cluster["spec"]["postgresql"]
    assert "certificates" not in cluster["spec"]


def test_the_authority_of_clients_is_where_the_chart_looks():
    secret = manifests.client_authority_manifest(environment("origin pulls"), "PEM")
    assert secret["metadata"]["name"] == "gateway-client-ca"
    assert secret["stringData"] == {"ca.crt": "PEM"}
