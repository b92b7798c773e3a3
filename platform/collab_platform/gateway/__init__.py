"""The gateway: nginx, rendered from the route table.

``find_nginx`` picks the binary, ``render`` turns a blueprint and a :class:`GatewaySite` into its configuration files,
and ``ensure_certificate`` keeps the development certificate. Who writes the files and runs nginx is the target.
"""

from collab_platform.gateway.binary import WAF_REMEDY, Nginx, Waf, find_nginx, worker_user
from collab_platform.gateway.certificate import Certificate, ensure_certificate
from collab_platform.gateway.memory import make_memory_directory, memory_directory
from collab_platform.gateway.rendering import render
from collab_platform.gateway.site import GatewaySite, Tls, TrustedProxies, UpstreamTls

__all__ = [
    "WAF_REMEDY",
    "Certificate",
    "GatewaySite",
    "Nginx",
    "Tls",
    "TrustedProxies",
    "UpstreamTls",
    "Waf",
    "ensure_certificate",
    "find_nginx",
    "make_memory_directory",
    "memory_directory",
    "render",
    "worker_user",
]
