"""The editor's static files, built from ``services/web`` with the wheel's Node when its sources have changed."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from collab_platform.errors import CollabError
from collab_platform.files import clear_disk_errors, make_directory, write_atomically
from collab_platform.targets.local.binaries import Binaries
from collab_platform.targets.local.commands import Cancellation, run_command
from collab_platform.targets.local.fingerprint import fingerprint, tree_fingerprint

_INSTALL_TIMEOUT_S = 600
_BUILD_TIMEOUT_S = 300
_NOT_SOURCES = ("node_modules", "dist", "test", "coverage", "README.md")
_MARKER = ".collab-sources"
# Inside node_modules, so that nothing of ours lies about in the checkout.
_FRESH, _OLD = "node_modules/.collab-dist", "node_modules/.collab-dist-old"


def editor_fingerprint(source: Path) -> str:
    """Digest of what the editor is built from; empty where there are no sources (an installation without them)."""
    if not (source / "package.json").is_file():
        return ""
    return fingerprint(tree_fingerprint(source, skip=_NOT_SOURCES), _read(source / ".env"))


def is_current(source: Path, wanted: str) -> bool:
    """Whether the built files are those of the sources."""
    return bool(wanted) and _read(source / "dist" / _MARKER) == wanted and (source / "dist/index.html").is_file()


def build_editor(
    source: Path, binaries: Binaries, *, lock: Path, cancellation: Cancellation, progress: Callable[[str], None]
) -> None:
    """Install the editor's packages if their lock file changed, build, and swap the result in.

    Environments of one checkout share it: one builds, the others wait at ``lock`` and find it done. Raises
    :class:`CollabError`.
    """
    if not editor_fingerprint(source):
        raise CollabError(
            f"the editor's sources are missing: {source}",
            remedy="Run collab in a checkout of the project (or name it with COLLAB_PROJECT).",
        )
    make_directory(lock.parent, 0o711)
    with clear_disk_errors(source), _alone(lock, cancellation):
        wanted = editor_fingerprint(source)
        if is_current(source, wanted):
            return
        node, npm = binaries.node, binaries.npm
        # The operator's own settings (proxy, registry, certificates) are npm's business.
        variables = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}", "CI": "1"}
        if not has_packages(source):
            progress("installing the editor's packages")
            run_command(
                "npm ci",
                [str(node), str(npm), "ci", "--no-audit", "--no-fund", "--loglevel=error"],
                cancellation=cancellation,
                timeout_s=_INSTALL_TIMEOUT_S,
                environment=variables,
                directory=source,
            )
        progress("building the editor")
        fresh = source / _FRESH
        shutil.rmtree(fresh, ignore_errors=True)
        run_command(
            "the editor's build",
            [str(node), "node_modules/vite/bin/vite.js", "build", "--outDir", _FRESH, "--emptyOutDir"],
            cancellation=cancellation,
            timeout_s=_BUILD_TIMEOUT_S,
            environment=variables,
            directory=source,
        )
        write_atomically(fresh / _MARKER, wanted)
        _swap(source)


def has_packages(source: Path) -> bool:
    """Whether what npm says it installed is what the lock file wants; what is for other machines may be missing."""
    try:
        wanted = _packages(source / "package-lock.json")
        found = _packages(source / "node_modules/.package-lock.json")
    except (OSError, ValueError, KeyError):
        return False
    wanted.pop("", None)  # the project itself
    return all(
        found[name].get("version") == entry.get("version") if name in found else entry.get("optional", False)
        for name, entry in wanted.items()
    )


def _packages(lock: Path) -> dict[str, dict[str, Any]]:
    return json.loads(lock.read_text(encoding="utf-8"))["packages"]


@contextlib.contextmanager
def _alone(path: Path, cancellation: Cancellation) -> Generator[None]:
    lock = FileLock(path, thread_local=False)
    deadline = time.monotonic() + _INSTALL_TIMEOUT_S
    while True:
        try:
            lock.acquire(timeout=0)
            break
        except Timeout:
            if time.monotonic() > deadline:
                raise CollabError("another command has been building the editor for too long") from None
            cancellation.pause(0.2)
    try:
        yield
    finally:
        lock.release()


def _swap(source: Path) -> None:
    fresh, old, current = source / _FRESH, source / _OLD, source / "dist"
    shutil.rmtree(old, ignore_errors=True)
    if current.exists():
        current.rename(old)
    fresh.rename(current)
    shutil.rmtree(old, ignore_errors=True)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""
