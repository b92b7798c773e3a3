"""Secrets: which there are, whose values they hold, and the same from a store."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

import pytest

from collab_platform.blueprint import derive
from collab_platform.targets.kubernetes.external_secrets import (
    external_keys,
    external_revisions,
    external_secret_manifests,
)
from collab_platform.targets.kubernetes.pki import KeyPair, certificates
from collab_platform.targets.kubernetes.secret_objects import (
    certificate_manifest,
    generated_secrets,
    managed_secrets,
    secret_manifest,
    secret_objects,
)
from tests.unit.kubernetes.installations import NAME, OPTIONS, environment


def objects(option: str) -> dict[str, Mapping[str, str]]:
    wanted = environment(option)
    return {each.name: each.keys for each in secret_objects(derive(NAME, wanted), wanted)}


def test_every_component_has_its_own_and_no_more():
    found = {name: sorted(keys) for name, keys in objects("built-in").items()}
    roles = [f"postgresql-{service}" for service in ("auth", "collaboration", "document", "user")]
    assert found == {
        "postgresql-secrets": ["postgresql-superuser"],
        "valkey-secrets": ["redis"],
        "seaweedfs-secrets": ["s3", "s3-admin"],
        "auth-secrets": ["auth-signing-key", "internal-token", "postgresql-auth", "redis"],
        "user-secrets": ["internal-token", "postgresql-user", "redis", "s3"],
        "document-secrets": ["document-signing-key", "internal-token", "postgresql-document", "redis", "s3"],
        "collaboration-secrets": ["internal-token", "postgresql-collaboration", "redis", "s3"],
        "bootstrap-secrets": sorted([*roles, "postgresql-superuser"]),
        "bucket-secrets": ["s3-admin"],
    }


def test_what_the_operator_gives_is_auths_and_is_not_made_up():
    wanted = environment("mail and providers")
    found = objects("mail and providers")
    assert {"smtp-password", "oidc-providers"} <= set(found["auth-secrets"])
    assert not {"smtp-password", "oidc-providers"} & {
        key for name in found if name != "auth-secrets" for key in found[name]
    }
    generated = {spec.name for spec in generated_secrets(derive(NAME, wanted), wanted)}
    assert not generated & {"smtp-password", "oidc-providers"}


def test_a_store_holds_the_password_and_each_clients_secret():
    wanted = environment("external mail and providers")
    blueprint = derive(NAME, wanted)
    keys = external_keys(blueprint, wanted)
    assert {"collab/production/smtp-password", "collab/production/oidc-corp"} <= set(keys)
    assert "collab/production/oidc-providers" not in keys
    made = {each["metadata"]["name"]: each["spec"] for each in external_secret_manifests(blueprint, wanted)}
    auth = made["auth-secrets"]
    template = auth["target"]["template"]
    assert template["mergePolicy"] == "Merge"
    text = template["data"]["oidc-providers"]
    # The one thing in braces is what the operator fills in; no name of ours can be taken for it.
    filled = text.replace('{{ index . "oidc-corp" | toJson }}', json.dumps("hush"))
    assert "{{" not in filled
    assert json.loads(filled) == [
        {
            "id": "corp",
            "name": "{{ Corp }}",
            "issuer": "https://id.example.org",
            "client_id": "collab",
            "client_secret": "hush",
            "scopes": "openid email profile",
        }
    ]
    assert external_revisions(wanted) != external_revisions(environment("external secrets")) == {}


def test_on_aws_what_amazon_makes_is_not_generated():
    wanted = environment("AWS")
    found = objects("AWS")
    assert not {"postgresql-secrets", "valkey-secrets", "seaweedfs-secrets", "bucket-secrets"} & set(found)
    assert managed_secrets(wanted) == {"postgresql-superuser", "redis"}
    generated = {spec.name for spec in generated_secrets(derive(NAME, wanted), wanted)}
    assert not generated & {"postgresql-superuser", "redis", "s3", "s3-admin"}
    assert "redis" in found["auth-secrets"]


def test_cloud_native_pg_gets_its_administrator():
    wanted = environment("CloudNativePG")
    found = {each.name: each for each in secret_objects(derive(NAME, wanted), wanted)}
    assert "postgresql-secrets" not in found
    administrator = secret_manifest(found["postgresql-superuser"], {"postgresql-superuser": "word"}, wanted)
    assert administrator["type"] == "kubernetes.io/basic-auth"
    assert {key: base64.b64decode(value) for key, value in administrator["data"].items()} == {
        "username": b"postgres",
        "password": b"word",
    }


def test_a_secret_without_a_value_is_an_error():
    wanted = environment()
    with pytest.raises(KeyError):
        secret_manifest(secret_objects(derive(NAME, wanted), wanted)[0], {}, wanted)


def test_certificates_name_their_services():
    wanted = environment("autoscaling")
    found = {each.component: each for each in certificates(derive(NAME, wanted), wanted)}
    assert set(found) == {
        "postgresql", "valkey", "seaweedfs", "auth", "user", "document", "collaboration", "gateway",
    }  # fmt: skip
    assert found["auth"].secret == "auth-tls"
    assert found["auth"].names == ("auth", "auth.collab.svc", "auth.collab.svc.cluster.local", "localhost")
    assert {f"collaboration-{number}" for number in range(5)} <= set(found["collaboration"].names)
    assert "collaboration-5" not in found["collaboration"].names
    assert "docs.example.org" in found["gateway"].names


@pytest.mark.parametrize(
    ("option", "components"),
    [
        ("plain", set[str]()),
        ("ingress", {"postgresql", "valkey", "seaweedfs", "auth", "user", "document", "collaboration"}),
        ("AWS", {"auth", "user", "document", "collaboration", "gateway"}),
        ("origin pulls", {"postgresql", "valkey", "seaweedfs", "auth", "user", "document", "collaboration"}),
    ],
)
def test_only_who_speaks_tls_has_a_certificate(option: str, components: set[str]):
    wanted = environment(option)
    assert {each.component for each in certificates(derive(NAME, wanted), wanted)} == components


def test_cloud_native_pg_has_a_certificate_for_its_services():
    wanted = environment("CloudNativePG")
    found = next(each for each in certificates(derive(NAME, wanted), wanted) if each.component == "postgresql")
    assert {"postgresql-rw", "postgresql-ro.collab.svc"} <= set(found.names)
    pair = KeyPair(certificate="c", key="k")
    labels = certificate_manifest(found, pair, "a", wanted)["metadata"]["labels"]
    assert labels["cnpg.io/reload"] == "true"


def test_a_key_pair_does_not_show_its_key():
    assert "word" not in repr(KeyPair(certificate="c", key="word"))


# One whose environment names files of secrets has no use for a store.
@pytest.mark.parametrize("option", [option for option in OPTIONS if option != "mail and providers"])
def test_a_store_gives_the_same_secrets(option: str):
    wanted = environment(option, secrets="external", secret_store="vault", ca_file="own.pem")
    blueprint = derive(NAME, wanted)
    found = {each["metadata"]["name"]: each["spec"] for each in external_secret_manifests(blueprint, wanted)}
    assert set(found) == {each.name for each in secret_objects(blueprint, wanted)} | {
        each.secret for each in certificates(blueprint, wanted)
    }
    for each in secret_objects(blueprint, wanted):
        assert {entry["secretKey"]: entry["remoteRef"]["key"] for entry in found[each.name]["data"]} == {
            key: f"collab/{NAME}/{name}" for key, name in _held(each.keys).items()
        }
        assert found[each.name]["target"]["template"]["type"] == each.type
    for spec in found.values():
        assert spec["secretStoreRef"] == {"kind": "ClusterSecretStore", "name": "vault"}


def _held(keys: Mapping[str, str]) -> dict[str, str]:
    """What the store has of a Secret's keys: the list of providers is put together from our secret at each."""
    held = {key: name for key, name in keys.items() if key != "oidc-providers"}
    return held | ({"oidc-corp": "oidc-corp"} if "oidc-providers" in keys else {})


def test_the_keys_of_the_store_have_the_prefix_that_the_operator_chose():
    wanted = environment("external secrets", secret_prefix="team/docs")
    keys = external_keys(derive(NAME, wanted), wanted)
    assert all(key.startswith("team/docs/") for key in keys)
    assert "team/docs/tls/auth" in keys
    assert len(keys) == len(set(keys))
