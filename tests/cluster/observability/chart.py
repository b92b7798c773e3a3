"""The chart rendered by the pinned helm, and what judges it: kubeconform, promtool, the services' own registries."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, cast

import yaml

from tests.cluster.node import helm, kubeconform, schema_location, toolchain
from tests.containers.base import caches, packages

ROOT = Path(__file__).resolve().parents[3]
CHART = ROOT / "charts" / "observability"
CRDS = Path(__file__).parent / "crds"
SERVICES = ("auth", "user", "document", "collaboration")
TIMEOUT_S = 120
OPERATOR, ECK = "github.com/prometheus-operator/prometheus-operator", "github.com/elastic/cloud-on-k8s/v3"
DESCRIBED = (
    *(
        (OPERATOR, f"example/prometheus-operator-crd/monitoring.coreos.com_{kind}.yaml")
        for kind in ("podmonitors", "probes", "prometheusrules")
    ),
    (ECK, "config/crds/v1/all-crds.yaml"),
)

Manifest = dict[str, Any]


def run(*command: str | Path, text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command], input=text, capture_output=True, text=True, check=False, timeout=TIMEOUT_S
    )


def template(
    values: Mapping[str, Any] | None = None,
    *,
    namespace: str = "observability",
    chart: Path = CHART,
    file: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    files = ["--values", str(file)] if file else []
    return run(
        helm(),
        "template",
        "observability",
        chart,
        "--namespace",
        namespace,
        *files,
        "--values",
        "-",
        text=json.dumps(values or {}),
    )


def render(values: Mapping[str, Any] | None = None, **options: Any) -> list[Manifest]:
    done = template(values, **options)
    assert done.returncode == 0, done.stderr
    return [cast("Manifest", one) for one in yaml.safe_load_all(done.stdout) if one]


def of(manifests: Sequence[Manifest], kind: str) -> dict[str, Manifest]:
    """The objects of a kind, by their names."""
    return {one["metadata"]["name"]: one for one in manifests if one["kind"] == kind}


def rules(values: Mapping[str, Any] | None = None) -> list[Manifest]:
    """The groups of all rules, for a target named `collab`."""
    rendered = of(render({"target": {"namespace": "collab"}, **(values or {})}), "PrometheusRule")
    return [group for rule in rendered.values() for group in rule["spec"]["groups"]]


def alerts() -> dict[str, Manifest]:
    return {rule["alert"]: rule for group in rules() for rule in group["rules"] if "alert" in rule}


def promtool() -> Path:
    """:raises Unavailable: it is neither here nor can it be installed."""
    packages.ensure({"promtool": "prometheus"})
    found = packages.find("promtool")
    assert found is not None
    return found


def judge(manifests: Sequence[Manifest]) -> subprocess.CompletedProcess[str]:
    """kubeconform's word on the objects, custom ones by the definitions of their operators."""
    return run(
        kubeconform(),
        "-strict",
        "-schema-location",
        schema_location(),
        "-schema-location",
        _custom_schemas(),
        "-",
        text="\n---\n".join(json.dumps(one) for one in manifests),
    )


def source(module: str) -> Path:
    """:raises Unavailable: there is no Go to download it with."""
    return toolchain.source_of(str(CRDS), module)


@cache
def _custom_schemas() -> str:
    def write(directory: Path) -> None:
        for module, path in DESCRIBED:
            for definition in yaml.safe_load_all((source(module) / path).read_text()):
                if definition:
                    _write_schemas(definition, directory)

    name = caches.key([(CRDS / "go.sum").read_text(), Path(__file__).read_text()])
    return str(
        caches.made_once("schemas", f"custom-{name}", write, timeout_s=300) / "{{.ResourceKind}}{{.KindSuffix}}.json"
    )


def _write_schemas(definition: Manifest, directory: Path) -> None:
    spec = definition["spec"]
    group = spec["group"].split(".")[0]
    for version in (version for version in spec["versions"] if version["served"]):
        schema = _strict(version["schema"]["openAPIV3Schema"])
        schema["properties"]["metadata"] = {"type": "object"}
        name = f"{spec['names']['kind'].lower()}-{group}-{version['name']}.json"
        (directory / name).write_text(json.dumps(schema))


def _strict(schema: Any) -> Any:
    """A property that is not described is an error, unless the definition says that it keeps what it does not know."""
    if isinstance(schema, list):
        return [_strict(item) for item in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _strict(value) for key, value in cast("dict[str, Any]", schema).items()}
    if "properties" in closed and not closed.get("x-kubernetes-preserve-unknown-fields"):
        closed.setdefault("additionalProperties", False)
    return closed


_REGISTRY = """
import importlib, json, pkgutil, sys
from prometheus_client import REGISTRY
package = importlib.import_module(sys.argv[1])
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
found = {}
for collector, names in REGISTRY._collector_to_names.items():
    labels = list(getattr(collector, "_labelnames", ()))
    for family in collector.describe() if hasattr(collector, "describe") else collector.collect():
        samples = {"histogram": ["_bucket", "_count", "_sum"], "counter": ["_total"]}.get(family.type, [""])
        for suffix in samples:
            found[family.name + suffix] = labels + (["le"] if suffix == "_bucket" else [])
print(json.dumps(found))
"""


@cache
def exported() -> dict[str, frozenset[str]]:
    """Every metric that we export, with its labels: from the registry that `/metrics` writes out."""
    found: dict[str, frozenset[str]] = {}
    for service in (*SERVICES, "gateway"):
        done = run(sys.executable, "-c", _REGISTRY, f"collab_{service}")
        assert done.returncode == 0, done.stderr
        found |= {name: frozenset(labels) for name, labels in json.loads(done.stdout).items()}
    return found
