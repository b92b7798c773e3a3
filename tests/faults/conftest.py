"""One environment for the whole suite, as an operator gets it by default."""

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.system.local import Local
from tests.system.project import UP_TIMEOUT_S
from tests.system.running import Running
from tests.system.target import environment_of, on_cluster

TIMEOUT_S = UP_TIMEOUT_S + 60
CLUSTER_TIMEOUT_S = 3600
"""For whichever test comes first and builds a cluster and the images; each wait inside has a limit of its own."""
ANYWHERE = ("test_kill", "test_replicas")
"""The modules that are about any target; what the others break is on this machine."""


@pytest.fixture(scope="session")
def environment(request: pytest.FixtureRequest) -> Generator[Running]:
    with environment_of(request, prefix="faults") as environment:
        yield environment


@pytest.fixture
def healthy(environment: Running) -> Running:
    """The shared environment, healthy again whatever the test before did to it."""
    environment.wait_healthy(environment.patience_s)
    return environment


@pytest.fixture
def local(environment: Running) -> Local:
    """The shared environment, of which a test looks at processes and files."""
    assert isinstance(environment, Local)
    return environment


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests have to tell beside having passed: their property `told`."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "told":
                terminalreporter.write_line(f"{report.nodeid}: {value}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whichever test comes first also waits for the environment, and on a fresh checkout for the editor's build."""
    elsewhere = pytest.mark.skip(reason="about the local target")
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.timeout(CLUSTER_TIMEOUT_S if on_cluster() else TIMEOUT_S))
            if on_cluster() and item.path.stem not in ANYWHERE:
                item.add_marker(elsewhere)
