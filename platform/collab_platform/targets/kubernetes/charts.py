"""Charts into manifests: the one place that runs ``helm``, which needs neither a cluster nor a repository for it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from collab_platform.environment.files import REPOSITORY
from collab_platform.errors import CollabError, PreflightError
from collab_platform.targets.kubernetes.releases import Release

MINIMUM = (3, 14)
KUBERNETES_VERSION = "1.34.0"
"""What the charts are rendered for, whichever version helm itself was built with."""
_TIMEOUT_S = 60
_GET_IT = "Install helm 3.14 or newer (https://helm.sh/docs/intro/install/), or set COLLAB_HELM to its path."

Manifest = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Helm:
    """A helm that is new enough."""

    path: Path
    version: tuple[int, ...]


def charts_directory(root: Path) -> Path:
    """The project's charts, else those of the checkout that this code runs from."""
    return next((each / "charts" for each in (root, REPOSITORY) if (each / "charts").is_dir()), REPOSITORY / "charts")


def find_helm(variables: Mapping[str, str] = os.environ) -> Helm:
    """The helm in ``COLLAB_HELM``, else on the path. Raises :class:`PreflightError` where none is new enough."""
    chosen = variables.get("COLLAB_HELM") or shutil.which("helm", path=variables.get("PATH"))
    if not chosen:
        raise PreflightError("helm is not installed, and the charts need it", remedy=_GET_IT)
    said = _run([chosen, "version", "--template", "{{.Version}}"], given="").strip()
    number = re.match(r"v?(\d+)\.(\d+)", said)
    if not number:
        raise PreflightError(f"{chosen} does not say which helm it is", remedy=_GET_IT)
    version = tuple(int(part) for part in number.groups())
    if version < MINIMUM:
        raise PreflightError(f"{chosen} is helm {said}, which is too old for the charts", remedy=_GET_IT)
    return Helm(Path(chosen), version)


def render_release(helm: Helm, release: Release, *, charts: Path, namespace: str) -> list[Manifest]:
    """The manifests of a release, in the order in which the chart has them.

    Raises :class:`CollabError` with what helm says where a chart refuses its values.
    """
    arguments = ["template", release.name, str(charts / release.chart), "--namespace", namespace]
    arguments += ["--values", "-", "--skip-tests", "--kube-version", KUBERNETES_VERSION]
    text = _run([str(helm.path), *arguments], given=json.dumps(release.values), what=f"chart {release.chart}")
    try:
        return [each for each in yaml.safe_load_all(text) if each]
    except yaml.YAMLError as error:
        raise CollabError(f"chart {release.chart} renders no valid YAML: {error}") from None


def _run(command: list[str], *, given: str, what: str = "helm") -> str:
    """Run helm with nothing of the operator's own: no plugins, no repositories, no cluster."""
    with tempfile.TemporaryDirectory(prefix="collab-helm-") as home:
        own = {f"HELM_{kind}_HOME": f"{home}/{kind.lower()}" for kind in ("CACHE", "CONFIG", "DATA")}
        try:
            done = subprocess.run(
                command,
                input=given,
                capture_output=True,
                text=True,
                check=False,
                timeout=_TIMEOUT_S,
                env={"PATH": os.defpath, "HOME": home, "KUBECONFIG": os.devnull, **own},
            )
        except subprocess.TimeoutExpired:
            raise CollabError(f"{what}: helm did not end within {_TIMEOUT_S} s") from None
        except OSError as error:
            raise PreflightError(f"{command[0]} cannot be run: {error.strerror}", remedy=_GET_IT) from None
    if done.returncode:
        said = tuple(line for line in done.stderr.strip().splitlines() if line.strip())
        raise CollabError(
            f"{what}: helm failed (exit code {done.returncode})" + (f": {said[-1].strip()}" if said else ""),
            details=said[-25:],
        )
    return done.stdout
