"""nginx's configuration from the route table: a pure function."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

from markupsafe import Markup, escape

from collab_platform.blueprint import Blueprint
from collab_platform.gateway.problems import MAINTENANCE, MAINTENANCE_RETRY_S, PROBLEM_PREFIX, PROBLEMS
from collab_platform.gateway.quoting import Word, configuration_templates, page_templates, quote, verbatim
from collab_platform.gateway.site import GatewaySite
from collab_platform.gateway.waf import waf_rules
from collab_platform.routes import Balance, Route

ENTRY = "nginx.conf"
_FILES = (
    ENTRY,
    "types.conf",
    "maps.conf",
    "upstreams.conf",
    "security-headers.conf",
    "errors.conf",
    "problems.conf",
    "routes.conf",
)
_ROUTED_FILES = ("verify.conf", "forward.conf", "forward-personal.conf", "forward-websocket.conf")
_INSIDE_FILES = ("inside.conf", "inner.conf", "answering.conf")
_WAF_FILES = ("inspection.conf", "modsecurity.conf", "crs-setup.conf", "crs-exclusions.conf")

# Parts of the core rule set, by the number in their names. Left out: exclusions for applications that are not here
# (903), reputation lists and request counting (910, 912; limit_req does that), and whatever reads answers.
_CRS_RULES = (901, 905, 911, 913, 920, 921, 922, 930, 931, 932, 933, 934, 941, 942, 943, 944, 949)

# Statuses that the web application firewall refuses with: a malformed body, an attack, too much to look at.
_REFUSALS = (400, 403, 413)

# What services keep to themselves: refused, lest it get the editor's page.
_PRIVATE = ("livez", "readyz", "metrics", "internal")

_PERSONAL_HEADERS = (
    "Cookie",
    "Content-Type",
    "Content-Encoding",
    "If-Match",
    "If-None-Match",
    "If-Modified-Since",
    "If-Unmodified-Since",
    "If-Range",
    "Range",
    "Idempotency-Key",
    "Origin",
    "Referer",
    "Sec-Fetch-Site",
    "Sec-Fetch-Mode",
    "Sec-Fetch-Dest",
)
_WEBSOCKET_HEADERS = (
    "Origin",
    "Cookie",
    "Authorization",
    "Sec-WebSocket-Key",
    "Sec-WebSocket-Version",
    "Sec-WebSocket-Protocol",
    "Sec-WebSocket-Extensions",
)
# What a server of files answers by.
_WEB_HEADERS = ("If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range", "Range")
# What a presigned request may be about; the signature says which of them have to be there.
_OBJECT_HEADERS = (
    *_WEB_HEADERS,
    "Content-Type",
    "Content-Disposition",
    "Content-MD5",
    "Cache-Control",
    "X-Amz-Content-Sha256",
    "X-Amz-Checksum-Sha256",
    "X-Amz-Sdk-Checksum-Algorithm",
)
_OBJECT_HIDDEN = (
    "Set-Cookie",
    "Access-Control-Allow-Origin",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Headers",
    "Access-Control-Allow-Credentials",
    "Access-Control-Expose-Headers",
    "X-Amz-Request-Id",
)
_OWN_HEADERS = (
    "X-Request-Id",
    "X-Collab-User",
    "X-Collab-Authorization",
    "X-Inside",
    "X-Limited",
    "X-Waf-Score",
    "X-Powered-By",
    "Content-Security-Policy",
    "Strict-Transport-Security",
    "X-Content-Type-Options",
    "Referrer-Policy",
    "Cross-Origin-Opener-Policy",
    "Cross-Origin-Resource-Policy",
    "Permissions-Policy",
)

# Rules of routes are numbered from here; those of modsecurity.conf come before.
_FIRST_RULE = 10_100

# More fields in one request than people fill in; each costs time to look at.
_MAX_FIELDS = 250

# An id in a path, as a regular expression.
_ID = "[0-9A-Fa-f-]{36}"

# Files of the editor that may have a copy in Brotli beside them (scripts/precompressed.ts there).
_BROTLI_TYPES = (("js", "text/javascript"), ("css", "text/css"))

# Forward secrecy and authenticated encryption only; TLS 1.3 has its own list.
_CIPHERS = ":".join(
    f"ECDHE-{key}-{cipher}"
    for cipher in ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305")
    for key in ("ECDSA", "RSA")
)

Modifier = Literal["=", "^~"]
Location = tuple[Modifier, str]


@dataclass(frozen=True, slots=True)
class _Upstream:
    name: str
    balance: Balance
    addresses: tuple[str, ...]


def render(blueprint: Blueprint, site: GatewaySite) -> dict[str, str]:
    """The configuration's files, by name relative to one folder; nginx starts from ``nginx.conf``.

    A blueprint without routes makes a server of the editor's files alone.

    Raises :class:`~collab_platform.gateway.quoting.UnquotableError` if a value cannot be written down, ``ValueError``
    if a route leads to a port for which the site has no address.
    """
    if not blueprint.routes:  # files are no way in, and need no inspection
        site = replace(site, nginx=replace(site.nginx, modsecurity_module=None, crs=None))
    templates = configuration_templates()
    context = _context(blueprint, site)
    names = (
        *_FILES,
        "web.conf" if site.web_upstream else "static.conf",
        *(_ROUTED_FILES if blueprint.routes else ()),
        *(_INSIDE_FILES if context["inside"] else ()),
        *(_WAF_FILES if site.has_waf else ()),
    )
    return {name: templates.get_template(f"{name}.j2").render(context) for name in names}


def locations(route: Route) -> tuple[Location, ...]:
    """The nginx locations of a route. A prefix without a slash at its end is a path and what is below it.

    A pattern has none of its own: it stands inside the location of the prefix that it is below (:func:`below`).
    """
    if route.match == "pattern":
        return ()
    if route.match == "exact":
        return (("=", route.path),)
    if route.path.endswith("/"):
        return (("^~", route.path),)
    return (("=", route.path), ("^~", f"{route.path}/"))


def below(prefix: str, routes: tuple[Route, ...]) -> tuple[tuple[Route, Word], ...]:
    """The patterns below a prefix, each with its regular expression."""
    return tuple(
        (route, verbatim(f"^{'/'.join(map(_segment, route.path.split('/')))}$"))
        for route in routes
        if route.match == "pattern" and route.path.startswith(prefix)
    )


def _segment(part: str) -> str:
    return _ID if part == "{id}" else re.escape(part)


def refused_locations(routes: tuple[Route, ...]) -> tuple[Location, ...]:
    """What is answered 404, lest it get the editor's page.

    Private paths, unknown paths beside a route's (``/api/unknown``), and ``/api/users`` itself, which nginx would
    otherwise redirect to ``/api/users/``.
    """
    served = {location for route in routes for location in locations(route)}
    prefixes = [path for modifier, path in served if modifier == "^~"]
    refused: set[Location] = {("=", prefix.rstrip("/")) for prefix in prefixes}
    for root in (*_roots(routes), ".gateway"):
        refused |= {("=", f"/{root}"), ("^~", f"/{root}/")}
    return tuple(sorted(refused - served, key=lambda location: location[1]))


def upstream_name(component: str, port: str) -> str:
    return f"{component}-{port}"


def endpoint(host: str, port: int) -> str:
    """Host and port as nginx writes them; IPv6 addresses get their brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _context(blueprint: Blueprint, site: GatewaySite) -> dict[str, Any]:
    routes = blueprint.routes
    style = page_templates().get_template("page.css.j2").render().strip()
    per_minute, heavy = site.limits.sign_in_rate_per_min, site.limits.heavy_rate_per_min
    inside = tuple(route for route in routes if _is_inside(route, site))
    return {
        "site": site,
        "routes": routes,
        "refused": refused_locations(routes),
        "upstreams": _upstreams(blueprint, site),
        "locations": locations,
        "upstream_name": upstream_name,
        "endpoint": endpoint,
        "verbatim": verbatim,
        "below": below,
        "inside": inside,
        "is_inside": inside.__contains__,
        "waf_rules": partial(_waf_rules, routes),
        "rate_policy": partial(_rate_policy, site),
        "object_paths": [route.path for route in routes if route.kind == "objects"],
        "object_headers": _OBJECT_HEADERS,
        "object_hidden": _OBJECT_HIDDEN,
        "longest_timeout_s": max((route.timeout_s for route in routes), default=0),
        "max_fields": _MAX_FIELDS,
        "maintenance": MAINTENANCE,
        "maintenance_retry_s": MAINTENANCE_RETRY_S,
        "heavy_burst": heavy - 1,
        "heavy_retry_s": math.ceil(60 / heavy),
        "sign_in_burst": per_minute - 1,
        "sign_in_retry_s": math.ceil(60 / per_minute),
        "problem_request": verbatim(
            rf"~^[A-Z]+ (https?://[^/ ]+)?/({'|'.join(map(re.escape, _roots(routes)))})([/? ]|$)"
        ),
        "problems": PROBLEMS,
        "problem_prefix": PROBLEM_PREFIX,
        "site_script": quote(_site_script(site.name)),
        "page": verbatim(_page(site.name, style)),
        "page_style_hash": "sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        "file_sources": Word("".join(f" {origin}" for origin in site.file_origins)),
        "https_redirect": verbatim(quote(site.public_url) + "$request_uri"),
        "http2": _http2(site),
        "brotli_types": _BROTLI_TYPES,
        "ciphers": _CIPHERS,
        "own_headers": _OWN_HEADERS,
        "personal_headers": _PERSONAL_HEADERS,
        "websocket_headers": _WEBSOCKET_HEADERS,
        "web_headers": _WEB_HEADERS,
        "crs_rules": _CRS_RULES,
        "refusals": _REFUSALS,
        "audit_log": _audit_log(site),
        "body_limit": max((route.max_body_bytes for route in routes if not route.media_types), default=0) + 1024,
        "upstream_scheme": "https" if site.upstream_tls else "http",
        # What is known of a client of whose scheme neither its connection nor a trusted proxy tells.
        "assumed_scheme": "https" if site.public_is_https and site.tls is None else "http",
        "may_be_https": site.tls is not None or site.public_is_https,
        "redirects_plain": site.public_is_https and bool(site.plain_listen or site.proxies),
    }


def _is_inside(route: Route, site: GatewaySite) -> bool:
    """Whether one of the servers behind the public one answers: to inspect what comes, or to count who comes."""
    if site.has_waf and route.waf:
        return True
    return route.access == "authenticated" and (site.counts_people or site.has_waf)


def _waf_rules(routes: tuple[Route, ...], route: Route) -> tuple[Word, ...]:
    return waf_rules(route, _FIRST_RULE + routes.index(route))


def _rate_policy(site: GatewaySite, route: Route) -> str:
    """The route's quotas as the header ``RateLimit-Policy`` has them: so many (q) in a window of seconds (w)."""
    limits = site.limits
    quotas: list[tuple[str, int, int]] = []
    if route.rate == "sign-in":
        quotas.append(("address", limits.sign_in_rate_per_min, 60))
    elif route.rate == "api":
        quotas.append(("address", limits.request_rate_per_s, 1))
    if route.access == "authenticated" and _is_inside(route, site):
        heavy = route.user_rate == "heavy"
        quotas.append(("user", limits.heavy_rate_per_min, 60) if heavy else ("user", limits.user_rate_per_s, 1))
    return ", ".join(f'"{name}";q={quota};w={window_s}' for name, quota, window_s in quotas)


def _roots(routes: tuple[Route, ...]) -> tuple[str, ...]:
    """First parts of the paths that programs call: ``api``, ``collaboration``, and what is private."""
    return tuple(sorted({*(route.path.strip("/").partition("/")[0] for route in routes), *_PRIVATE}))


def _upstreams(blueprint: Blueprint, site: GatewaySite) -> tuple[_Upstream, ...]:
    found: dict[str, _Upstream] = {}
    for route in blueprint.routes:
        name = upstream_name(route.component, route.port)
        addresses = site.upstreams.get((route.component, route.port), ())
        if not addresses:
            raise ValueError(f"route {route.name} leads to {name}, and the site has no address for it")
        if found.setdefault(name, _Upstream(name, route.balance, addresses)).balance != route.balance:
            raise ValueError(f"route {route.name} balances {name} in another way than a route before it")
    return tuple(found.values())


def _page(name: str, style: str) -> str:
    """The HTML error page. Its ``$…`` are nginx's variables, so a dollar sign in the name is written as HTML does."""
    shown = escape(name).replace("$", Markup("&#36;"))
    return page_templates().get_template("page.html.j2").render(name=shown, style=style)


def _site_script(name: str) -> str:
    """What tells the editor its installation's name, before any of its own scripts run."""
    literal = json.dumps(name).replace("$", "\\u0024")  # nginx would take a dollar sign for a variable
    return f"window.collabSite={{name:{literal}}};document.title=window.collabSite.name;"


def _audit_log(site: GatewaySite) -> str:
    """Where the WAF writes down what it refused; nowhere if ModSecurity's parser could not read the path."""
    path = site.audit_log or str(site.log_directory / "waf-audit.log")
    return path if re.fullmatch(r"[A-Za-z0-9_/.-]+", path) else ""


def _http2(site: GatewaySite) -> Literal["off", "listen", "directive"]:
    """How this nginx is told to speak HTTP/2: since 1.25.1 by a directive, before that on the listen line."""
    if site.tls is None or "http_v2_module" not in site.nginx.modules:
        return "off"
    return "directive" if site.nginx.release >= (1, 25, 1) else "listen"
