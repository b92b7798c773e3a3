from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

from tests.containers.images.built import built_images

if TYPE_CHECKING:
    from tests.containers.base import Docker
    from tests.containers.services.stage import Stage


@pytest.fixture(scope="package")
def stage(docker: Docker, tmp_path_factory: pytest.TempPathFactory) -> Generator[Stage]:
    images = built_images(docker, ("service", "postgresql", "valkey", "seaweedfs"))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in docker.environment.items():
            patch.setenv(name, value)
        # testcontainers reads its settings when it is imported.
        from tests.containers.services.stage import started

        with started(docker, images, tmp_path_factory.mktemp("stage")) as running:
            yield running
