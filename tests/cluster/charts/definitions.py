"""Writes the shared definitions into the charts' schemas: ``python -m tests.cluster.charts.definitions``.

Helm reads one schema for a chart and follows no reference to another file, so each has a copy of what it uses.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from tests.cluster.charts.rendering import CHARTS, NAMES

PREFIX = "#/$defs/"


def shared() -> dict[str, Any]:
    return json.loads((CHARTS / "library" / "definitions.json").read_text())


def completed(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with what it refers to and it does not define itself; of what it no longer uses, nothing."""
    known = shared()
    own = {name: value for name, value in schema.get("$defs", {}).items() if name not in known}
    rest = {key: value for key, value in schema.items() if key != "$defs"}
    used: set[str] = set()
    wanted = [*references(rest), *references(own)]
    while wanted:
        if (name := wanted.pop()) not in used:
            used.add(name)
            wanted += references(known.get(name, {}))
    return {**rest, "$defs": {**own, **{name: value for name, value in known.items() if name in used}}}


def references(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for one in cast("list[Any]", value):
            yield from references(one)
    elif isinstance(value, dict):
        mapping = cast("dict[str, Any]", value)
        if isinstance(target := mapping.get("$ref"), str):
            yield target.removeprefix(PREFIX)
        for one in mapping.values():
            yield from references(one)


def schema_of(chart: str) -> Path:
    return CHARTS / chart / "values.schema.json"


if __name__ == "__main__":
    for chart in NAMES:
        path = schema_of(chart)
        path.write_text(json.dumps(completed(json.loads(path.read_text())), indent=2) + "\n")
