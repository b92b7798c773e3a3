"""The gateway and the editor's server as their images run them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from collab_platform.blueprint import derive
from collab_platform.environment import Environment
from collab_platform.gateway import TrustedProxies
from collab_platform.gateway.container import gateway_files, web_files

ENVIRONMENT = Environment()
BLUEPRINT = derive("test", ENVIRONMENT)
INSIDE = ("127.0.0.2:8082", "127.0.0.3:8082")


def files(**changes: Any) -> dict[str, str]:
    given: dict[str, Any] = {
        "public_url": "https://docs.example.org",
        "site_name": "Pens & Paper",
        "limits": ENVIRONMENT.gateway,
        "inside_tls": True,
        "collaboration_slots": 3,
        "serve_tls": False,
        "client_ca": False,
        "trusted_proxies": (),
        "client_address_header": "X-Forwarded-For",
        "drain_s": 20,
    }
    return gateway_files(BLUEPRINT, **given | changes)


def test_every_file_that_is_included_is_there():
    for found in (files(), web_files(BLUEPRINT, public_url="https://a", site_name="a", limits=ENVIRONMENT.gateway)):
        included = {name for text in found.values() for name in re.findall(r"^\s*include (\S+);", text, re.MULTILINE)}
        assert included <= set(found)


def test_services_are_asked_for_by_name_and_each_has_to_prove_its_own():
    found = files()
    assert "proxy_ssl_verify on;" in found["nginx.conf"]
    assert "proxy_ssl_trusted_certificate /run/trust/ca.crt;" in found["nginx.conf"]
    answering = found["routes.conf"] + found["inspection.conf"] + found["answering.conf"] + found["verify.conf"]
    passed = re.findall(r"proxy_ssl_name (\w+);(?:(?!proxy_pass)[\s\S])*proxy_pass https://(\w+)-\w+[/;]", answering)
    assert {name for name, _ in passed} == {"auth", "user", "document", "collaboration", "seaweedfs"}
    assert all(name == upstream for name, upstream in passed)
    assert not re.findall(r"proxy_pass http://(?!inspection|answering)", answering)
    assert "proxy_ssl" not in "".join(files(inside_tls=False).values())


def test_documents_are_hashed_over_every_slot_and_all_may_be_asked():
    found = files(collaboration_slots=4)
    assert re.findall(r"server (collaboration\S+) max_fails=1", found["upstreams.conf"]) == [
        f"collaboration-{slot}:8081" for slot in range(4)
    ]
    assert found["upstreams.conf"].count("server auth:8080 max_fails=0;") == 3
    assert found["routes.conf"].count("proxy_next_upstream_tries 0;") == 2


def listening(found: dict[str, str]) -> list[str]:
    return re.findall(r"listen ([^;]+);", found["nginx.conf"])


def test_what_is_listened_on():
    assert listening(files()) == ["0.0.0.0:8080", *INSIDE, "0.0.0.0:8082"]
    assert listening(files(serve_tls=True)) == ["0.0.0.0:8443 ssl", "0.0.0.0:8080", *INSIDE, "0.0.0.0:8082"]


def test_nothing_is_written_outside_the_volumes():
    for found in (files(), web_files(BLUEPRINT, public_url="https://a", site_name="a", limits=ENVIRONMENT.gateway)):
        text = found["nginx.conf"] + found.get("modsecurity.conf", "")
        written = re.findall(
            r"^\s*(?:pid|\w+_temp_path|proxy_cache_path|access_log|error_log|SecAuditLog) (\S+?)[; ]", text + "\n",
            re.MULTILINE,
        )  # fmt: skip
        assert len(written) > 5
        assert all(
            re.match(
                r"/run/collab/|/run/verdicts/|/var/cache/collab$|/dev/stdout$|stderr$|off$|syslog:server=127\.0\.0\.1:",
                path,
            )
            for path in written
        )
        assert not re.search(r"^user ", text, re.MULTILINE)
    assert "SecAuditLog /dev/stdout\n" in files()["modsecurity.conf"]


def test_whom_to_believe_and_whom_to_ask_for_a_certificate():
    found = files(
        serve_tls=True,
        client_ca=True,
        trusted_proxies=("173.245.48.0/20", "2400:cb00::/32"),
        client_address_header="CF-Connecting-IP",
    )
    text = found["nginx.conf"]
    assert re.findall(r"set_real_ip_from ([^;]+);", text) == ["173.245.48.0/20", "2400:cb00::/32"]
    assert "real_ip_header CF-Connecting-IP;" in text
    assert "ssl_client_certificate /run/client-ca/ca.crt;" in text
    assert "ssl_verify_client on;" in text
    assert "worker_shutdown_timeout 20s;" in text
    assert "real_ip_header" not in files()["nginx.conf"]


def test_what_cannot_be_a_network_a_header_or_asked_without_tls_is_refused():
    with pytest.raises(ValueError, match="10"):
        TrustedProxies(("10.0.0.1/8",))
    with pytest.raises(ValueError, match="not the name of a header"):
        TrustedProxies(("10.0.0.0/8",), "X; off")
    with pytest.raises(ValueError, match="only be asked for certificates over TLS"):
        files(client_ca=True)


def test_the_editors_server_has_its_files_and_the_same_headers():
    found = web_files(BLUEPRINT, public_url="https://docs.example.org", site_name="a", limits=ENVIRONMENT.gateway)
    assert found["security-headers.conf"] == files()["security-headers.conf"]
    assert "root /srv/www;" in found["static.conf"]
    assert "static.conf" not in files()
    assert "proxy_pass" not in "".join(found.values())
    assert "modsecurity" not in "".join(found.values())
