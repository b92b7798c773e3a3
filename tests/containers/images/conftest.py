from __future__ import annotations

import pytest

from tests.containers.base import Docker
from tests.containers.images.built import built_images, keep_archives


@pytest.fixture(scope="session")
def images(docker: Docker) -> dict[str, str]:
    """References of all images by name."""
    references = built_images(docker)
    keep_archives(docker, references)
    return references
