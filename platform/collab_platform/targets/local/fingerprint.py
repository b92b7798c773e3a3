"""Fingerprints: whether what runs is what is wanted, told from contents and never from times alone."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec
from pathlib import Path

_LENGTH = 16


def fingerprint(*parts: object) -> str:
    """A short digest of JSON-like values."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:_LENGTH]


def tree_fingerprint(root: Path, *, suffixes: Iterable[str] = (), skip: Iterable[str] = ()) -> str:
    """Digest of the files below ``root``, names and contents. ``skip``: names of folders and files left out, beside
    every hidden one."""
    wanted, left_out = tuple(suffixes), frozenset(skip)
    digest = hashlib.sha256()
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in left_out and not name.startswith("."))
        for name in sorted(files):
            if name in left_out or name.startswith(".") or (wanted and not name.endswith(wanted)):
                continue
            path = Path(folder, name)
            digest.update(f"{path.relative_to(root)}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:_LENGTH]


def file_stamp(path: Path) -> str:
    """Tells one installed version of a large binary from the next."""
    info = path.stat()
    return f"{path}:{info.st_size}:{info.st_mtime_ns}"


@cache
def package_fingerprint(package: str) -> str:
    """Digest of a Python package's code and SQL, without importing it; empty where it is not installed."""
    folder = package_folder(package)
    return tree_fingerprint(folder, suffixes=(".py", ".sql")) if folder else ""


def package_folder(package: str) -> Path | None:
    """Where a package is, without importing it."""
    spec = find_spec(package)
    return Path(spec.origin).parent if spec and spec.origin else None
