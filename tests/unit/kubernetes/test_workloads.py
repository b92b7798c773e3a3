"""Addresses, variables and connections of the components in a namespace."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.kubernetes.installations import OPTIONS, namespace


def peers(entries: list[dict[str, object]]) -> set[str]:
    return {str(each.get("component") or each.get("namespace") or each.get("cidrs")) for each in entries}


def test_variables_lead_to_services_over_tls(root: Path):
    made = namespace(root=root)
    auth = made.settings(made.blueprint.component("auth"))
    assert auth["COLLAB_DATABASE_URL"] == "postgresql://collab_auth@postgresql:5432/collab?sslmode=verify-full"
    assert auth["COLLAB_REDIS_URL"] == "rediss://valkey:6379/0"
    assert auth["COLLAB_USER_URL"] == "https://user:8080"
    assert auth["COLLAB_PUBLIC_URL"] == "https://docs.example.org"
    assert made.settings(made.blueprint.component("collaboration"))["COLLAB_S3_ENDPOINT"] == "https://seaweedfs:8333"


def test_mail_and_providers_are_auths_alone(root: Path):
    made = namespace("mail and providers", root=root)
    settings, secrets = (ask(made.blueprint.component("auth")) for ask in (made.settings, made.secrets))
    assert {name: value for name, value in settings.items() if "SMTP" in name or "MAIL" in name} == {
        "COLLAB_SMTP_HOST": "smtp.example.org",
        "COLLAB_SMTP_PORT": "587",
        "COLLAB_SMTP_SECURITY": "starttls",
        "COLLAB_SMTP_USER": "collab",
        "COLLAB_MAIL_FROM": "docs@example.org",
        "COLLAB_OIDC_LINK_VERIFIED_EMAIL": "false",
    }
    assert settings["COLLAB_REGISTRATION"] == "verified"
    assert secrets["COLLAB_SMTP_PASSWORD_FILE"] == "smtp-password"
    assert secrets["COLLAB_OIDC_PROVIDERS_FILE"] == "oidc-providers"
    for component in made.blueprint.components:
        if component.name != "auth":
            assert not {"smtp-password", "oidc-providers"} & set(made.secrets(component).values())
    # Nobody but the local target keeps a folder of mails.
    assert not any("MAIL" in name for name in namespace(root=root).settings(made.blueprint.component("user")))


def test_what_the_chart_sets_is_left_to_it(root: Path):
    made = namespace(root=root)
    for component in made.blueprint.components:
        assert not {"COLLAB_PORT", "COLLAB_WEBSOCKET_PORT", "COLLAB_DRAIN_TIMEOUT_S"} & set(made.settings(component))


def test_without_tls_inside_nothing_says_tls(root: Path):
    made = namespace("plain", root=root)
    for component in made.blueprint.components:
        for value in made.settings(component).values():
            assert not value.startswith(("https://", "rediss://"))
            assert "sslmode" not in value


def test_managed_stores_are_spoken_to_in_tls_alone(root: Path):
    made = namespace("AWS", root=root)
    settings = made.settings(made.blueprint.component("collaboration"))
    assert settings["COLLAB_DATABASE_URL"] == (
        "postgresql://collab_collaboration@db.example.rds.amazonaws.com:5432/collab?sslmode=verify-full"
    )
    assert settings["COLLAB_REDIS_URL"] == "rediss://cache.example.amazonaws.com:6379/0"
    assert settings["COLLAB_S3_ENDPOINT"] == "https://s3.eu-central-1.amazonaws.com"
    assert settings["COLLAB_S3_BUCKET"] == "collab-objects-1234"
    assert settings["COLLAB_S3_REGION"] == "eu-central-1"
    assert "COLLAB_S3_ACCESS_KEY" not in settings
    assert "COLLAB_S3_SECRET_KEY_FILE" not in made.secrets(made.blueprint.component("collaboration"))


def test_elasticache_is_spoken_to_in_tls_where_the_rest_is_not(root: Path):
    aws = {"tls_inside": False, "postgresql": "built-in"}
    made = namespace("AWS", root=root, **aws)
    settings = made.settings(made.blueprint.component("auth"))
    assert settings["COLLAB_REDIS_URL"].startswith("rediss://")
    assert settings["COLLAB_USER_URL"] == "http://user:8080"


def test_cloud_native_pg_is_reached_at_its_primary(root: Path):
    made = namespace("CloudNativePG", root=root)
    url = made.settings(made.blueprint.component("user"))["COLLAB_DATABASE_URL"]
    assert url == "postgresql://collab_user@postgresql-rw:5432/collab?sslmode=verify-full"


def test_only_the_blueprints_connections_are_admitted(root: Path):
    made = namespace(root=root)
    assert made.ingress("auth") == [{"component": name, "ports": [8080]} for name in ("document", "gateway", "user")]
    assert made.ingress("collaboration") == [
        {"component": "document", "ports": [8080]},
        {"component": "gateway", "ports": [8080, 8081]},
    ]
    assert peers(made.ingress("postgresql")) == {"auth", "user", "document", "collaboration", "migrate"}
    filers = ("collaboration", "document", "gateway", "migrate", "user")
    assert made.ingress("seaweedfs") == [{"component": name, "ports": [8333]} for name in filers]
    assert made.ingress("web") == [{"component": "gateway", "ports": [8080]}]
    assert made.ingress("migrate") == []
    assert peers(made.egress("gateway")) == {"auth", "user", "document", "collaboration", "seaweedfs", "web"}
    for store in ("postgresql", "valkey", "seaweedfs"):
        assert made.egress(store) == []


def test_only_who_has_to_may_reach_strangers(root: Path):
    def reaching(option: str) -> dict[str, object]:
        made = namespace(option, root=root)
        return {
            each.name: entry["ports"]
            for each in made.blueprint.components
            for entry in made.egress(each.name)
            if entry.get("cidrs") == ["0.0.0.0/0", "::/0"]
        }

    assert reaching("built-in") == {"document": [443]}
    assert reaching("mail and providers") == {"document": [443], "auth": [443, 587, 8443]}


@pytest.mark.parametrize("option", OPTIONS)
def test_what_one_may_open_the_other_admits(option: str, root: Path):
    made = namespace(option, root=root)
    names = [*(component.name for component in made.blueprint.components), "web", "migrate"]
    for source in names:
        for entry in made.egress(source):
            if target := entry.get("component"):
                assert {"component": source, "ports": entry["ports"]} in made.ingress(target), (source, target)


def test_managed_stores_are_addresses(root: Path):
    made = namespace("AWS", root=root)
    assert made.egress("collaboration") == [
        {"component": "document", "ports": [8080]},
        {"cidrs": ["10.0.0.0/16"], "ports": [5432]},
        {"cidrs": ["10.0.0.0/16"], "ports": [6379]},
        {"cidrs": ["0.0.0.0/0"], "ports": [443]},
    ]
    assert made.egress("migrate") == [{"cidrs": ["10.0.0.0/16"], "ports": [5432]}]


@pytest.mark.parametrize(
    ("option", "visitors"),
    [
        ("built-in", []),
        ("load balancer", [{"cidrs": ["0.0.0.0/0", "::/0"], "ports": [8080, 8443]}]),
        ("ingress", [{"namespace": "traefik", "ports": [8080]}]),
        ("gateway API", [{"cidrs": ["10.244.0.0/16"], "ports": [8080]}]),
        ("origin pulls", [{"cidrs": ["0.0.0.0/0", "::/0"], "ports": [8443]}]),
        ("tunnel", [{"component": "cloudflared", "ports": [8443]}]),
    ],
)
def test_who_may_come_to_the_gateway(option: str, visitors: list[dict[str, object]], root: Path):
    assert namespace(option, root=root).visitors() == visitors
