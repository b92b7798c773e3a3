"""What the values of an environment must say together, each told with where it is to be corrected."""

from __future__ import annotations

from typing import Any

import pytest

from collab_platform.environment import Environment, resolve
from collab_platform.environment.rules import contradictions
from collab_platform.errors import EnvironmentInvalidError
from tests.unit.kubernetes.installations import OPTIONS, file, merged


def faults(written: dict[str, Any], **layers: dict[str, str]) -> tuple[str, ...]:
    """Without the file's name, which stands before each."""
    try:
        resolve(
            name="x",
            file=written,
            file_name="x.toml",
            variables=layers.get("variables", {}),
            flags=layers.get("flags", {}),
        )
    except EnvironmentInvalidError as error:
        return tuple(fault.removeprefix("x.toml: ") for fault in error.details)
    return ()


@pytest.mark.parametrize("option", OPTIONS)
def test_what_fits_together_is_accepted(option: str):
    assert faults(file(option)) == ()


@pytest.mark.parametrize(
    ("option", "change", "expected"),
    [
        ("built-in", {"site": {"public_url": ""}}, ["site.public_url: needed on kubernetes"]),
        ("ingress", {"site": {"public_url": "https://192.0.2.1"}}, ["site.public_url: an ingress needs a host name"]),
        ("ingress", {"kubernetes": {"trusted_proxies": []}}, ["kubernetes.trusted_proxies: needed with an ingress"]),
        ("gateway API", {"kubernetes": {"gateway_name": ""}}, ["kubernetes.gateway_name: needed with gateway-api"]),
        ("built-in", {"kubernetes": {"tls_secret": "mine"}}, ["kubernetes.tls_secret: without an ingress"]),
        ("tunnel", {"site": {"public_url": "http://docs.example.org"}}, ["site.public_url: Cloudflare needs https"]),
        ("tunnel", {"site": {"public_url": "https://docs.example.org:8443"}}, ["site.public_url: Cloudflare needs"]),
        ("tunnel", {"cloudflare": {"zone_id": ""}}, ["cloudflare.zone_id: needed"]),
        ("tunnel", {"cloudflare": {"account_id": ""}}, ["cloudflare.account_id: needed"]),
        ("tunnel", {"kubernetes": {"service_type": "LoadBalancer"}}, ["kubernetes.service_type: expected ClusterIP"]),
        ("tunnel", {"kubernetes": {"network_policies": False}}, ["kubernetes.network_policies: expected true"]),
        ("tunnel", {"kubernetes": {"trusted_proxies": []}}, ["kubernetes.trusted_proxies: needed with Cloudflare"]),
        ("tunnel", {"kubernetes": {"ingress": "ingress"}}, ["kubernetes.ingress: expected none"]),
        ("origin pulls", {"kubernetes": {"tls_secret": ""}}, ["kubernetes.tls_secret: expected gateway-tls"]),
        ("origin pulls", {"cloudflare": {"origin_address": ""}}, ["cloudflare.origin_address: needed"]),
        ("origin pulls", {"kubernetes": {"service_type": "ClusterIP"}}, ["kubernetes.service_type: expected LoadB"]),
        ("built-in", {"kubernetes": {"max_replicas": 1}}, ["services.auth_replicas: more than", "services.user_"]),
        ("built-in", {"postgresql": {"max_connections": 40}}, ["postgresql.max_connections: 8 pods"]),
        ("autoscaling", {"postgresql": {"max_connections": 90}}, ["postgresql.max_connections: 20 pods"]),
        ("AWS", {"aws": {"region": ""}}, ["aws.region: needed"]),
        ("AWS", {"aws": {"vpc_id": ""}}, ["aws.vpc_id: needed"]),
        ("AWS", {"aws": {"cluster_security_group_id": ""}}, ["aws.cluster_security_group_id: needed"]),
        ("AWS", {"aws": {"private_subnet_ids": ["subnet-0a"]}}, ["aws.private_subnet_ids: rds and elasticache need"]),
        ("AWS", {"aws": {"vpc_cidrs": []}}, ["aws.vpc_cidrs: needed"]),
        ("AWS", {"kubernetes": {"ca_file": ""}}, ["kubernetes.ca_file: needed with rds"]),
        ("AWS", {"kubernetes": {"tls_inside": False}}, ["kubernetes.tls_inside: expected true with rds"]),
        ("AWS", {"aws": {"postgresql_max_storage_gb": 30}}, ["aws.postgresql_max_storage_gb: less than"]),
        ("external secrets", {"kubernetes": {"secret_store": ""}}, ["kubernetes.secret_store: needed"]),
        ("external secrets", {"kubernetes": {"ca_file": ""}}, ["kubernetes.ca_file: needed with external"]),
        (
            "built-in",
            {"kubernetes": {"trusted_proxies": ["10.0.0.1/8"]}},
            ["kubernetes.trusted_proxies: 10.0.0.1/8 is"],
        ),
        ("built-in", {"pulumi": {"organization": "us"}}, ["pulumi.organization: only Pulumi Cloud"]),
    ],
)
def test_what_does_not_fit_is_told(option: str, change: dict[str, Any], expected: list[str]):
    told = faults(merged(file(option), change))
    assert [fault[: len(begin)] for fault, begin in zip(told, expected, strict=False)] == expected


def test_everything_is_told_at_once_with_its_origin():
    told = faults(
        merged(file("AWS"), {"aws": {"region": "", "vpc_id": ""}, "gateway": {"request_burst": 0}}),
        variables={"COLLAB_KUBERNETES_CA_FILE": ""},
        flags={"kubernetes.secrets": "external"},
    )
    assert [fault.split(":")[0] for fault in told] == [
        "gateway.request_burst",
        "aws.region",
        "aws.vpc_id",
        "COLLAB_KUBERNETES_CA_FILE",
        "kubernetes.secret_store",
        "COLLAB_KUBERNETES_CA_FILE",
    ]


def test_a_value_that_is_wrong_by_itself_is_not_held_against_others():
    told = faults(merged(file("built-in"), {"kubernetes": {"secrets": "vault"}}))
    assert len(told) == 1


CORP = {"id": "corp", "name": "Corp", "issuer": "https://id.example.org", "client_id": "collab"}
SMTP = {"smtp_host": "smtp.example.org", "smtp_user": "collab"}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"mail": SMTP}, ["mail.smtp_password_file: needed with mail.smtp_user"]),
        ({"mail": {"smtp_user": "collab", "smtp_password_file": "x"}}, ["mail.smtp_host: needed"]),
        ({"mail": {"smtp_host": "mx.example.org", "smtp_password_file": "x"}}, ["mail.smtp_user: needed"]),
        (
            {"mail": {**SMTP, "smtp_password_file": "x", "smtp_security": "none"}},
            ["mail.smtp_security: expected starttls or tls"],
        ),
        ({"mail": {"smtp_host": "mx.example.org:25"}}, ["mail.smtp_host: expected a host without its port"]),
        ({"mail": {"smtp_host": "2001:db8::25"}}, []),
        ({"auth": {"registration": "verified"}}, []),
        ({"auth": {"oidc": [CORP]}}, ["auth.oidc: corp: client_secret_file is needed"]),
        (
            {"auth": {"oidc": [{**CORP, "client_secret_file": "x", "scopes": "email"}]}},
            ["auth.oidc: corp: expected openid among the scopes"],
        ),
        ({"auth": {"oidc": [{**CORP, "client_secret_file": "x"}] * 2}}, ["auth.oidc: two providers have the id corp"]),
    ],
)
def test_mail_and_providers_are_whole_on_every_target(written: dict[str, Any], expected: list[str]):
    told = faults(written)
    assert [fault[: len(begin)] for fault, begin in zip(told, expected, strict=True)] == expected


@pytest.mark.parametrize(
    ("option", "change", "expected"),
    [
        ("built-in", {"auth": {"registration": "verified"}}, "auth.registration: verified needs mail"),
        (
            "external secrets",
            {"mail": {**SMTP, "smtp_password_file": "x"}},
            "mail.smtp_password_file: expected empty with external secrets: the store has it, as smtp-password",
        ),
        (
            "external secrets",
            {"auth": {"oidc": [{**CORP, "client_secret_file": "x"}]}},
            "auth.oidc: corp: client_secret_file: expected empty with external secrets: the store has it, as oidc-corp",
        ),
    ],
)
def test_on_a_cluster_mail_needs_a_server_and_a_store_has_the_secrets(
    option: str, change: dict[str, Any], expected: str
):
    (told,) = faults(merged(file(option), change))
    assert told.startswith(expected)


def test_the_local_target_has_no_such_rules():
    assert list(contradictions(Environment())) == []
    assert faults({"kubernetes": {"ingress": "ingress"}, "site": {"public_url": ""}}) == ()
