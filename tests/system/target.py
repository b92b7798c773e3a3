"""Which target the people of the end-to-end suites meet: ``COLLAB_TEST_TARGET`` says ``local`` or ``cluster``."""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager

import pytest

from tests.system.local import running
from tests.system.running import Running
from tests.system.victims import VICTIMS


def on_cluster() -> bool:
    """Whether the suites run against the installation in the tests' cluster."""
    return os.environ.get("COLLAB_TEST_TARGET", "local") == "cluster"


def victims() -> Sequence[str]:
    """What can be killed there."""
    if on_cluster():
        from tests.cluster.e2e.installation import VICTIMS as PODS

        return PODS
    return tuple(VICTIMS)


@contextmanager
def environment_of(request: pytest.FixtureRequest, *, prefix: str) -> Generator[Running]:
    """The environment that a suite runs in: one of its own on this machine, or the installation in the cluster."""
    if on_cluster():
        yield request.getfixturevalue("installation")
    else:
        with running(prefix=prefix) as environment:
            yield environment


@contextmanager
def replicated(request: pytest.FixtureRequest, component: str, replicas: int) -> Generator[Running]:
    """The same with several replicas of a component."""
    if on_cluster():
        with request.getfixturevalue("installation").scaled(component, replicas) as environment:
            yield environment
    else:
        with running({f"{component}.replicas": str(replicas)}, prefix="replicas") as environment:
            yield environment
