"""Where neither Go nor the programs are, nothing here can be judged."""

from __future__ import annotations

import pytest

from tests.cluster.node import helm, kubeconform, schema_location
from tests.containers.base import Unavailable


@pytest.fixture(scope="session", autouse=True)
def tools() -> None:
    """The pinned helm, kubeconform and its schemas, built on first use."""
    try:
        helm()
        kubeconform()
        schema_location()
    except Unavailable as error:
        pytest.skip(str(error))
