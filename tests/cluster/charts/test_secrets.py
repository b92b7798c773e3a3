"""Secrets and ConfigMaps: the documented names and keys, as files, and each only where it is needed."""

from __future__ import annotations

from typing import Any

import pytest

from collab_platform.blueprint import derive
from collab_platform.environment import Environment
from tests.cluster.charts.cases import CASES, SERVICES, STORES
from tests.cluster.charts.objects import component_of, containers, environment, name_of, of_kind, one, pods
from tests.cluster.charts.rendering import Manifest, merged, render

COMPONENTS = (*SERVICES, *STORES, "gateway", "web")
DOCUMENTED = {f"{name}-{what}" for name in COMPONENTS for what in ("secrets", "tls")} | {
    "bootstrap-secrets",
    "bucket-secrets",
    "gateway-client-ca",
}


def secrets(pod: dict[str, Any]) -> dict[str, set[str]]:
    """Keys by Secret; none: all of them."""
    found: dict[str, set[str]] = {}
    for volume in pod["spec"]["volumes"]:
        if source := volume.get("secret"):
            assert source["defaultMode"] == 0o440
            found[source["secretName"]] = {item["key"] for item in source.get("items", [])}
    return found


def test_only_documented_objects_are_referred_to(installed: list[Manifest]) -> None:
    rendered = {name_of(manifest) for manifest in of_kind(installed, "ConfigMap")}
    for owner, pod in pods(installed):
        assert secrets(pod).keys() <= DOCUMENTED, name_of(owner)
        maps = {volume["configMap"]["name"] for volume in pod["spec"]["volumes"] if "configMap" in volume}
        assert maps <= rendered | {"collab-trust"}, name_of(owner)
    assert of_kind(installed, "Secret") == []


def test_nothing_secret_comes_by_the_environment(installed: list[Manifest]) -> None:
    for owner, pod in pods(installed):
        for container in containers(pod):
            for entry in container.get("env", []):
                source = entry.get("valueFrom", {"fieldRef": {}})
                assert source.keys() == {"fieldRef"}, (name_of(owner), entry["name"])
            assert "envFrom" not in container
            assert "args" not in container


def test_each_component_has_the_keys_that_the_blueprint_gives_it() -> None:
    installed = [manifest for chart in ("services", "datastores") for manifest in _with_own_key(chart)]
    mounted = {component_of(owner): secrets(pod) for owner, pod in pods(installed)}
    for component in derive("any", Environment()).components:
        if component.kind != "gateway":
            keys = mounted[component.name][f"{component.name}-secrets"]
            assert keys == set(component.secrets.values()), component.name


def test_a_variable_names_the_file_that_is_mounted() -> None:
    blueprint = derive("any", Environment())
    for owner, pod in pods(_with_own_key("services")):
        if owner["kind"] == "Job":
            continue
        given = environment(pod["spec"]["containers"][0])
        for variable, key in blueprint.component(name_of(owner)).secrets.items():
            assert given[variable] == f"/run/secrets/collab/{key}"


def test_without_a_key_for_s3_nothing_is_said_of_one() -> None:
    manifests = render("services", CASES["external-stores"]["services"])
    pod = one(manifests, "StatefulSet", "collaboration")["spec"]["template"]
    given = environment(pod["spec"]["containers"][0])
    assert not given.keys() & {"COLLAB_S3_ACCESS_KEY", "COLLAB_S3_SECRET_KEY_FILE"}
    assert "s3" not in secrets(pod)["collaboration-secrets"]
    account = one(manifests, "ServiceAccount", "collaboration")
    assert "eks.amazonaws.com/role-arn" in account["metadata"]["annotations"]


@pytest.mark.parametrize("serve", [True, False])
def test_the_gateway_has_a_certificate_only_to_serve_with_it(serve: bool) -> None:
    values = merged(CASES["defaults"]["gateway"], {"tls": {"serve": serve}})
    pod = one(render("gateway", values), "Deployment", "gateway")["spec"]["template"]
    assert secrets(pod) == ({"gateway-tls": {"tls.crt", "tls.key"}} if serve else {})


def _with_own_key(chart: str) -> list[Manifest]:
    return render(chart, CASES["first-install"][chart])
