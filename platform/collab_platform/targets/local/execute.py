"""Running a command beside a component, with its settings and secrets."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from collab_platform.blueprint import Component
from collab_platform.errors import CollabError
from collab_platform.targets.base import CommandResult
from collab_platform.targets.local.programs import Place, python_command
from collab_platform.targets.local.supervisor import clean_environment


def execute(
    place: Place, component: Component, argv: Sequence[str], *, stdin: str = "", timeout_s: float
) -> CommandResult:
    """``python -m ARGV`` as the component's first replica would run it. Raises :class:`CollabError`."""
    try:
        done = subprocess.run(
            [*python_command(), *argv],
            input=stdin,
            env={**clean_environment(place.paths.run), **place.settings(component, 1)},
            cwd=place.paths.run,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
            start_new_session=True,
        )
    except subprocess.TimeoutExpired:
        raise CollabError(f"{argv[0]} did not finish within {timeout_s:g} s") from None
    return CommandResult(exit_code=done.returncode, stdout=done.stdout, stderr=done.stderr)
