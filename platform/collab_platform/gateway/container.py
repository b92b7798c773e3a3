"""The gateway and the editor's server as their container images run them, with Debian trixie's nginx.

``docs/kubernetes.md`` has the names, ports and paths. Whoever writes the files (a chart's ConfigMap) mounts them at
:data:`CONFIGURATION`. A worker for each core of the node would be far too many for the pod's share of it, hence a fixed
number.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from collab_platform.blueprint import Blueprint
from collab_platform.environment.schema import Gateway
from collab_platform.gateway.binary import Nginx
from collab_platform.gateway.rendering import render
from collab_platform.gateway.site import GatewaySite, Tls, TrustedProxies, UpstreamTls
from collab_platform.routes import Route

CONFIGURATION = Path("/etc/collab/nginx")
RUN = Path("/run/collab")
CACHE = Path("/var/cache/collab")
VERDICTS = Path("/run/verdicts/auth")
OWN_TLS = Tls(certificate=Path("/run/tls/tls.crt"), key=Path("/run/tls/tls.key"))
TRUST = Path("/run/trust/ca.crt")
CLIENT_CA = Path("/run/client-ca/ca.crt")
WEB_ROOT = Path("/srv/www")

HTTP_PORT = 8080
WEBSOCKET_PORT = 8081
S3_PORT = 8333
STATUS_PORT = 8082
LOG_PORT = 8514
"""UDP, of the container beside nginx that counts requests (``python -m collab_gateway``), on the pod's loopback."""
HTTPS_PORT = 8443
EVERYWHERE = "0.0.0.0"  # noqa: S104 - a pod's only address, before which NetworkPolicies stand
_PORTS = {"http": HTTP_PORT, "websocket": WEBSOCKET_PORT, "s3": S3_PORT}
_WORKERS = 2

WEB_NGINX = Nginx(
    binary=Path("/usr/sbin/nginx"),
    version="1.26.3",
    modules=frozenset(
        {
            "http_auth_request_module",
            "http_gzip_static_module",
            "http_realip_module",
            "http_ssl_module",
            "http_stub_status_module",
            "http_v2_module",
        }
    ),
)
"""Debian trixie's ``nginx-light``."""

GATEWAY_NGINX = replace(
    WEB_NGINX,
    modsecurity_module=Path("/usr/lib/nginx/modules/ngx_http_modsecurity_module.so"),
    crs=Path("/usr/share/modsecurity-crs"),
)
"""The same with ``libnginx-mod-http-modsecurity`` and ``modsecurity-crs``."""


def gateway_site(
    blueprint: Blueprint,
    *,
    public_url: str,
    site_name: str,
    limits: Gateway,
    inside_tls: bool,
    collaboration_slots: int,
    serve_tls: bool,
    client_ca: bool,
    trusted_proxies: tuple[str, ...],
    client_address_header: str,
    drain_s: int,
    file_origins: tuple[str, ...] = (),
) -> GatewaySite:
    """The gateway of a namespace.

    ``collaboration_slots`` is the most replicas of collaboration that there may ever be: documents are hashed over that
    many Services ``collaboration-N``. ``serve_tls``: https with the pod's certificate beside http, which then only
    redirects, but for trusted proxies that vouch for their client's https. ``client_ca``: a certificate of that
    authority is asked for (origin pulls). ``file_origins``: where files are when the object storage is not the
    cluster's own. Raises ``ValueError`` for a network, a header or an origin that cannot be one.
    """
    return GatewaySite(
        nginx=GATEWAY_NGINX,
        listen=((EVERYWHERE, HTTPS_PORT if serve_tls else HTTP_PORT),),
        plain_listen=((EVERYWHERE, HTTP_PORT),) if serve_tls else (),
        status_host=EVERYWHERE,
        status_port=STATUS_PORT,
        public_url=public_url,
        name=site_name,
        tls=OWN_TLS if serve_tls else None,
        client_ca=CLIENT_CA if client_ca else None,
        proxies=TrustedProxies(trusted_proxies, client_address_header) if trusted_proxies else None,
        web_root=WEB_ROOT,
        web_upstream=f"web:{HTTP_PORT}",
        upstreams={(route.component, route.port): _addresses(route, collaboration_slots) for route in blueprint.routes},
        upstream_tls=UpstreamTls(TRUST) if inside_tls else None,
        virtual_addresses=True,
        limits=limits,
        file_origins=file_origins,
        configuration_directory=CONFIGURATION,
        run_directory=RUN,
        cache_directory=CACHE,
        log_directory=RUN,
        counted_at=("127.0.0.1", LOG_PORT),
        verdict_directory=VERDICTS,
        audit_log="/dev/stdout",
        workers=_WORKERS,
        shutdown_timeout_s=drain_s,
        counts_people=True,
    )


def web_site(*, public_url: str, site_name: str, limits: Gateway, file_origins: tuple[str, ...] = ()) -> GatewaySite:
    """The server of the editor's files, behind the gateway or an ingress."""
    return GatewaySite(
        nginx=WEB_NGINX,
        listen=((EVERYWHERE, HTTP_PORT),),
        status_host=EVERYWHERE,
        status_port=STATUS_PORT,
        public_url=public_url,
        name=site_name,
        web_root=WEB_ROOT,
        upstreams={},
        limits=limits,
        file_origins=file_origins,
        configuration_directory=CONFIGURATION,
        run_directory=RUN,
        cache_directory=RUN / "cache",
        log_directory=RUN,
        workers=1,
    )


def gateway_files(
    blueprint: Blueprint,
    *,
    public_url: str,
    site_name: str,
    limits: Gateway,
    inside_tls: bool,
    collaboration_slots: int,
    serve_tls: bool,
    client_ca: bool,
    trusted_proxies: tuple[str, ...],
    client_address_header: str,
    drain_s: int,
    file_origins: tuple[str, ...] = (),
) -> dict[str, str]:
    """The files of :func:`gateway_site`, by their names in :data:`CONFIGURATION`."""
    site = gateway_site(
        blueprint,
        public_url=public_url,
        site_name=site_name,
        limits=limits,
        inside_tls=inside_tls,
        collaboration_slots=collaboration_slots,
        serve_tls=serve_tls,
        client_ca=client_ca,
        trusted_proxies=trusted_proxies,
        client_address_header=client_address_header,
        drain_s=drain_s,
        file_origins=file_origins,
    )
    return render(blueprint, site)


def web_files(
    blueprint: Blueprint, *, public_url: str, site_name: str, limits: Gateway, file_origins: tuple[str, ...] = ()
) -> dict[str, str]:
    """The files of :func:`web_site`, by their names in :data:`CONFIGURATION`."""
    site = web_site(public_url=public_url, site_name=site_name, limits=limits, file_origins=file_origins)
    return render(replace(blueprint, routes=()), site)


def _addresses(route: Route, slots: int) -> tuple[str, ...]:
    port = _PORTS[route.port]
    if route.balance == "document-hash":
        return tuple(f"{route.component}-{slot}:{port}" for slot in range(slots))
    return (f"{route.component}:{port}",)
