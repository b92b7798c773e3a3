"""The installation that all end-to-end tests of a session share."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from collab_platform.images.lock import ImageSet
from tests.cluster.e2e.images import images_of_this_checkout
from tests.cluster.e2e.installation import HOST, Installation
from tests.cluster.node import Cluster, Ingress
from tests.system.project import Project
from tests.system.reach import known


@pytest.fixture(scope="session")
def images(cluster: Cluster) -> ImageSet:
    """The images of this checkout, in the cluster."""
    return images_of_this_checkout(cluster)


@pytest.fixture(scope="session")
def installation(cluster: Cluster, ingress: Ingress, images: ImageSet) -> Generator[Installation]:
    """Everything stands, and clients of this process find it."""
    with fresh(cluster, ingress, images) as installation:
        installation.deploy()
        with known(HOST, ingress.address, installation.authorities):
            yield installation


@contextmanager
def fresh(cluster: Cluster, ingress: Ingress, images: ImageSet) -> Generator[Installation]:
    """An installation that is configured and not there yet; afterwards its namespace is removed."""
    with tempfile.TemporaryDirectory(prefix="collab-", dir="/tmp") as root:
        project = Project(root=Path(root), name=f"e2e-{secrets.token_hex(3)}")
        project.file.parent.mkdir()
        installation = Installation(cluster, ingress, project, images)
        try:
            yield installation
        finally:
            project.stop_commands()
            installation.remove()
