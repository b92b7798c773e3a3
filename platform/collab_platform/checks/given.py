"""Whether the secrets that the operator gives are there, and theirs alone."""

from __future__ import annotations

import stat
from pathlib import Path

from collab_platform.checks.model import CheckFailed, CheckSkipped
from collab_platform.environment import Environment
from collab_platform.given import given_files, given_secrets


def describe_given(environment: Environment, root: Path) -> str:
    """Reads them all. Raises :class:`~collab_platform.errors.EnvironmentInvalidError` for one that is not as it should
    be, :class:`CheckSkipped` where there are none."""
    files = _some(environment, root)
    given_secrets(environment, root)
    return "1 file" if len(files) == 1 else f"{len(files)} files"


def check_closed(environment: Environment, root: Path) -> str:
    """Raises :class:`CheckFailed` naming those that others may read."""
    files = [path for path in _some(environment, root).values() if path.is_file()]
    if found := [str(path) for path in files if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)]:
        raise CheckFailed(f"others may read {', '.join(found)}", hint=f"chmod 600 {' '.join(found)}")
    return "0600"


def _some(environment: Environment, root: Path) -> dict[str, Path]:
    if files := given_files(environment, root):
        return files
    raise CheckSkipped("the environment names none")
