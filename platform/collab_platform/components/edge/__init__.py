"""Cloudflare in front of the gateway."""

from collab_platform.components.edge.layer import Edge, zone_settings
from collab_platform.components.edge.rules import rulesets
from collab_platform.components.edge.settings import EdgeSettings, OwnCertificate, Tunnel

__all__ = ["Edge", "EdgeSettings", "OwnCertificate", "Tunnel", "rulesets", "zone_settings"]
