"""An installation as releases of the charts in ``charts/``: which charts, with which values. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from collab_platform.blueprint import Blueprint
from collab_platform.environment import Environment
from collab_platform.images.lock import ImageSet
from collab_platform.targets.kubernetes import values
from collab_platform.targets.kubernetes.externals import Externals, require
from collab_platform.targets.kubernetes.workloads import DATASTORES, Namespace


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One chart with its values. ``chart`` is a folder of ``charts/``; ``name`` the name of the release."""

    name: str
    chart: str
    values: Mapping[str, Any]


def releases(
    blueprint: Blueprint,
    environment: Environment,
    images: ImageSet,
    externals: Externals,
    *,
    revisions: Mapping[str, str] | None = None,
) -> tuple[Release, ...]:
    """The releases in the order in which they are to be installed; none needs the one before to be ready.

    ``revisions``: by component, a word that changes when its secrets or its certificate do, so that its pods start anew
    (:func:`~collab_platform.targets.kubernetes.generated.revisions`). Names of Secrets are those of
    :mod:`.secret_objects`.

    Raises :class:`~collab_platform.errors.EnvironmentInvalidError` for an address that is not known,
    :class:`~collab_platform.errors.CollabError` for an image that is not.
    """
    require(environment, externals)
    namespace = Namespace(blueprint=blueprint, environment=environment, externals=externals)
    of = values.Values(namespace=namespace, images=images, revisions=revisions or {})
    found = [
        ("datastores", of.datastores) if any(map(namespace.is_built_in, DATASTORES)) else None,
        ("services", of.services),
        ("gateway", of.gateway),
        ("web", of.web),
        ("observability", of.observability) if environment.kubernetes.observability else None,
    ]
    return tuple(Release(name=each[0], chart=each[0], values=each[1]()) for each in found if each)
