"""checkov, a static analyser, in an environment of its own: it wants versions of libraries that we do not."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

from tests.cluster.charts.rendering import Manifest
from tests.containers.base import Unavailable, caches

HERE = Path(__file__).parent / "checkov"
INSTALL_TIMEOUT_S = 900
RUN_TIMEOUT_S = 300


def findings(manifests: list[Manifest], directory: Path) -> tuple[int, list[str]]:
    """How many checks passed, and what failed as ``CHECK: object: what it asks for``.

    :raises Unavailable: there is no registry to install checkov from.
    """
    listed = {"apiVersion": "v1", "kind": "List", "items": manifests}
    file = directory / "manifests.json"
    file.write_text(json.dumps(listed))
    done = subprocess.run(
        [str(_python()), "-m", "checkov.main", "--config-file", str(HERE / "config.yaml"), "--file", str(file)],
        capture_output=True,
        text=True,
        check=False,
        timeout=RUN_TIMEOUT_S,
        cwd=directory,
    )
    assert done.returncode in {0, 1}, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    assert report["summary"]["parsing_errors"] == 0
    failed = [
        f"{check['check_id']}: {check['resource']}: {check['check_name']}"
        for check in report["results"]["failed_checks"]
    ]
    return report["summary"]["passed"], failed


def _python() -> Path:
    requirements = HERE / "requirements.txt"
    name = f"checkov-{caches.key([sys.version, requirements.read_bytes()])}"

    def install(directory: Path) -> None:
        venv.create(directory, with_pip=True)
        pip = [str(directory / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        done = subprocess.run(
            ["nice", "-n", "19", *pip, "--require-hashes", "--requirement", str(requirements)],
            capture_output=True,
            text=True,
            check=False,
            timeout=INSTALL_TIMEOUT_S,
        )
        if done.returncode:
            raise Unavailable(f"checkov cannot be installed: {done.stderr.strip()[-1000:]}")

    return caches.made_once("programs", name, install, timeout_s=INSTALL_TIMEOUT_S) / "bin" / "python"
