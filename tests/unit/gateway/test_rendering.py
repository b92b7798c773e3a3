"""The configuration as text: every route, every limit, nothing that a value could break out of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace as changed

from collab_platform.blueprint import Blueprint, derive
from collab_platform.environment import Environment
from collab_platform.gateway import GatewaySite, Nginx, Tls, render
from collab_platform.gateway.problems import PROBLEMS
from collab_platform.gateway.quoting import UnquotableError
from collab_platform.gateway.rendering import below, locations, refused_locations
from collab_platform.routes import Route, route_table
from tests.unit.gateway.words import words

BLUEPRINT = derive("test", Environment())
WHEEL = Nginx(Path("/wheel/nginx"), "1.31.3", modules=frozenset({"http_v2_module", "http_ssl_module"}))
DEBIAN = Nginx(
    Path("/usr/sbin/nginx"),
    "1.22.1",
    Path("/usr/lib/nginx/modules/ngx_http_modsecurity_module.so"),
    Path("/usr/share/modsecurity-crs"),
    frozenset({"http_v2_module", "http_gzip_static_module", "http_stub_status_module"}),
)


def site(blueprint: Blueprint = BLUEPRINT, **changes: Any) -> GatewaySite:
    plain = GatewaySite(
        nginx=WHEEL,
        listen=(("127.0.0.1", 8080),),
        status_port=8081,
        public_url="http://127.0.0.1:8080",
        web_root=Path("/srv/web"),
        upstreams={
            (route.component, route.port): (f"127.0.0.1:{9000 + number}",)
            for number, route in enumerate(blueprint.routes)
        },
        configuration_directory=Path("/run/conf"),
        run_directory=Path("/run/gateway"),
        cache_directory=Path("/run/cache"),
        log_directory=Path("/run/log"),
    )
    return replace(plain, **changes)


def block(files: Mapping[str, str], name: str, opening: str) -> list[list[str]]:
    """The directives of one block, each as its words."""
    rest = files[name].split(f"\n{opening} {{\n", 1)[1]
    if opening.startswith(" "):  # a pattern, in the location of its prefix
        body = re.split(r"\n    \}\n(?=\}|    location ~)", rest, maxsplit=1)[0]
    else:
        body = rest.split("\n}\n", 1)[0].partition("\n    location ~")[0]
    return [words(line.strip().rstrip(";")) for line in body.splitlines() if line.strip() and "#" not in line]


@pytest.mark.parametrize("nginx", [WHEEL, DEBIAN], ids=["wheel", "debian"])
def test_every_route_has_its_locations_limits_and_upstream(nginx: Nginx):
    files = render(BLUEPRINT, site(nginx=nginx))

    for route in BLUEPRINT.routes:
        for opening, path in openings(route):
            directives = block(files, "routes.conf", opening)
            assert ["client_max_body_size", str(route.max_body_bytes)] in directives
            assert ["set", "$route", route.name] in directives
            rated = [words[1] for words in directives if words[0] == "limit_req"]
            assert rated == {"api": ["zone=api"], "sign-in": ["zone=api", "zone=sign-in"], "none": []}[route.rate]
            inspected = nginx.has_waf and route.waf
            asks = route.access == "authenticated"
            server = "inspection.conf" if inspected else "answering.conf" if asks else "routes.conf"
            asking = block(files, server, opening)
            assert (["auth_request", "/.gateway/verify"] in asking) == asks
            assert (["modsecurity", "on"] in asking) == inspected
            answering = block(files, server, f"location @{route.name}") if asks else asking
            upstream = f"http://{route.component}-{route.port}"
            assert ["proxy_pass", f"{upstream}{'' if asks else path}"] in answering
            assert (["rewrite", "^", "$uri", "break"] in answering) == (asks or not path)
            assert ["proxy_read_timeout", f"{route.timeout_s}s"] in answering
            personal = not route.cache_s and not route.websocket and route.kind == "service"
            assert (["include", "forward-personal.conf"] in answering) == personal
            counted = [words[1] for words in answering if words[0] == "limit_req" and asks]
            assert counted == (["zone=user", "zone=heavy"][: 1 + (route.user_rate == "heavy")] if asks else [])


def openings(route: Route) -> list[tuple[str, str]]:
    """How the locations of a route begin, and their paths; a pattern stands indented in the location of its prefix."""
    if route.match == "pattern":
        (_, expression) = below("/", (route,))[0]
        return [(f"    location ~ {expression}", "")]
    return [(f"location {modifier} {path}", path) for modifier, path in locations(route)]


def test_where_loopback_has_one_address_the_public_server_asks_auth_and_counts_nobody():
    files = render(BLUEPRINT, site(counts_people=False))

    assert "answering.conf" not in files
    assert "127.0.0.3" not in files["nginx.conf"]
    assert ["auth_request", "/.gateway/verify"] in block(files, "routes.conf", "location = /api/documents")
    assert "include verify.conf;" in files["routes.conf"]
    assert '"user";q=' not in files["maps.conf"]


def test_the_waf_is_there_only_where_nginx_has_it_and_the_operator_wants_it():
    off = changed(Environment().gateway, waf="off")

    assert "inspection.conf" in render(BLUEPRINT, site(nginx=DEBIAN))
    for without in (site(), site(nginx=DEBIAN, limits=off)):
        files = render(BLUEPRINT, without)
        assert not {"inspection.conf", "modsecurity.conf"} & set(files)
        assert "modsecurity" not in "".join(files.values())


def test_websockets_never_pass_the_waf():
    files = render(BLUEPRINT, site(nginx=DEBIAN))

    assert "location = /collaboration" not in files["inspection.conf"]
    assert ["proxy_buffering", "off"] in block(files, "routes.conf", "location ^~ /collaboration/")


def test_replicas_are_balanced_as_the_routes_say():
    addresses = {**site().upstreams, ("collaboration", "websocket"): ("127.0.0.1:1", "127.0.0.1:2", "[::1]:3")}
    files = render(BLUEPRINT, site(upstreams=addresses))

    collaboration = block(files, "upstreams.conf", "upstream collaboration-websocket")
    assert [words[1] for words in collaboration if words[0] == "server"] == ["127.0.0.1:1", "127.0.0.1:2", "[::1]:3"]
    assert ["hash", "$document", "consistent"] in collaboration
    assert ["least_conn"] in block(files, "upstreams.conf", "upstream document-http")


def test_routes_that_contradict_each_other_or_lead_nowhere_are_refused():
    with pytest.raises(ValueError, match="has no address"):
        render(BLUEPRINT, site(upstreams={}))
    websocket = next(route for route in BLUEPRINT.routes if route.websocket)
    contrary = replace(websocket, name="other", path="/other", balance="least-connections")
    with pytest.raises(ValueError, match="other balances collaboration-websocket in another way"):
        render(replace(BLUEPRINT, routes=(*BLUEPRINT.routes, contrary)), site())


def test_http_2_is_asked_for_in_the_words_of_each_version():
    tls = Tls(Path("/tls/server.pem"), Path("/tls/server.key"))
    new = render(BLUEPRINT, site(tls=tls))["nginx.conf"]
    old = render(BLUEPRINT, site(tls=tls, nginx=DEBIAN))["nginx.conf"]
    none = render(BLUEPRINT, site(tls=tls, nginx=replace(WHEEL, modules=frozenset())))["nginx.conf"]

    assert "listen 127.0.0.1:8080 ssl;\n        http2 on;" in new
    assert "listen 127.0.0.1:8080 ssl http2;" in old
    assert "http2 on" not in old
    assert "http2" not in none
    assert "http2" not in render(BLUEPRINT, site())["nginx.conf"]


def test_what_a_build_of_nginx_lacks_is_not_asked_of_it():
    assert "stub_status" not in render(BLUEPRINT, site())["nginx.conf"]
    assert "gzip_static" not in render(BLUEPRINT, site())["static.conf"]
    debian = render(BLUEPRINT, site(nginx=DEBIAN))
    assert "stub_status;" in debian["nginx.conf"]
    assert "gzip_static on;" in debian["static.conf"]


def test_limits_are_the_environments():
    limits = changed(
        Environment().gateway, request_rate_per_s=7, request_burst=3, sign_in_rate_per_min=4, max_body_bytes=5000,
        user_rate_per_s=6, user_burst=9, heavy_rate_per_min=2,
    )  # fmt: skip
    environment = changed(Environment(), gateway=limits)
    files = render(derive("test", environment), site(limits=limits))

    assert "zone=api:8m rate=7r/s;" in files["nginx.conf"]
    assert "zone=sign-in:2m rate=4r/m;" in files["nginx.conf"]
    assert "zone=user:8m rate=6r/s;" in files["nginx.conf"]
    assert "zone=heavy:2m rate=2r/m;" in files["nginx.conf"]
    assert "limit_req zone=user burst=9 nodelay;" in files["answering.conf"]
    assert "limit_req zone=heavy burst=1 nodelay;" in files["answering.conf"]
    assert '"address:auth-sign-in" 15;' in files["maps.conf"]
    assert '"user:document-import" 30;' in files["maps.conf"]
    assert words(policy_of(files, "auth-sign-in")) == ["auth-sign-in", '"address";q=4;w=60']
    assert words(policy_of(files, "documents")) == ["documents", '"address";q=7;w=1, "user";q=6;w=1']
    assert words(policy_of(files, "document-import")) == ["document-import", '"address";q=7;w=1, "user";q=2;w=60']
    assert "limit_req zone=api burst=3 nodelay;" in files["routes.conf"]
    assert "limit_req zone=sign-in burst=3 nodelay;" in files["routes.conf"]
    assert "client_max_body_size 5000;" in files["routes.conf"]


def policy_of(files: Mapping[str, str], route: str) -> str:
    table = files["maps.conf"].split("map $route $limit_policy {\n", 1)[1].split("\n}\n", 1)[0]
    return next(line.strip().rstrip(";") for line in table.splitlines() if line.split()[0] == route)


def test_one_sign_in_a_minute_needs_no_burst():
    """nginx takes no ``burst=0``."""
    limits = changed(Environment().gateway, sign_in_rate_per_min=1)
    assert "limit_req zone=sign-in;" in render(BLUEPRINT, site(limits=limits))["routes.conf"]


def test_every_listening_address_is_written_as_nginx_wants_it():
    text = render(BLUEPRINT, site(listen=(("127.0.0.1", 80), ("::1", 80), ("localhost", 81))))["nginx.conf"]

    assert re.findall(r"listen (\S+);", text)[:3] == ["127.0.0.1:80", "[::1]:80", "localhost:81"]


@pytest.mark.parametrize(
    "change",
    [
        {"web_root": Path("/srv/$HOME")},
        {"public_url": "http://a$b", "tls": Tls(Path("/a"), Path("/b"))},
        {"run_directory": Path("/srv/a\nb")},
        {"access_log": "/var/log/a\x00"},
    ],
)
def test_what_nginx_cannot_write_down_is_refused(change: dict[str, Any]):
    with pytest.raises(UnquotableError, match="cannot stand in nginx's configuration"):
        render(BLUEPRINT, site(**change))


def test_values_are_one_word_whatever_they_hold():
    folder = """/srv/a b; }"'\\ {"""
    files = render(BLUEPRINT, site(web_root=Path(folder), error_log=f"{folder}/error.log"))

    assert words(files["static.conf"].split("\n")[1].rstrip(";")) == ["root", folder]
    error_log = next(line for line in files["nginx.conf"].splitlines() if line.startswith("error_log"))
    assert words(error_log.rstrip(";")) == ["error_log", f"{folder}/error.log", "error"]


def test_the_error_page_fits_into_nginx_and_shows_the_name_as_it_is():
    text = render(BLUEPRINT, site(name="<$>&'\"" * 10))["problems.conf"]
    page = text.split("return 200 ")[2].rsplit(";\n}", 1)[0]

    assert len(page.encode()) < 4000  # nginx takes no word of 4,096 bytes
    assert "&lt;&#36;&gt;&amp;&#39;&#34;" in page
    assert "<script" not in page


def test_the_policy_names_where_files_are_when_that_is_elsewhere():
    store = "https://files.s3.eu-central-1.amazonaws.com"
    files = render(BLUEPRINT, replace(site(), file_origins=(store,)))
    policy = next(line for line in files["maps.conf"].splitlines() if "default-src 'self'" in line)

    assert f"connect-src 'self' $websocket_origin {store}; img-src 'self' data: blob: {store};" in policy
    assert policy.count(store) == 2
    for wrong in ("https://a.example/path", "https://a.example; script-src *", "a.example", "https://"):
        with pytest.raises(ValueError, match="is not an origin"):
            replace(site(), file_origins=(wrong,))


def test_the_policy_allows_the_error_pages_style_and_nothing_inline_beside():
    policy = next(line for line in render(BLUEPRINT, site())["maps.conf"].splitlines() if "default-src 'self'" in line)

    assert "unsafe" not in policy
    assert policy.count("sha256-") == 1


def test_problems_can_stand_in_json_and_in_nginx():
    assert len({problem.status for problem in PROBLEMS}) == len(PROBLEMS)
    for problem in PROBLEMS:
        assert re.fullmatch(r"[a-z-]+", problem.slug)
        assert not re.search(r'["\\$\']', problem.title + problem.detail)


def test_tickets_have_no_way_into_a_log():
    files = render(BLUEPRINT, site())
    log_format = files["nginx.conf"].split("log_format", 1)[1].split(";\n", 1)[0]

    assert not re.search(r"\$(request|request_uri|args|query_string|http_referer|is_args)\b", log_format)
    for _, path in (("=", "/collaboration"), ("^~", "/collaboration/")):
        opening = f"location {'=' if path[-1] != '/' else '^~'} {path}"
        assert ["error_log", "stderr", "emerg"] in block(files, "routes.conf", opening)


def test_a_prefix_without_a_slash_is_a_path_and_what_is_below_it():
    route = replace(BLUEPRINT.routes[0], match="prefix", path="/a/b")
    assert locations(route) == (("=", "/a/b"), ("^~", "/a/b/"))
    assert locations(replace(route, path="/a/b/")) == (("^~", "/a/b/"),)
    assert locations(replace(route, match="exact")) == (("=", "/a/b"),)


def test_what_is_refused_never_shadows_a_route():
    routes = route_table(Environment())
    refused = refused_locations(routes)

    assert not set(refused) & {location for route in routes for location in locations(route)}
    assert {("^~", "/api/"), ("=", "/api/collaboration"), ("^~", "/internal/"), ("=", "/metrics")} <= set(refused)


def test_only_what_is_the_same_for_everyone_can_be_cached():
    with pytest.raises(ValueError, match="cannot be cached"):
        Route(name="x", match="exact", path="/x", component="auth", cache_s=1, max_body_bytes=1)


def test_a_log_folder_that_modsecurity_cannot_read_turns_its_log_off_and_nothing_else():
    spaced = render(BLUEPRINT, site(nginx=DEBIAN, log_directory=Path("/my logs")))["modsecurity.conf"]
    plain = render(BLUEPRINT, site(nginx=DEBIAN))["modsecurity.conf"]

    assert "SecAuditEngine Off" in spaced
    assert "SecRuleEngine On" in spaced
    assert "SecAuditLog /run/log/waf-audit.log" in plain
    assert "SecAuditLogParts AHZ" in plain
