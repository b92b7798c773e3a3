"""What a test wants to know of manifests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.cluster.charts.rendering import Manifest

Pod = dict[str, Any]


def of_kind(manifests: list[Manifest], *kinds: str) -> list[Manifest]:
    return [manifest for manifest in manifests if manifest["kind"] in kinds]


def one(manifests: list[Manifest], kind: str, name: str) -> Manifest:
    """The object of that name, which is there once."""
    [found] = [manifest for manifest in of_kind(manifests, kind) if name_of(manifest) == name]
    return found


def name_of(manifest: Manifest) -> str:
    return manifest["metadata"]["name"]


def component_of(manifest: Manifest) -> str:
    return manifest["metadata"]["labels"]["app.kubernetes.io/name"]


def pods(manifests: list[Manifest]) -> Iterator[tuple[Manifest, Pod]]:
    """Each object that makes pods, with the template of them."""
    for manifest in of_kind(manifests, "Deployment", "StatefulSet", "Job"):
        yield manifest, manifest["spec"]["template"]


def containers(pod: Pod) -> list[dict[str, Any]]:
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]


def matches(selector: dict[str, str], labels: dict[str, str]) -> bool:
    return selector.items() <= labels.items()


def environment(container: dict[str, Any]) -> dict[str, str]:
    """The variables that have a value of their own."""
    return {entry["name"]: entry["value"] for entry in container.get("env", []) if "value" in entry}


def volumes(pod: Pod) -> dict[str, dict[str, Any]]:
    return {volume["name"]: volume for volume in pod["spec"]["volumes"]}


def mount(container: dict[str, Any], path: str) -> dict[str, Any]:
    [found] = [one for one in container["volumeMounts"] if one["mountPath"] == path]
    return found
