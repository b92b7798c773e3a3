"""What a program run inside a component had to say."""

from __future__ import annotations

from collab_cli.loglines import structured
from collab_platform.errors import CollabError
from collab_platform.targets.base import CommandResult


def refusal(summary: str, component: str, result: CommandResult) -> CollabError:
    """The error that a program's end is: ``summary``, and why as it said on stderr, log lines left out."""
    said = [line for line in result.stderr.splitlines() if line.strip() and structured(line) is None]
    reason = said[0] if said else f"it ended with exit code {result.exit_code}"
    return CollabError(f"{summary}: {reason}", remedy="" if said else f"`collab logs {component}`", details=tuple(said))
