"""What an operator may say about the edge."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from collab_platform.components.configuration import Settings

Plan = Literal["free", "pro", "business", "enterprise"]
Bots = Literal["block", "challenge", "off"]
CloudflareId = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$")]
# The hostname is written into rule expressions: what could end a quoted string must not be in it.
Hostname = Annotated[str, Meta(pattern=r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$", max_length=253)]


class OwnCertificate(
    Settings, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="own-certificate"
):
    """The origin has a public address and admits nobody without a client certificate that only our zone holds.

    ``address`` is its hostname (a load balancer's, say) or IP address.
    """

    address: Annotated[str, Meta(pattern=r"^[0-9A-Za-z.:-]+$", min_length=3, max_length=253)]


class Tunnel(Settings, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="tunnel"):
    """The origin has no public address: ``cloudflared`` in the cluster dials out.

    ``service`` is the gateway as ``cloudflared`` sees it, ``server_name`` the name in its certificate, ``ca_file``
    the file, in ``cloudflared``'s container, with the authority that signed it (empty: a public one).
    """

    account_id: CloudflareId
    service: Annotated[str, Meta(pattern=r"^https://[a-z0-9.-]+(:[0-9]{1,5})?$")] = (
        "https://gateway.collab.svc.cluster.local:443"
    )
    server_name: Annotated[str, Meta(pattern=r"^([a-z0-9.-]+)?$")] = ""
    ca_file: Annotated[str, Meta(pattern=r"^(/[A-Za-z0-9._/-]+)?$")] = ""


class EdgeSettings(Settings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Configuration of the stack ``edge``.

    ``environment`` names the file in ``environments/`` whose limits apply; empty: the one called like the stack.
    ``plan`` is the zone's at Cloudflare: what it does not include is left out, never half made.
    """

    zone_id: CloudflareId
    hostname: Hostname
    origin: OwnCertificate | Tunnel
    plan: Plan = "pro"
    environment: Annotated[str, Meta(pattern=r"^([a-z][a-z0-9-]{0,30})?$")] = ""
    bots: Bots = "challenge"
    hsts_max_age_s: Annotated[int, Meta(ge=86_400, le=63_072_000)] = 31_536_000
    hsts_subdomains: bool = False
