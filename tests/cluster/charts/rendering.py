"""Charts made into manifests by the real helm."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, cast

import msgspec

from tests.cluster.node import helm

CHARTS = Path(__file__).parents[3] / "charts"
NAMES = ("datastores", "services", "web", "gateway")
NAMESPACE = "collab-test"
HELM_TIMEOUT_S = 60

Values = dict[str, Any]
Manifest = dict[str, Any]


class RefusedError(Exception):
    """Helm does not make manifests of these values; the message is what it says."""


def run_helm(*arguments: str, values: Values | None = None) -> str:
    """Standard output of helm, given ``values`` as a file. Raises :class:`RefusedError`."""
    given = ("--values", "-") if values is not None else ()
    done = subprocess.run(
        [str(helm()), *arguments, *given],
        input=json.dumps(values or {}),
        capture_output=True,
        text=True,
        check=False,
        timeout=HELM_TIMEOUT_S,
    )
    if done.returncode:
        raise RefusedError(done.stdout + done.stderr)
    return done.stdout


def render(chart: str, values: Values, *options: str, namespace: str = NAMESPACE) -> list[Manifest]:
    """The manifests of one chart. Raises :class:`RefusedError`."""
    text = run_helm("template", "collab", str(CHARTS / chart), "--namespace", namespace, *options, values=values)
    documents = (msgspec.yaml.decode(part) for part in f"\n{text}".split("\n---\n"))
    return [document for document in documents if document]


def merged(*layers: Values) -> Values:
    """Values as Helm merges them: maps by key, all else replaced by the later."""
    result: Values = {}
    for layer in layers:
        for key, value in layer.items():
            both = isinstance(value, dict) and isinstance(result.get(key), dict)
            result[key] = merged(result[key], cast("Values", value)) if both else value
    return result
