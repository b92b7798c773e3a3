"""What an operator may say about the stack ``apps``; all else is in the environment's file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pulumi
from msgspec import Meta

from collab_platform import environment
from collab_platform.blueprint import Blueprint, derive
from collab_platform.components.configuration import Settings
from collab_platform.environment import Environment
from collab_platform.errors import CollabError
from collab_platform.images.lock import ImageSet, read_images

EnvironmentName = Annotated[str, Meta(pattern=r"^([a-z][a-z0-9-]{0,30})?$")]


class AppsSettings(Settings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Configuration of the stack ``apps``.

    ``environment`` names a file in ``environments/``; empty: the one called like the stack. ``data_stack`` and
    ``edge_stack`` are the stacks whose outputs are read, as ``ORGANISATION/PROJECT/STACK``; empty: those called like
    this one. ``data`` and ``edge`` give the outputs themselves instead.
    """

    environment: EnvironmentName = ""
    data_stack: str = ""
    data: dict[str, str] | None = None
    edge_stack: str = ""
    edge: dict[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """An environment as the programs read it; ``root`` is the project's folder."""

    name: str
    environment: Environment
    blueprint: Blueprint
    images: ImageSet
    root: Path


def choose(name: str) -> Chosen:
    """The environment ``name``, or that of the running stack. Raises ``pulumi.RunError``."""
    root = environment.project_root()
    try:
        resolved = environment.load(name or pulumi.get_stack(), root=root, variables=os.environ, flags={})
        if resolved.environment.target != "kubernetes":
            raise pulumi.RunError(f"environment {resolved.name} has the target {resolved.environment.target}")
        return Chosen(
            name=resolved.name,
            environment=resolved.environment,
            blueprint=derive(resolved.name, resolved.environment),
            images=read_images(root, resolved.name),
            root=root,
        )
    except CollabError as error:
        raise pulumi.RunError(f"{error.summary}\n{error.remedy}") from None
