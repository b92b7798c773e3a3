"""Several collaboration replicas: which of them serves whom changes nothing about what people see."""

from collections.abc import Generator

import pytest

from tests.system.processes import kill_now
from tests.system.running import Running, running, writers

RECOVERY_S = 25


@pytest.fixture(scope="module")
def environment() -> Generator[Running]:
    with running({"collaboration.replicas": "3"}, prefix="replicas") as environment:
        yield environment


def test_people_on_different_replicas_see_the_same(environment: Running):
    first, second = (
        f"ws://127.0.0.1:{environment.project.port(replica, 'websocket')}/collaboration"
        for replica in ("collaboration-1", "collaboration-2")
    )
    with writers(environment, shared_through=(first, second)) as people:
        people.start()
        people.settle()


def test_replicas_replaced_one_after_the_other_under_people_who_type(environment: Running):
    with writers(environment) as people:
        people.start()
        for replica in environment.project.status().component("collaboration").replicas:
            assert replica.pid is not None
            kill_now(replica.pid)
            people.wait_saving(RECOVERY_S)
            environment.project.wait_healthy(RECOVERY_S)
        people.settle()
