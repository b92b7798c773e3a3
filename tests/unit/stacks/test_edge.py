"""The edge stack, run for each plan, origin and treatment of bots."""

from __future__ import annotations

import itertools
from typing import Any

import pulumi
import pytest
from msgspec.structs import replace

from collab_platform.components.edge.expressions import below, on_host, paths, quote
from collab_platform.components.edge.rules import rate_rules, rulesets
from collab_platform.components.policies import check_all
from collab_platform.environment import Environment
from collab_platform.routes import route_table
from tests.unit.stacks.harness import Run, is_secret, run_stack

HOST = "docs.example.org"
OWN = {"kind": "own-certificate", "address": "lb.example.org"}
TUNNEL = {"kind": "tunnel", "accountId": "1" * 32}
PLANS = ("free", "pro", "business", "enterprise")
ROUTES = route_table(Environment(), attachments=True)


def edge(*, preview: bool = False, **config: object) -> Run:
    return run_stack("edge", {"zoneId": "0" * 32, "hostname": HOST, "origin": OWN, **config}, preview=preview)


def rules(run: Run, phase: str) -> dict[str, dict[str, Any]]:
    """The rules of a phase by their ``ref``."""
    found = [ruleset.inputs["rules"] for ruleset in run.of("Ruleset") if ruleset.inputs["phase"] == phase]
    return {rule["ref"]: rule for phase_rules in found for rule in phase_rules}


@pytest.mark.parametrize(
    ("plan", "origin", "bots"), [*itertools.product(PLANS, (OWN, TUNNEL), ("block", "challenge", "off"))]
)
def test_every_choice_breaks_no_policy_and_leaks_nothing(plan: str, origin: dict[str, str], bots: str):
    run = edge(plan=plan, origin=origin, bots=bots)
    assert check_all(run.declared()) == ()
    assert run.generated, "there are secrets to leak"
    assert run.leaks() == []
    record = run.one("DnsRecord")
    guards = {resource.urn for type_ in ("ZoneSetting", "Ruleset", "BotManagement") for resource in run.of(type_)}
    assert guards <= record.depends_on, "nobody is sent to the origin before the guards stand"
    assert record.inputs["proxied"] is True
    assert len(run.of("BotManagement")) == int(bots != "off")


@pytest.mark.parametrize("origin", [OWN, TUNNEL])
def test_a_preview_declares_what_up_would_make(origin: dict[str, str]):
    preview, up = edge(preview=True, origin=origin), edge(origin=origin)
    assert {resource.urn for resource in preview.resources} == {resource.urn for resource in up.resources}
    assert check_all(preview.declared()) == ()


def test_children_bear_the_components_name_and_stand_below_it():
    run = edge()
    (component,) = run.of("Edge")
    for child in run.resources[1:]:
        assert child.parent == component.urn
        assert child.name.startswith("collab-local-")
    assert set(run.outputs[component.urn]) == set(run.exported()) == {"url", "originCa"}


def test_the_zone_speaks_modern_tls_and_websocket():
    settings = {
        entry.inputs["settingId"]: entry.inputs["value"] for entry in edge(hstsSubdomains=True).of("ZoneSetting")
    }
    assert settings["ssl"] == "strict"
    assert settings["min_tls_version"] == "1.2"
    assert settings["always_use_https"] == settings["websockets"] == settings["http2"] == settings["http3"] == "on"
    assert settings["0rtt"] == "off"
    hsts = settings["security_header"]["strict_transport_security"]
    assert hsts["enabled"] is True
    assert hsts["max_age"] == 31_536_000
    assert hsts["include_subdomains"] is True


def test_the_free_plan_is_asked_for_nothing_it_does_not_have():
    run = edge(plan="free")
    assert "http2" not in {entry.inputs["settingId"] for entry in run.of("ZoneSetting")}
    assert rules(run, "http_request_firewall_managed") == {}
    (limit,) = rules(run, "http_ratelimit").values()
    assert limit["ref"] == "sign-in"
    assert limit["ratelimit"]["period"] == limit["ratelimit"]["mitigationTimeout"] == 10
    assert "http.host" not in limit["expression"], "a rate limit of the free plan sees the path alone"
    bots = run.one("BotManagement").inputs
    assert bots["fightMode"] is True
    assert not [key for key in bots if key.startswith("sbfm")]


class TestCache:
    def test_assets_are_kept_and_services_never(self):
        found = rules(edge(), "http_request_cache_settings")
        assert list(found) == ["assets", "services"], "the later rule wins: what is never kept comes last"
        assets, services = found.values()
        assert 'starts_with(http.request.uri.path, "/assets/")' in assets["expression"]
        assert assets["actionParameters"]["cache"] is True
        assert assets["actionParameters"]["edgeTtl"]["statusCodeTtls"] == [
            {"statusCodeRange": {"from": 300, "to": 599}, "value": -1}
        ]
        assert services["actionParameters"] == {"cache": False}

    def test_no_route_is_left_out(self):
        services = rules(edge(), "http_request_cache_settings")["services"]["expression"]
        for route in ROUTES:
            assert f'starts_with(http.request.uri.path, "/{route.path.split("/")[1]}")' in services, route.name


class TestFirewall:
    def test_private_paths_are_blocked_in_any_case(self):
        private = rules(edge(), "http_request_firewall_custom")["private"]
        assert private["action"] == "block"
        for segment in ("internal", "metrics", "livez", "readyz"):
            assert f'starts_with(lower(http.request.uri.path), "/{segment}/")' in private["expression"]
            assert f'lower(http.request.uri.path) eq "/{segment}"' in private["expression"]

    def test_no_route_is_blocked_by_a_rule_for_private_paths(self):
        assert not [route for route in ROUTES if route.path.split("/")[1] in {"internal", "metrics", "livez", "readyz"}]

    def test_managed_rules_check_all_but_what_the_table_exempts(self):
        found = rules(edge(), "http_request_firewall_managed")
        assert list(found) == ["unchecked", "cloudflare", "owasp"]
        assert found["unchecked"]["action"] == "skip"
        exempt = [route.path for route in ROUTES if not route.waf]
        assert found["unchecked"]["expression"] == on_host(HOST, paths(route for route in ROUTES if not route.waf))
        assert sorted(exempt) == ["/collab/attachments/", "/collab/uploads/", "/collaboration"]
        assert found["owasp"]["action"] == found["cloudflare"]["action"] == "execute"


class TestRates:
    def test_limits_follow_the_environment(self):
        gateway = replace(Environment().gateway, request_rate_per_s=7, request_burst=30, sign_in_rate_per_min=12)
        made: Any = rate_rules(hostname=HOST, plan="pro", routes=ROUTES, limits=gateway)
        assert {rule["ref"]: rule["ratelimit"]["requests_per_period"] for rule in made} == {"sign-in": 24, "api": 100}

    def test_they_count_addresses_on_the_routes_of_their_class(self):
        found = rules(edge(), "http_ratelimit")
        assert '"/api/auth/register" "/api/auth/sign-in"' in found["sign-in"]["expression"]
        assert 'starts_with(http.request.uri.path, "/api/documents/")' in found["api"]["expression"]
        assert 'starts_with(http.request.uri.path, "/collaboration")' in found["api"]["expression"]
        for rule in found.values():
            assert rule["action"] == "block"
            assert set(rule["ratelimit"]["characteristics"]) == {"cf.colo.id", "ip.src"}

    @pytest.mark.parametrize("plan", PLANS)
    def test_the_edge_never_allows_less_than_the_gateway(self, plan: Any):
        limits = Environment().gateway
        made: Any = rulesets(hostname=HOST, plan=plan, routes=ROUTES, limits=limits)["http_ratelimit"]
        for rule in made:
            burst, per_s = (
                (limits.sign_in_rate_per_min - 1, limits.sign_in_rate_per_min / 60)
                if rule["ref"] == "sign-in"
                else (limits.request_burst, limits.request_rate_per_s)
            )
            rate = rule["ratelimit"]
            assert rate["requests_per_period"] >= burst + per_s * rate["period"]

    def test_the_environment_is_the_stacks_unless_named(self):
        with pytest.raises(pulumi.RunError, match="no environment 'nowhere'"):
            edge(environment="nowhere")


class TestOrigin:
    @pytest.mark.parametrize(
        ("address", "type_"), [("lb.example.org", "CNAME"), ("203.0.113.9", "A"), ("2001:db8::9", "AAAA")]
    )
    def test_the_record_fits_the_address(self, address: str, type_: str):
        record = edge(origin={"kind": "own-certificate", "address": address}).one("DnsRecord").inputs
        assert (record["type"], record["content"]) == (type_, address)

    def test_own_certificate_is_ours_and_its_keys_are_secret(self):
        run = edge()
        uploaded = run.one("AuthenticatedOriginPullsHostnameCertificate")
        assert uploaded.wire["certificate"] == "certificate collab-local-client"
        assert is_secret(uploaded.wire["privateKey"])
        assert is_secret(run.one("SelfSignedCert").wire["privateKeyPem"])
        assert is_secret(run.one("CertRequest").wire["privateKeyPem"])
        assert is_secret(run.one("LocallySignedCert").wire["caPrivateKeyPem"])
        assert "client_auth" in run.one("LocallySignedCert").inputs["allowedUses"]
        (pull,) = run.one("AuthenticatedOriginPulls").inputs["configs"]
        assert pull == {"hostname": HOST, "certId": f"{uploaded.name}-id", "enabled": True}
        assert run.exported()["originCa"] == "certificate collab-local-authority"
        assert not run.of("ZeroTrustTunnelCloudflared")

    def test_a_tunnel_needs_no_address_and_checks_the_gateways_certificate(self):
        run = edge(origin={**TUNNEL, "serverName": "gateway.internal", "caFile": "/etc/collab/ca.pem"})
        made = run.one("ZeroTrustTunnelCloudflared")
        assert is_secret(made.wire["tunnelSecret"])
        served, otherwise = run.one("ZeroTrustTunnelCloudflaredConfig").inputs["config"]["ingresses"]
        assert served["hostname"] == HOST
        assert served["service"].startswith("https://")
        assert served["originRequest"]["noTlsVerify"] is False
        assert served["originRequest"]["originServerName"] == "gateway.internal"
        assert served["originRequest"]["caPool"] == "/etc/collab/ca.pem"
        assert otherwise == {"service": "http_status:404"}
        assert run.one("DnsRecord").inputs["content"] == f"{made.name}-id.cfargotunnel.com"
        assert is_secret(run.exports["tunnelToken"])
        assert not run.of("AuthenticatedOriginPulls")


class TestExpressions:
    def test_a_prefix_swallows_what_is_below_it(self):
        found = paths(route for route in ROUTES if route.component == "document")
        assert "schema" not in found
        assert (
            found
            == 'http.request.uri.path in {"/api/documents"} or starts_with(http.request.uri.path, "/api/documents/")'
        )

    def test_a_segment_is_not_the_beginning_of_another(self):
        assert below(["metrics"]) == (
            'http.request.uri.path eq "/metrics" or starts_with(http.request.uri.path, "/metrics/")'
        )

    @pytest.mark.parametrize("text", ['a"b', "a\\b", "a\nb", "é"])
    def test_nothing_ends_a_quoted_text(self, text: str):
        with pytest.raises(ValueError, match="cannot be written"):
            quote(text)
