"""An installation on a cluster: its environment, its places on this machine, and the two ways to the cluster."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from collab_platform.environment import Environment, Resolved
from collab_platform.errors import PreflightError
from collab_platform.targets.kubernetes.backend import Places
from collab_platform.targets.kubernetes.kubectl import Kubectl

if TYPE_CHECKING:
    from collab_platform.targets.kubernetes.stacks import Stacks


class Installation:
    """What the modules beside this one work with."""

    def __init__(self, resolved: Resolved, *, root: Path) -> None:
        self.resolved = resolved
        self.places = Places.of(resolved.name, root)

    @property
    def name(self) -> str:
        return self.resolved.name

    @property
    def environment(self) -> Environment:
        return self.resolved.environment

    @cached_property
    def kubectl(self) -> Kubectl:
        """Raises :class:`PreflightError`."""
        return Kubectl.of(self.environment, self.places)

    @cached_property
    def stacks(self) -> Stacks:
        """Raises :class:`PreflightError` where the extra ``kubernetes`` is not installed."""
        try:
            from collab_platform.targets.kubernetes.stacks import Stacks  # noqa: PLC0415 - Pulumi is an extra
        except ImportError as error:
            raise PreflightError(
                f"Pulumi's Python side is not installed ({error.name})",
                remedy="Install the extra: `make setup-dev`, or pip install 'collab[kubernetes]'.",
            ) from None
        return Stacks(self.resolved, places=self.places)
