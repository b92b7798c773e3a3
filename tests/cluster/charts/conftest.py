"""Charts need helm and kubeconform, built from Go modules, and no cluster."""

from __future__ import annotations

from functools import cache

import pytest

from tests.cluster.charts.cases import CASES
from tests.cluster.charts.rendering import NAMES, Manifest, render
from tests.cluster.node import helm, kubeconform
from tests.containers.base import Unavailable


@pytest.fixture(scope="session", autouse=True)
def tools() -> None:
    """Skip, saying why, where the tools cannot be had."""
    try:
        helm()
        kubeconform()
    except Unavailable as reason:
        pytest.skip(str(reason))


@cache
def _installed(case: str) -> tuple[Manifest, ...]:
    return tuple(manifest for chart in NAMES for manifest in render(chart, CASES[case].get(chart, {})))


@pytest.fixture(params=CASES)
def installed(request: pytest.FixtureRequest) -> list[Manifest]:
    """All manifests of one case of the matrix."""
    return list(_installed(request.param))


@pytest.fixture
def defaults() -> list[Manifest]:
    """All manifests where a caller said no more than it had to."""
    return list(_installed("defaults"))
