"""One environment for the whole suite, as an operator gets it by default."""

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.system.project import UP_TIMEOUT_S
from tests.system.running import Running, running

TIMEOUT_S = UP_TIMEOUT_S + 60


@pytest.fixture(scope="session")
def environment() -> Generator[Running]:
    with running(prefix="faults") as environment:
        yield environment


@pytest.fixture
def healthy(environment: Running) -> Running:
    """The shared environment, healthy again whatever the test before did to it."""
    environment.project.wait_healthy(30)
    return environment


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whichever test comes first also waits for the environment, and on a fresh checkout for the editor's build."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.timeout(TIMEOUT_S))
