"""What others write into the charts' values finds what the charts make: addresses, files and the target's releases."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import cast

import pytest

from collab_platform.blueprint import derive
from collab_platform.environment import Environment
from collab_platform.gateway.container import gateway_files, web_files
from tests.cluster.charts.cases import CASES
from tests.cluster.charts.judging import judge
from tests.cluster.charts.objects import name_of, of_kind, one
from tests.cluster.charts.rendering import CHARTS, Manifest, RefusedError, Values, merged, render

SERVER = re.compile(r"^\s*server ([a-z0-9-]+):(\d+)", re.MULTILINE)
REPLICAS = 3


def services(manifests: list[Manifest]) -> set[tuple[str, int]]:
    return {
        (name_of(service), port["port"])
        for service in of_kind(manifests, "Service")
        for port in service["spec"]["ports"]
    }


@pytest.mark.parametrize("inside", [True, False])
def test_the_gateways_upstreams_are_services(inside: bool) -> None:
    environment = Environment()
    files = gateway_files(
        derive("any", environment),
        public_url="https://docs.example.org",
        site_name="collab",
        limits=environment.gateway,
        inside_tls=inside,
        collaboration_slots=REPLICAS,
        serve_tls=True,
        client_ca=False,
        trusted_proxies=(),
        client_address_header="X-Forwarded-For",
        drain_s=10,
    )
    asked = {(host, int(port)) for text in files.values() for host, port in SERVER.findall(text)}
    made = services(
        [
            *render("web", CASES["defaults"]["web"]),
            *render("datastores", CASES["defaults"]["datastores"]),
            *render(
                "services",
                merged(CASES["defaults"]["services"], {"services": {"collaboration": {"replicas": REPLICAS}}}),
            ),
        ]
    )
    assert len(asked) >= REPLICAS + 3
    assert asked <= made
    manifests = render("gateway", merged(CASES["defaults"]["gateway"], {"files": files}))
    assert judge(manifests) == ""
    assert one(manifests, "ConfigMap", "gateway-config")["data"].items() >= files.items()


def test_the_editors_configuration_arrives_whole() -> None:
    environment = Environment()
    files = web_files(
        derive("any", environment),
        public_url="https://docs.example.org",
        site_name="collab",
        limits=environment.gateway,
    )
    manifests = render("web", merged(CASES["defaults"]["web"], {"files": files}))
    assert one(manifests, "ConfigMap", "web-config")["data"].items() >= files.items()


@pytest.mark.parametrize(
    ("chart", "files"),
    [
        ("gateway", ["nginx.conf"]),
        ("web", ["nginx.conf"]),
        ("datastores", ["postgresql.conf", "pg_hba.conf", "valkey.conf"]),
    ],
)
def test_without_files_given_the_charts_own_are_taken(chart: str, files: list[str], tmp_path: Path) -> None:
    copy = tmp_path / chart
    shutil.copytree(CHARTS / chart, copy, ignore=shutil.ignore_patterns("files"))
    values = _without_files(CASES["defaults"][chart])
    with pytest.raises(RefusedError, match="no configuration: set "):
        render(str(copy), values)
    (copy / "files").mkdir()
    for name in files:
        (copy / "files" / name).write_text(f"# {name}\n")
    found = [data for each in of_kind(render(str(copy), values), "ConfigMap") for data in each["data"].items()]
    assert sorted(found) == sorted((name, f"# {name}\n") for name in files)


def _without_files(values: Values) -> Values:
    kept = {key: value for key, value in values.items() if key != "files"}
    return {
        key: _without_files(cast("Values", value)) if isinstance(value, dict) else value for key, value in kept.items()
    }
