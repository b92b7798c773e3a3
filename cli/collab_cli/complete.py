"""What the shell offers at TAB. Silent where there is nothing to offer: a completion never fails."""

from __future__ import annotations


def environments(incomplete: str) -> list[str]:
    """Names of the project's environments."""
    from collab_platform.environment import environment_names, project_root  # noqa: PLC0415 - only at TAB

    return [name for name in environment_names(project_root()) if name.startswith(incomplete)]


def settings(incomplete: str) -> list[tuple[str, str]]:
    """Keys of ``--set``, each up to its ``=``."""
    from collab_platform.environment import leaves  # noqa: PLC0415 - only at TAB

    return [(f"{leaf.key}=", leaf.description) for leaf in leaves().values() if leaf.key.startswith(incomplete)]


def setting_keys(incomplete: str) -> list[tuple[str, str]]:
    """Keys of the settings."""
    return [(key.rstrip("="), description) for key, description in settings(incomplete)]


def components(incomplete: str) -> list[str]:
    """Names of the components; every environment has the same."""
    from collab_platform.blueprint import derive  # noqa: PLC0415 - only at TAB
    from collab_platform.environment import Environment  # noqa: PLC0415 - only at TAB

    return [each.name for each in derive("any", Environment()).components if each.name.startswith(incomplete)]


def images(incomplete: str) -> list[str]:
    """Names of the container images."""
    from collab_platform.images.catalogue import IMAGES  # noqa: PLC0415 - only at TAB

    return [name for name in IMAGES if name.startswith(incomplete)]
