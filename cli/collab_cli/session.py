"""One run of the command line: what its common options say, and what they lead to."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from collab_cli.output import Output
from collab_platform.errors import UsageError

if TYPE_CHECKING:
    from collab_platform.environment import Resolved
    from collab_platform.targets.base import Target

SelectTarget = Callable[["Resolved", Path], "Target"]


@dataclass(frozen=True, slots=True)
class Common:
    """The common options as given in one place: before the command's name or after it."""

    env: str | None = None
    settings: tuple[str, ...] = ()
    output: Literal["text", "json"] | None = None
    quiet: bool = False
    verbose: bool = False
    no_color: bool = False


class Session:
    """What a command works with. ``select`` makes the target; tests give their own."""

    def __init__(self, select: SelectTarget | None = None) -> None:
        self._select = select or _select_target
        self._common = Common()

    def merge(self, given: Common) -> None:
        """Add options given further right, which win."""
        held = self._common
        self._common = Common(
            env=given.env or held.env,
            settings=held.settings + given.settings,
            output=given.output or held.output,
            quiet=given.quiet or held.quiet,
            verbose=given.verbose or held.verbose,
            no_color=given.no_color or held.no_color,
        )

    @property
    def output(self) -> Output:
        held = self._common
        return Output(json=held.output == "json", quiet=held.quiet, verbose=held.verbose, no_color=held.no_color)

    @property
    def environment(self) -> str:
        """Name of the environment: flag, variable, default."""
        return self._common.env or os.environ.get("COLLAB_ENV") or "local"

    @property
    def environment_flag(self) -> str:
        """What a command shown to the operator needs to mean this environment again."""
        return f" -e {self.environment}" if self.environment != (os.environ.get("COLLAB_ENV") or "local") else ""

    @cached_property
    def root(self) -> Path:
        """The project's folder."""
        from collab_platform.environment import project_root  # noqa: PLC0415 - `collab --help` does without

        return project_root()

    @cached_property
    def resolved(self) -> Resolved:
        """The environment from its layers. Raises ``EnvironmentInvalidError``, ``UsageError``."""
        from collab_platform.environment import load  # noqa: PLC0415 - `collab --help` does without

        flags = parse_settings(self._common.settings)
        return load(self.environment, root=self.root, variables=os.environ, flags=flags)

    @cached_property
    def target(self) -> Target:
        return self._select(self.resolved, self.root)


def program() -> str:
    """How this command line is to be typed again: ``collab`` where that finds it, else the path it was started by."""
    started = Path(sys.argv[0])
    found = shutil.which("collab")
    if started.name != "collab" or (found and Path(found).resolve() == started.resolve()):
        return "collab"
    return os.fspath(started)


def parse_settings(pairs: tuple[str, ...]) -> dict[str, str]:
    """``KEY=VALUE`` pairs; the last of a key wins. Raises ``UsageError``."""
    settings: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not (key and equals):
            raise UsageError(f"--set expects KEY=VALUE, got {pair!r}", remedy="for example `--set gateway.port=8080`")
        settings[key.strip()] = value
    return settings


def _select_target(resolved: Resolved, root: Path) -> Target:
    from collab_platform.targets import select_target  # noqa: PLC0415 - `collab --help` does without

    return select_target(resolved, root=root)
