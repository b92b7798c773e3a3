"""Named facts of an installation: what its file says, and what its stacks export."""

from __future__ import annotations

from collab_platform.environment.files import REPOSITORY
from collab_platform.errors import PreflightError
from collab_platform.targets.kubernetes.backend import backend_url, was_never_used
from collab_platform.targets.kubernetes.installation import Installation
from collab_platform.targets.kubernetes.status import urls


def read_outputs(installation: Installation) -> dict[str, str]:
    """Never a secret. An installation that was rendered and applied by others has no stacks to ask."""
    environment, places = installation.environment, installation.places
    cluster = environment.kubernetes
    known = {
        **{f"url.{name}": url for name, url in urls(environment).items()},
        "kubernetes.namespace": cluster.namespace,
        "kubernetes.context": cluster.context or "the current one",
        "directory.state": str(places.state),
        "directory.logs": str(places.engine_log.parent),
        "directory.programs": str(REPOSITORY / "stacks"),
        "pulumi.backend": backend_url(environment, places),
    }
    if was_never_used(environment, places):
        return known
    try:
        stacks = installation.stacks
        _ = stacks.engine
    except PreflightError:
        return known
    from collab_platform.targets.kubernetes.operations import outputs  # noqa: PLC0415 - Pulumi is an extra

    return {**known, **outputs(installation)}
