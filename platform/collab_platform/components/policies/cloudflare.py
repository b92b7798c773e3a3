"""Policies for Cloudflare: nothing goes around the edge, and nothing weakens TLS on either side of it."""

from __future__ import annotations

from collections.abc import Iterator

from collab_platform.components.policies.model import Declared, Policy, items, mapping

_REQUIRED = {
    "ssl": ("strict",),
    "min_tls_version": ("1.2", "1.3"),
    "always_use_https": ("on",),
}


def edge_only(declared: Declared, *, production: bool) -> Iterator[str]:
    """An address record is proxied: an unproxied one tells the world where the origin is."""
    del production
    if declared.type == "cloudflare:index/dnsRecord:DnsRecord":
        addresses = declared.properties.get("type") in {"A", "AAAA", "CNAME"}
        if addresses and declared.properties.get("proxied") is not True:
            yield "set proxied"


def strict_tls(declared: Declared, *, production: bool) -> Iterator[str]:
    """Certificates are checked on the way to the origin, and old TLS and plain HTTP are refused on the way in."""
    del production
    properties = declared.properties
    if declared.type == "cloudflare:index/zoneSetting:ZoneSetting":
        setting = str(properties.get("settingId"))
        if setting in _REQUIRED and properties.get("value") not in _REQUIRED[setting]:
            yield f"set {setting} to {' or '.join(_REQUIRED[setting])}"
    elif declared.type.startswith("cloudflare:index/zeroTrustTunnelCloudflaredConfig:"):
        config = mapping(properties.get("config"))
        for part in (config, *map(mapping, items(config.get("ingresses")))):
            if mapping(part.get("originRequest")).get("noTlsVerify"):
                yield "remove noTlsVerify"


POLICIES: dict[str, Policy] = {"edge-only": edge_only, "strict-tls": strict_tls}
