"""kubeconform, offline, for Kubernetes' own kinds and the Gateway API's; and what a "restricted" pod is."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, cast

import msgspec

from tests.cluster.charts.objects import Pod, containers
from tests.cluster.charts.rendering import Manifest
from tests.cluster.node import kubeconform, schema_location
from tests.cluster.node.toolchain import source_of
from tests.containers.base import caches

DEFINITIONS = Path("config", "crd", "standard")
CRD = "gateway.networking.k8s.io_httproutes.yaml"
TIMEOUT_S = 120


def judge(manifests: list[Manifest]) -> str:
    """What kubeconform finds wrong; nothing if all is right."""
    locations = (schema_location(), gateway_schema_location())
    done = subprocess.run(
        [str(kubeconform()), "-strict", *(f"-schema-location={location}" for location in locations), "-"],
        input="\n---\n".join(json.dumps(manifest) for manifest in manifests),
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )
    said = done.stdout + done.stderr
    return said or ("" if done.returncode == 0 else f"exit {done.returncode}")


def gateway_schema_location() -> str:
    """Schemas made of the definition that the Gateway API's module brings; written on first use."""
    source = source_of("gateway-api", "sigs.k8s.io/gateway-api") / DEFINITIONS / CRD

    def write(directory: Path) -> None:
        definition = msgspec.yaml.decode(source.read_bytes())["spec"]
        for version in definition["versions"]:
            name = f"{definition['names']['kind']}-{definition['group'].split('.')[0]}-{version['name']}.json"
            (directory / name.lower()).write_text(json.dumps(_closed(version["schema"]["openAPIV3Schema"])))

    name = caches.key([source.read_bytes(), Path(__file__).read_bytes()])
    return str(caches.made_once("schemas", f"gateway-api-{name}", write, timeout_s=TIMEOUT_S)) + (
        "/{{.ResourceKind}}{{.KindSuffix}}.json"
    )


def _closed(schema: Any, *, top: bool = True) -> Any:
    """Nothing but what is described, as the API server prunes what is not."""
    if isinstance(schema, list):
        return [_closed(one, top=False) for one in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    mapping = {key: _closed(value, top=False) for key, value in cast("dict[str, Any]", schema).items()}
    described = mapping.get("type") == "object" and "properties" in mapping
    if described and top:
        mapping["properties"]["metadata"] = {"type": "object"}
    return mapping | ({"additionalProperties": False} if described else {})


def unrestricted(pod: Pod) -> list[str]:
    """Where a pod falls short of Pod Security "restricted", and of what we ask beyond it."""
    spec = pod["spec"]
    wanted = {
        "runAsNonRoot": True,
        "runAsUser": 10001,
        "runAsGroup": 10001,
        "fsGroup": 10001,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    wrong = [] if spec["securityContext"] == wanted else ["securityContext"]
    wrong += [key for key in ("automountServiceAccountToken", "enableServiceLinks") if spec.get(key) is not False]
    wrong += [key for key in ("hostNetwork", "hostPID", "hostIPC", "hostUsers") if key in spec]
    allowed = {"name", "emptyDir", "secret", "configMap"}
    for volume in spec["volumes"]:
        wrong += [f"volume {volume['name']}: {key}" for key in volume.keys() - allowed]
        if "emptyDir" in volume and not volume["emptyDir"].get("sizeLimit"):
            wrong.append(f"volume {volume['name']} without a limit")
    for container in containers(pod):
        own = {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "privileged": False,
            "readOnlyRootFilesystem": True,
        }
        if container.get("securityContext") != own:
            wrong.append(f"container {container['name']}: securityContext")
        if any("hostPort" in port for port in container.get("ports", [])):
            wrong.append(f"container {container['name']}: hostPort")
        resources = container.get("resources", {})
        wrong += [
            f"container {container['name']}: {kind}.{key}"
            for kind in ("requests", "limits")
            for key in ("cpu", "memory")
            if not resources.get(kind, {}).get(key)
        ]
    return wrong
