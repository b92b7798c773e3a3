"""Which target an environment has."""

from __future__ import annotations

from pathlib import Path

from collab_platform.environment import Resolved
from collab_platform.targets.base import Target


def select_target(resolved: Resolved, *, root: Path) -> Target:
    """The target of an environment; ``root`` is the project's folder. Imports only the target that it returns."""
    match resolved.environment.target:
        case "local":
            from collab_platform.targets.local import LocalTarget  # noqa: PLC0415

            return LocalTarget(resolved, root=root)
        case "kubernetes":
            from collab_platform.targets.kubernetes.target import KubernetesTarget  # noqa: PLC0415

            return KubernetesTarget(resolved, root=root)
