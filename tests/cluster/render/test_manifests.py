"""Manifests of every option: what the API server would take, what the policies allow, and no secret in any of them."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from collab_platform.components.policies import check_all, from_manifest
from collab_platform.errors import CollabError
from collab_platform.targets.kubernetes.render import Rendering
from tests.cluster.node import kubeconform, schema_location
from tests.cluster.render.conftest import Project
from tests.unit.kubernetes.installations import GIVEN, OPTIONS

# Custom resources, whose schemas are their operators'.
FOREIGN = (
    "Cluster",
    "ExternalSecret",
    "HTTPRoute",
    "PodMonitor",
    "Probe",
    "PrometheusRule",
    "ServiceMonitor",
)


Rendered = Callable[[str], tuple[Project, Rendering]]


def manifests(rendering: Rendering) -> list[dict[str, Any]]:
    texts = [text for name, text in rendering.files.items() if name[0].isdigit()]
    return [each for text in texts for each in yaml.safe_load_all(text)]


def named(found: list[dict[str, Any]], kind: str) -> dict[str, dict[str, Any]]:
    return {each["metadata"]["name"]: each for each in found if each["kind"] == kind}


@pytest.mark.parametrize("option", OPTIONS)
def test_the_api_server_would_take_them(option: str, rendered: Rendered) -> None:
    text = "".join(text for name, text in rendered(option)[1].files.items() if name[0].isdigit())
    judge(text)


def judge(text: str) -> None:
    judged = subprocess.run(
        [str(kubeconform()), "-strict", "-skip", ",".join(FOREIGN), "-schema-location", schema_location(), "-"],
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert judged.returncode == 0, judged.stdout + judged.stderr


@pytest.mark.parametrize("option", OPTIONS)
def test_no_secret_is_in_them(option: str, rendered: Rendered) -> None:
    project, rendering = rendered(option)
    assert rendering.secrets == ""
    assert not [each for each in manifests(rendering) if each["kind"] == "Secret" and "data" in each]
    if option.startswith("external"):
        assert not project.state.exists()
        return
    values = [*project.values(), *GIVEN.values()]
    assert len(values) > 10
    everything = "".join(rendering.files.values())
    for value in values:
        assert value not in everything
        assert base64.b64encode(value.encode()).decode() not in everything


@pytest.mark.parametrize("option", OPTIONS)
def test_what_pods_mount_is_there(option: str, rendered: Rendered) -> None:
    """Every Secret and ConfigMap that a pod names is rendered or listed in README.md."""
    _, rendering = rendered(option)
    found = manifests(rendering)
    maps, listed = named(found, "ConfigMap"), rendering.files["README.md"]
    secrets = named(found, "ExternalSecret") | named(found, "Secret")
    pods = [each["spec"]["template"]["spec"] for each in found if "template" in each.get("spec", {})]
    assert len(pods) >= 6
    for volume in [volume for pod in pods for volume in pod["volumes"]]:
        if "secret" in volume:
            name = volume["secret"]["secretName"]
            assert name in secrets or f"| `{name}` |" in listed, name
            line = next((line for line in listed.splitlines() if line.startswith(f"| `{name}` |")), None)
            keys: list[str] = [entry["key"] for entry in volume["secret"].get("items", [])]
            assert line is None or all(key in line for key in keys)
        if "configMap" in volume:
            name = volume["configMap"]["name"]
            assert name in maps
            assert {entry["key"] for entry in volume["configMap"].get("items", [])} <= set(maps[name]["data"])


@pytest.mark.parametrize("option", OPTIONS)
def test_every_connection_leads_to_a_service_and_through_both_policies(option: str, rendered: Rendered) -> None:
    found = manifests(rendered(option)[1])
    services = named(found, "Service")
    if option == "CloudNativePG":
        services["postgresql-rw"] = {}
    containers = [
        container
        for each in found
        if each["kind"] in {"Deployment", "StatefulSet"}
        for container in each["spec"]["template"]["spec"]["containers"]
    ]
    urls = [
        entry["value"]
        for container in containers
        for entry in container.get("env", [])
        if entry["name"].endswith(("_URL", "_ENDPOINT")) and entry["name"] != "COLLAB_PUBLIC_URL"
    ]
    assert len(urls) >= 12
    for url in urls:
        host = url.partition("://")[2].rpartition("@")[2].partition(":")[0].partition("/")[0]
        assert host in services or "." in host, url
    policies = named(found, "NetworkPolicy")
    if option == "no policies":
        assert not policies
        return
    assert policies["default-deny"]["spec"]["podSelector"] == {}
    assert {"auth", "user", "document", "collaboration", "gateway", "web", "migrate"} <= set(policies)


def test_secrets_are_written_where_they_are_asked_for(project: Project) -> None:
    project.configure("built-in")
    rendering = project.render(include_secrets=True)
    judge(rendering.secrets)
    found = list(yaml.safe_load_all(rendering.secrets))
    values = {base64.b64decode(text).decode().strip() for each in found for text in each["data"].values()}
    made = set(project.values())
    authority = (project.state / "pki" / "authority.key").read_text().strip()
    assert made - values == {authority}, "all but the authority's own key, which never leaves the state directory"
    assert all(f"| `{each['metadata']['name']}` |" in rendering.files["README.md"] for each in found)


def test_what_the_operator_gives_is_written_there_and_starts_auth_anew(project: Project) -> None:
    project.configure("mail and providers")
    rendering = project.render(include_secrets=True)
    judge(rendering.secrets)
    found = {each["metadata"]["name"]: each["data"] for each in yaml.safe_load_all(rendering.secrets)}
    texts = {key: base64.b64decode(text).decode() for key, text in found["auth-secrets"].items()}
    assert texts["smtp-password"] == GIVEN["smtp"]
    assert {entry["id"]: entry["client_secret"] for entry in json.loads(texts["oidc-providers"])} == {
        name: GIVEN[name] for name in ("corp", "lab")
    }
    assert not [name for name, data in found.items() if name != "auth-secrets" and "smtp-password" in data]

    first = named(manifests(rendering), "Deployment")
    (project.root / "secrets" / "smtp").write_text("another\n")
    second = named(manifests(project.render()), "Deployment")
    assert {name for name in first if first[name] != second[name]} == {"auth"}
    (project.root / "secrets" / "smtp").unlink()
    with pytest.raises(CollabError, match=r"mail\.smtp_password_file: .* cannot be read"):
        project.render()


def test_auth_is_let_out_to_mail_and_providers_alone(rendered: Rendered) -> None:
    def ports(option: str) -> list[int]:
        policy = named(manifests(rendered(option)[1]), "NetworkPolicy")["auth"]
        rules = [rule for rule in policy["spec"]["egress"] if any("ipBlock" in peer for peer in rule.get("to", []))]
        return [port["port"] for rule in rules for port in rule["ports"] if port["port"] != 53]  # names

    assert ports("built-in") == []
    assert ports("mail and providers") == [443, 587, 8443]


def test_rendering_again_writes_the_same(project: Project) -> None:
    project.configure("autoscaling")
    assert project.render(include_secrets=True) == project.render(include_secrets=True)


def test_a_new_release_has_a_new_migration_and_pods_that_notice_new_secrets(project: Project) -> None:
    project.configure("built-in")
    first = manifests(project.render())
    (project.state / "secrets" / "postgresql-auth").unlink()
    second = manifests(project.render())
    (before,), (after,) = named(first, "Job"), named(second, "Job")
    assert before != after
    changed = {
        name
        for kind in ("Deployment", "StatefulSet")
        for name, each in named(first, kind).items()
        if each != named(second, kind)[name]
    }
    assert changed == {"auth"}


@pytest.mark.parametrize("option", OPTIONS)
def test_the_policies_hold(option: str, rendered: Rendered) -> None:
    assert check_all(from_manifest(each) for each in manifests(rendered(option)[1])) == ()
