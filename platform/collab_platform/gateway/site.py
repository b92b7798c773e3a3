"""Where one gateway runs: everything that a target knows and the blueprint does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from collab_platform.environment.schema import Gateway
from collab_platform.gateway.binary import Nginx


@dataclass(frozen=True, slots=True)
class Tls:
    """Files of the server's certificate (with its chain, if any) and its private key, PEM."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySite:
    """One gateway's place in the world.

    ``listen`` are addresses and ports of the public server; IPv6 addresses without brackets. ``status_port`` is on
    loopback. ``upstreams`` maps (component, name of its port) to the ``host:port`` of every replica. ``limits`` are the
    environment's own. ``user`` is from :func:`~collab_platform.gateway.worker_user`.

    ``configuration_directory`` is where the rendered files will be, ``run_directory`` takes the pid file and what nginx
    spools, ``cache_directory`` cached answers, ``log_directory`` the WAF's audit log. ``access_log`` and ``error_log``
    are files, or ``/dev/stdout`` and ``stderr`` where a supervisor reads them.

    ``workers`` 0: one for each core. ``worker_connections`` counts clients and upstreams: a WebSocket takes two.
    """

    nginx: Nginx
    listen: tuple[tuple[str, int], ...]
    status_port: int
    public_url: str
    name: str = "collab"
    tls: Tls | None = None
    web_root: Path
    upstreams: Mapping[tuple[str, str], tuple[str, ...]]
    limits: Gateway = field(default_factory=Gateway)
    configuration_directory: Path
    run_directory: Path
    cache_directory: Path
    log_directory: Path
    access_log: str = "/dev/stdout"
    error_log: str = "stderr"
    user: tuple[str, str] | None = None
    workers: int = 1
    worker_connections: int = 8192
    websockets_per_address: int = 2048
    shutdown_timeout_s: int = 10
    hsts_max_age_s: int = 86_400

    @property
    def public_authority(self) -> str:
        """Host and port of the public URL, as in ``docs.example.org`` or ``127.0.0.1:8080``."""
        return urlsplit(self.public_url).netloc

    @property
    def has_waf(self) -> bool:
        return self.nginx.has_waf and self.limits.waf != "off"
