"""One Docker for all suites that build or run images; those that need one of their own say so themselves."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

from tests.containers.base import Docker, Unavailable, docker_daemon


@pytest.fixture(scope="session")
def docker() -> Generator[Docker]:
    """This machine's Docker, or a private one whose images are kept between runs."""
    try:
        with docker_daemon() as started:
            yield started
    except Unavailable as reason:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(reason))
