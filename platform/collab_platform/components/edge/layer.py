"""The edge of one environment: DNS, TLS, cache, WAF, rate limits, bots, and the way to the origin."""

from __future__ import annotations

import pulumi
import pulumi_cloudflare as cloudflare

from collab_platform.blueprint import routes_of
from collab_platform.components.edge.origin import own_certificate, tunnel
from collab_platform.components.edge.rules import rulesets
from collab_platform.components.edge.settings import EdgeSettings, OwnCertificate
from collab_platform.environment.schema import Environment


class Edge(pulumi.ComponentResource):
    """Cloudflare in front of the gateway. It owns its zone's settings and rulesets: give collab a zone of its own."""

    outputs: dict[str, pulumi.Output[str]]

    def __init__(
        self,
        name: str,
        *,
        settings: EdgeSettings,
        environment: Environment,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("collab:edge:Edge", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        zone_id = settings.zone_id
        if isinstance(settings.origin, OwnCertificate):
            origin = own_certificate(
                name, zone_id=zone_id, hostname=settings.hostname, settings=settings.origin, opts=child
            )
        else:
            origin = tunnel(name, hostname=settings.hostname, settings=settings.origin, opts=child)

        guards: list[pulumi.Resource] = [
            cloudflare.ZoneSetting(
                f"{name}-{setting.replace('_', '-')}", zone_id=zone_id, setting_id=setting, value=value, opts=child
            )
            for setting, value in zone_settings(settings).items()
        ]
        phases = rulesets(
            hostname=settings.hostname,
            plan=settings.plan,
            routes=routes_of(environment),
            limits=environment.gateway,
        )
        guards += [
            cloudflare.Ruleset(
                f"{name}-{phase.removeprefix('http_').replace('_', '-')}",
                zone_id=zone_id,
                name=f"{name} {phase}",
                kind="zone",
                phase=phase,
                rules=rules,
                opts=child,
            )
            for phase, rules in phases.items()
        ]
        if settings.bots != "off":
            guards.append(_bots(name, settings=settings, opts=child))
        cloudflare.DnsRecord(
            f"{name}-record",
            zone_id=zone_id,
            name=settings.hostname,
            type=origin.record_type,
            content=origin.record_content,
            proxied=True,
            ttl=1,  # Cloudflare's word for automatic, the only one a proxied record may have
            comment="collab: managed by Pulumi",
            # Nobody is sent here before the guards stand.
            opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(depends_on=guards)),
        )
        self.outputs = {"url": pulumi.Output.from_input(f"https://{settings.hostname}"), **origin.outputs}
        self.register_outputs(self.outputs)


def zone_settings(settings: EdgeSettings) -> dict[str, object]:
    """Settings of the zone by Cloudflare's names for them. The free plan has HTTP/2 always on and no setting for it."""
    return {
        "ssl": "strict",
        "min_tls_version": "1.2",
        "tls_1_3": "on",
        # Replayed early data could repeat a request that changes something.
        "0rtt": "off",
        "always_use_https": "on",
        "automatic_https_rewrites": "on",
        "security_header": {
            "strict_transport_security": {
                "enabled": True,
                "max_age": settings.hsts_max_age_s,
                "include_subdomains": settings.hsts_subdomains,
                "preload": False,
                "nosniff": True,
            }
        },
        "websockets": "on",
        **({} if settings.plan == "free" else {"http2": "on"}),
        "http3": "on",
    }


def _bots(name: str, *, settings: EdgeSettings, opts: pulumi.ResourceOptions) -> cloudflare.BotManagement:
    """Bots that say who they are and are known are welcome; programs of a team's own are not bots to be certain of."""
    if settings.plan == "free":
        return cloudflare.BotManagement(
            f"{name}-bots",
            zone_id=settings.zone_id,
            fight_mode=True,
            enable_js=True,
            ai_bots_protection="block",
            opts=opts,
        )
    return cloudflare.BotManagement(
        f"{name}-bots",
        zone_id=settings.zone_id,
        enable_js=True,
        ai_bots_protection="block",
        sbfm_definitely_automated="block" if settings.bots == "block" else "managed_challenge",
        sbfm_verified_bots="allow",
        sbfm_static_resource_protection=False,
        opts=opts,
    )
