"""The cluster's programs, built from the Go modules pinned in ``modules/`` and cached by what they are built from.

Every ``go.sum`` is checked by the go command; nothing is downloaded but modules.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.containers.base import Unavailable, caches

MODULES = Path(__file__).parent / "modules"
PATCHED = "patched"
BUILD_TIMEOUT_S = 3000
LOCK_TIMEOUT_S = 3600
FLAGS = ("-trimpath", "-buildvcs=false", "-mod=readonly")


def programs(module: str) -> Path:
    """The directory with the programs of ``modules/<module>``, built on first use. Cold, Kubernetes takes minutes.

    :raises Unavailable: there is no Go to build with, or it cannot build the module.
    """
    source = MODULES / module
    go = _compiler()
    version = _go(go, source, "env", "GOVERSION", "GOOS", "GOARCH")
    files = sorted(path for path in source.rglob("*") if path.is_file())
    linked = _version_flags(source)
    parts = [version, *FLAGS, *linked]
    for file in files:
        parts += [str(file.relative_to(source)), file.read_text()]

    def build(directory: Path) -> None:
        flags = (*FLAGS, "-ldflags", " ".join(("-s", "-w", *linked)))
        with _patched(go, source) as complete:
            _go(go, complete, "build", *flags, "-o", f"{directory}/", *_packages(source))

    return caches.made_once("programs", f"{module}-{caches.key(parts)}", build, timeout_s=LOCK_TIMEOUT_S)


def helm() -> Path:
    """The pinned helm; where there is no Go, the one on PATH."""
    return _program("helm")


def kubeconform() -> Path:
    """The pinned kubeconform; where there is no Go, the one on PATH."""
    return _program("kubeconform")


def kubernetes_version() -> str:
    """Of the cluster, as ``v1.x.y``."""
    return _required(MODULES / "kubernetes", "k8s.io/kubernetes")


def source_of(module: str, path: str) -> Path:
    """The directory with the Go module ``path`` that ``modules/<module>`` requires.

    :raises Unavailable: there is no Go to download it with.
    """
    return Path(json.loads(_go(_compiler(), MODULES / module, "mod", "download", "-json", path))["Dir"])


@contextmanager
def _patched(go: str, source: Path) -> Generator[Path]:
    """The module with what its go.mod replaces by ``./patched/<name>``: the published module that ``module.txt`` there
    names, in which the other files take the place of their namesakes."""
    if not (source / PATCHED).exists():
        yield source
        return
    with tempfile.TemporaryDirectory(prefix="collab-build-") as directory:
        complete = Path(directory) / source.name
        shutil.copytree(source, complete, ignore=shutil.ignore_patterns(PATCHED))
        for patch in (source / PATCHED).iterdir():
            reference = (patch / "module.txt").read_text().strip()
            original = json.loads(_go(go, Path(directory), "mod", "download", "-json", reference))["Dir"]
            # Module caches are read-only, modes and all.
            shutil.copytree(original, complete / PATCHED / patch.name, copy_function=shutil.copyfile)
            for folder in (complete / PATCHED / patch.name).rglob("*/"):
                folder.chmod(0o755)
            shutil.copytree(patch, complete / PATCHED / patch.name, dirs_exist_ok=True)
        yield complete


def _program(name: str) -> Path:
    if shutil.which("go") is None and (found := shutil.which(name)):
        return Path(found)
    return programs(name) / name


def _compiler() -> str:
    go = shutil.which("go")
    if go is None:
        raise Unavailable("needs Go (https://go.dev/dl) to build the cluster's programs")
    return go


def _packages(source: Path) -> list[str]:
    tools = ["tool"] if "\ntool " in (source / "go.mod").read_text() else []
    own = any(source.glob("main.go")) or any(source.glob("*/main.go"))
    return [*tools, *(["./..."] if own else [])]


def _version_flags(source: Path) -> tuple[str, ...]:
    """What Kubernetes' own build puts in: without it the programs say that they are v0.0.0."""
    if source.name != "kubernetes":
        return ()
    version = _required(source, "k8s.io/kubernetes")
    major, minor, _ = version.removeprefix("v").split(".")
    values = {"gitVersion": version, "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    packages = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    return tuple(f"-X {package}.{name}={value}" for package in packages for name, value in values.items())


def _required(source: Path, module: str) -> str:
    found = re.search(rf"^\s*(?:require )?{re.escape(module)} (v\S+)", (source / "go.mod").read_text(), re.MULTILINE)
    assert found is not None
    return found[1]


def _go(go: str, source: Path, *arguments: str) -> str:
    """Run the go command at the lowest priority: tests and people share the machine."""
    done = subprocess.run(
        ["nice", "-n", "19", go, *arguments],
        cwd=source,
        capture_output=True,
        text=True,
        check=False,
        timeout=BUILD_TIMEOUT_S,
        stdin=subprocess.DEVNULL,
        env=os.environ | {"CGO_ENABLED": "0", "GOWORK": "off"},
    )
    if done.returncode:
        raise Unavailable(f"`go {' '.join(arguments[:1])}` failed in {source.name}:\n{done.stderr.strip()[-3000:]}")
    return done.stdout
