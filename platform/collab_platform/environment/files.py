"""Environment files on disk: where they are, reading one, writing a new one."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from collab_platform.environment.resolve import Resolved, resolve
from collab_platform.environment.schema import TargetName
from collab_platform.environment.template import annotated_file
from collab_platform.errors import CollabError, EnvironmentInvalidError

NAME = re.compile(r"^[a-z][a-z0-9-]{0,30}$")
REPOSITORY = Path(__file__).resolve().parents[3]
"""The checkout this code runs from."""


def project_root(start: Path | None = None) -> Path:
    """The folder that holds ``environments/``.

    ``COLLAB_PROJECT`` if set, else the nearest one upwards from ``start`` (default: the working directory), else the
    checkout this code runs from.
    """
    if chosen := os.environ.get("COLLAB_PROJECT"):
        return Path(chosen).resolve()
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "environments").is_dir():
            return folder
    return REPOSITORY


def environment_names(root: Path) -> list[str]:
    """Names of the environments of a project, sorted."""
    return sorted(path.stem for path in (root / "environments").glob("*.toml"))


def load(name: str, *, root: Path, variables: Mapping[str, str], flags: Mapping[str, str]) -> Resolved:
    """Read and resolve an environment. Raises :class:`EnvironmentInvalidError`."""
    _check_name(name)
    path = root / "environments" / f"{name}.toml"
    shown = f"environments/{name}.toml"
    try:
        parsed = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = ", ".join(environment_names(root)) or "none"
        raise EnvironmentInvalidError(
            f"no environment {name!r} in {root / 'environments'} (known: {known})",
            remedy=f"Create it with `collab env init {name}`.",
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise EnvironmentInvalidError(
            f"{shown} is not valid TOML: {error}", remedy="Correct the line it names."
        ) from None
    return resolve(name=name, file=parsed, file_name=shown, variables=variables, flags=flags)


def create(name: str, *, root: Path, target: TargetName = "local") -> Path:
    """Write a new, fully annotated environment file for a target; never overwrites one."""
    _check_name(name)
    path = root / "environments" / f"{name}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(annotated_file(name, target))
    except FileExistsError:
        raise CollabError(
            f"environment {name!r} exists already: {path}", remedy="Edit it, or choose another name."
        ) from None
    return path


def _check_name(name: str) -> None:
    if not NAME.match(name):
        raise EnvironmentInvalidError(
            f"{name!r} cannot name an environment: expected a small letter, then small letters, digits or dashes",
            remedy="For example: local, staging, team-a.",
        )
