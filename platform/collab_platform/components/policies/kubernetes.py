"""Policies for Kubernetes: what a pod may be, whichever object makes it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collab_platform.components.policies.model import Declared, Policy, Properties, items, mapping

_POD_MAKERS = {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "ReplicationController"}
_TAG = re.compile(r":([A-Za-z0-9_][A-Za-z0-9_.-]{0,127})$")


def no_latest_image(declared: Declared, *, production: bool) -> Iterator[str]:
    """An image is named by its digest, or by a tag that says which one it is."""
    del production
    for container in _containers(declared):
        image = str(container.get("image", ""))
        if "@sha256:" in image:
            continue
        tag = _TAG.search(image.rpartition("/")[2])
        if tag is None or tag[1] == "latest":
            yield f"container {container.get('name')}: name a tag or digest instead of {image or 'no image'!r}"


def limits_present(declared: Declared, *, production: bool) -> Iterator[str]:
    """Every container says what it needs and how much memory it may take.

    A CPU limit is not asked for: it slows a pod down on a machine that has time to spare.
    """
    del production
    for container in _containers(declared):
        resources = mapping(container.get("resources"))
        limits, requests = mapping(resources.get("limits")), mapping(resources.get("requests"))
        missing = [f"requests.{key}" for key in ("cpu", "memory") if not requests.get(key)]
        missing += [] if limits.get("memory") else ["limits.memory"]
        if missing:
            yield f"container {container.get('name')}: set {', '.join(missing)}"


def no_privileged_pod(declared: Declared, *, production: bool) -> Iterator[str]:
    """A pod keeps to what Pod Security ``restricted`` allows, as far as one can see it in the object itself."""
    del production
    spec = _pod_spec(declared)
    if spec is None:
        return
    pod = mapping(spec.get("securityContext"))
    for share in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(share):
            yield f"remove {share}"
    for volume in items(spec.get("volumes")):
        if mapping(volume).get("hostPath") is not None:
            yield f"volume {mapping(volume).get('name')}: replace hostPath"
    for container in _containers(declared):
        own = mapping(container.get("securityContext"))
        name = f"container {container.get('name')}"
        if own.get("privileged"):
            yield f"{name}: remove privileged"
        if own.get("allowPrivilegeEscalation") is not False:
            yield f"{name}: set allowPrivilegeEscalation to false"
        if own.get("runAsNonRoot", pod.get("runAsNonRoot")) is not True:
            yield f"{name}: set runAsNonRoot"
        capabilities = mapping(own.get("capabilities"))
        if "ALL" not in items(capabilities.get("drop")):
            yield f"{name}: drop ALL capabilities"
        if set(items(capabilities.get("add"))) - {"NET_BIND_SERVICE"}:
            yield f"{name}: add no capability but NET_BIND_SERVICE"
        profile = mapping(own.get("seccompProfile") or pod.get("seccompProfile"))
        if profile.get("type") not in {"RuntimeDefault", "Localhost"}:
            yield f"{name}: set seccompProfile.type to RuntimeDefault"


def _pod_spec(declared: Declared) -> Properties | None:
    """The pod specification in an object, ``None`` where it makes no pods."""
    if not declared.type.startswith("kubernetes:"):
        return None
    kind = declared.type.rpartition(":")[2]
    spec = mapping(declared.properties.get("spec"))
    if kind == "Pod":
        return spec
    if kind == "CronJob":
        spec = mapping(mapping(spec.get("jobTemplate")).get("spec"))
    elif kind not in _POD_MAKERS:
        return None
    return mapping(mapping(spec.get("template")).get("spec"))


def _containers(declared: Declared) -> list[Properties]:
    spec = _pod_spec(declared) or {}
    return [
        mapping(container)
        for key in ("initContainers", "containers", "ephemeralContainers")
        for container in items(spec.get(key))
    ]


POLICIES: dict[str, Policy] = {
    "no-latest-image": no_latest_image,
    "limits-present": limits_present,
    "no-privileged-pod": no_privileged_pod,
}
