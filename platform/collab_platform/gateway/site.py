"""Where one gateway runs: everything that a target knows and the blueprint does not."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

from collab_platform.environment.schema import Gateway
from collab_platform.gateway.binary import Nginx

_ORIGIN = re.compile(r"https?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class Tls:
    """Files of the server's certificate (with its chain, if any) and its private key, PEM."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class UpstreamTls:
    """The services speak TLS: ``ca`` (PEM) vouches for certificates that bear their components' names."""

    ca: Path


@dataclass(frozen=True, slots=True)
class TrustedProxies:
    """Who stands before the gateway and is believed about the client: its address and its scheme.

    ``networks`` are CIDRs. ``address_header`` is ``X-Forwarded-For``, in which the last address that is not a trusted
    proxy's counts, or one with a single address, such as ``CF-Connecting-IP``. The scheme is in ``X-Forwarded-Proto``.
    """

    networks: tuple[str, ...]
    address_header: str = "X-Forwarded-For"

    def __post_init__(self) -> None:
        for network in self.networks:
            ip_network(network)  # raises ValueError, which names it
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", self.address_header):
            raise ValueError(f"{self.address_header!r} is not the name of a header")


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySite:
    """One gateway's place in the world.

    ``listen`` are addresses and ports of the public server, over TLS if there is ``tls``; those of ``plain_listen``
    beside them are never. IPv6 addresses without brackets. Where ``public_url`` is https, who is known to have come
    without TLS is redirected. ``client_ca`` (PEM): only who has a certificate of that authority is
    answered. ``proxies``: whom to believe about clients.

    ``upstreams`` maps (component, name of its port) to the ``host:port`` of every replica; ``virtual_addresses``: they
    are a cluster's Services, behind each of which others choose the replica, and only those that documents are hashed
    over are one replica's. ``web_upstream`` is who has the editor's files; without it they are in ``web_root``.
    ``file_origins``: where browsers fetch and send files by presigned addresses when that is not here, as in
    ``https://bucket.s3.eu-central-1.amazonaws.com``. ``limits`` are the environment's own. ``user`` is from
    :func:`~collab_platform.gateway.worker_user`.

    ``configuration_directory`` is where the rendered files will be, ``run_directory`` takes the pid file and what nginx
    spools, ``cache_directory`` cached answers, ``log_directory`` the WAF's audit log unless ``audit_log`` names another
    place. ``access_log`` and ``error_log`` are files, or ``/dev/stdout`` and ``stderr`` where a supervisor reads them.

    ``counted_at``: host and UDP port of who counts requests for Prometheus (``python -m collab_gateway``), if anybody.

    ``verdict_directory`` takes what auth said about tokens, for the few seconds that it is believed, and the tokens: it
    has to be in memory and nginx's alone (:func:`~collab_platform.gateway.memory.memory_directory`). Without it auth is
    asked every time. ``counts_people``: requests are counted for each person too; that takes addresses of loopback
    beside 127.0.0.1, which macOS does not have.

    ``workers`` 0: one for each core. ``worker_connections`` counts clients and upstreams: a WebSocket takes two.
    """

    nginx: Nginx
    listen: tuple[tuple[str, int], ...]
    plain_listen: tuple[tuple[str, int], ...] = ()
    status_host: str = "127.0.0.1"
    status_port: int
    public_url: str
    name: str = "collab"
    tls: Tls | None = None
    client_ca: Path | None = None
    proxies: TrustedProxies | None = None
    web_root: Path
    web_upstream: str | None = None
    upstreams: Mapping[tuple[str, str], tuple[str, ...]]
    upstream_tls: UpstreamTls | None = None
    virtual_addresses: bool = False
    limits: Gateway = field(default_factory=Gateway)
    file_origins: tuple[str, ...] = ()
    configuration_directory: Path
    run_directory: Path
    cache_directory: Path
    log_directory: Path
    verdict_directory: Path | None = None
    access_log: str = "/dev/stdout"
    counted_at: tuple[str, int] | None = None
    error_log: str = "stderr"
    audit_log: str = ""
    user: tuple[str, str] | None = None
    workers: int = 1
    worker_connections: int = 8192
    websockets_per_address: int = 2048
    shutdown_timeout_s: int = 10
    hsts_max_age_s: int = 86_400
    counts_people: bool = field(default_factory=lambda: sys.platform == "linux")

    def __post_init__(self) -> None:
        for origin in self.file_origins:
            if not _ORIGIN.fullmatch(origin):
                raise ValueError(f"{origin!r} is not an origin such as https://bucket.s3.eu-central-1.amazonaws.com")
        if self.client_ca is not None and (self.tls is None or not self.public_is_https):
            raise ValueError("clients can only be asked for certificates over TLS, and at a public URL that is https")

    @property
    def public_is_https(self) -> bool:
        return urlsplit(self.public_url).scheme == "https"

    @property
    def public_authority(self) -> str:
        """Host and port of the public URL, as in ``docs.example.org`` or ``127.0.0.1:8080``."""
        return urlsplit(self.public_url).netloc

    @property
    def has_waf(self) -> bool:
        return self.nginx.has_waf and self.limits.waf != "off"
