"""The way from Cloudflare to the gateway, which nobody else can take."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field

import pulumi
import pulumi_cloudflare as cloudflare
import pulumi_random as random
import pulumi_tls as tls

from collab_platform.components.edge.settings import OwnCertificate, Tunnel

_YEAR_H = 24 * 365


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """``record`` is the DNS record's type and content; ``outputs`` is what the gateway or ``cloudflared`` needs."""

    record_type: str
    record_content: pulumi.Input[str]
    outputs: dict[str, pulumi.Output[str]] = field(default_factory=dict[str, "pulumi.Output[str]"])


def own_certificate(
    name: str, *, zone_id: str, hostname: str, settings: OwnCertificate, opts: pulumi.ResourceOptions
) -> Origin:
    """Authenticated origin pulls with a certificate of our own.

    Cloudflare's shared certificate proves only that a request came through *somebody's* zone. ``originCa`` goes into
    the gateway (``ssl_client_certificate``, ``ssl_verify_client on``); its key never leaves Pulumi's encrypted state.
    The certificate is made anew a month before it expires, by the next ``up``; the authority stays for ten years.
    """
    authority_key = tls.PrivateKey(f"{name}-authority-key", algorithm="RSA", rsa_bits=4096, opts=opts)
    authority = tls.SelfSignedCert(
        f"{name}-authority",
        private_key_pem=pulumi.Output.secret(authority_key.private_key_pem),
        subject={"common_name": f"{name} origin pulls"},
        is_ca_certificate=True,
        validity_period_hours=10 * _YEAR_H,
        allowed_uses=["cert_signing", "crl_signing"],
        opts=opts,
    )
    key = tls.PrivateKey(f"{name}-client-key", algorithm="RSA", rsa_bits=2048, opts=opts)
    request = tls.CertRequest(
        f"{name}-client-request",
        private_key_pem=pulumi.Output.secret(key.private_key_pem),
        subject={"common_name": hostname},
        opts=opts,
    )
    certificate = tls.LocallySignedCert(
        f"{name}-client",
        cert_request_pem=request.cert_request_pem,
        ca_private_key_pem=pulumi.Output.secret(authority_key.private_key_pem),
        ca_cert_pem=authority.cert_pem,
        validity_period_hours=_YEAR_H,
        early_renewal_hours=24 * 30,
        allowed_uses=["client_auth", "digital_signature", "key_encipherment"],
        opts=opts,
    )
    uploaded = cloudflare.AuthenticatedOriginPullsHostnameCertificate(
        f"{name}-origin-pulls-certificate",
        zone_id=zone_id,
        certificate=certificate.cert_pem,
        private_key=pulumi.Output.secret(key.private_key_pem),
        opts=opts,
    )
    cloudflare.AuthenticatedOriginPulls(
        f"{name}-origin-pulls",
        zone_id=zone_id,
        configs=[{"hostname": hostname, "cert_id": uploaded.id, "enabled": True}],
        opts=opts,
    )
    return Origin(
        record_type=_record_type(settings.address),
        record_content=settings.address,
        outputs={"originCa": authority.cert_pem},
    )


def tunnel(name: str, *, hostname: str, settings: Tunnel, opts: pulumi.ResourceOptions) -> Origin:
    """A tunnel that ``cloudflared`` in the cluster dials with ``tunnelToken``; the gateway needs no public address."""
    secret = random.RandomBytes(f"{name}-tunnel-secret", length=32, opts=opts)
    made = cloudflare.ZeroTrustTunnelCloudflared(
        f"{name}-tunnel",
        account_id=settings.account_id,
        name=name,
        config_src="cloudflare",
        tunnel_secret=pulumi.Output.secret(secret.base64),
        opts=opts,
    )
    cloudflare.ZeroTrustTunnelCloudflaredConfig(
        f"{name}-tunnel-config",
        account_id=settings.account_id,
        tunnel_id=made.id,
        source="cloudflare",
        config={
            "ingresses": [
                {
                    "hostname": hostname,
                    "service": settings.service,
                    "origin_request": {
                        "origin_server_name": settings.server_name or hostname,
                        "ca_pool": settings.ca_file,
                        "no_tls_verify": False,
                        # A WebSocket needs HTTP/1.1 on this leg: the gateway does not speak RFC 8441.
                        "http2_origin": False,
                        "connect_timeout": 10,
                    },
                },
                {"service": "http_status:404"},
            ]
        },
        opts=opts,
    )
    token = cloudflare.get_zero_trust_tunnel_cloudflared_token_output(
        account_id=settings.account_id, tunnel_id=made.id, opts=pulumi.InvokeOptions(parent=opts.parent)
    )
    return Origin(
        record_type="CNAME",
        record_content=made.id.apply(lambda id_: f"{id_}.cfargotunnel.com"),
        # Cloudflare hands the token out as plain text; it is as good as the tunnel's secret.
        outputs={"tunnelToken": pulumi.Output.secret(token.token)},
    )


def _record_type(address: str) -> str:
    try:
        return "A" if ipaddress.ip_address(address).version == 4 else "AAAA"
    except ValueError:
        return "CNAME"
