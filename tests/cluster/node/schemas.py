"""JSON schemas of every Kubernetes kind for kubeconform, which would otherwise fetch them from the network.

They are made of the OpenAPI description in the pinned Kubernetes module. As in the schemas that kubeconform's authors
publish as strict, a property that is not described is an error.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

from tests.containers.base import caches

from . import toolchain

DESCRIPTION = Path("api", "openapi-spec", "swagger.json")
LOCATION = "{{.ResourceKind}}{{.KindSuffix}}.json"
PREFIX = "#/definitions/"
FREE = {
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
    "io.k8s.apimachinery.pkg.api.resource.Quantity": {"oneOf": [{"type": "string"}, {"type": "number"}]},
}
"""What OpenAPI calls strings, and the API server also reads as numbers."""
WRITE_TIMEOUT_S = 300


def schema_location() -> str:
    """For ``kubeconform -strict -schema-location``; written on first use.

    :raises Unavailable: there is no Go to have the module with.
    """

    def write(directory: Path) -> None:
        described = json.loads((toolchain.source_of("kubernetes", "k8s.io/kubernetes") / DESCRIPTION).read_text())
        for name, schema in schemas(described["definitions"]).items():
            (directory / name).write_text(json.dumps(schema))

    name = caches.key([toolchain.kubernetes_version(), Path(__file__).read_text()])
    return str(caches.made_once("schemas", name, write, timeout_s=WRITE_TIMEOUT_S) / LOCATION)


def schemas(definitions: dict[str, Any]) -> dict[str, Any]:
    """A schema for every kind, complete in itself, by the file name that kubeconform looks for."""
    strict = {name: FREE.get(name) or _strict(definition) for name, definition in definitions.items()}
    found: dict[str, Any] = {}
    for name, definition in definitions.items():
        for kind in definition.get("x-kubernetes-group-version-kind", []):
            group = str(kind["group"]).split(".")[0]
            parts = [kind["kind"], *([group] if group else []), kind["version"]]
            schema = {"$ref": PREFIX + name, "definitions": {used: strict[used] for used in _closure(name, strict)}}
            found["-".join(parts).lower() + ".json"] = schema
    return found


def _strict(definition: dict[str, Any]) -> dict[str, Any]:
    closed = {key: value for key, value in definition.items() if not key.startswith("x-") and key != "description"}
    if "properties" in closed:
        properties = {name: _strict(value) for name, value in closed["properties"].items()}
        closed |= {"properties": properties, "additionalProperties": False}
    return closed


def _closure(name: str, definitions: dict[str, Any]) -> set[str]:
    wanted, seen = [name], set[str]()
    while wanted:
        if (one := wanted.pop()) not in seen:
            seen.add(one)
            wanted += _references(definitions[one])
    return seen


def _references(schema: Any) -> list[str]:
    if isinstance(schema, list):
        return [found for value in cast("list[Any]", schema) for found in _references(value)]
    if not isinstance(schema, dict):
        return []
    mapping = cast("dict[str, Any]", schema)
    own = [mapping["$ref"].removeprefix(PREFIX)] if isinstance(mapping.get("$ref"), str) else []
    return own + [found for value in mapping.values() for found in _references(value)]
