"""Several collaboration replicas: which of them serves whom changes nothing about what people see."""

from collections.abc import Generator

import pytest

from tests.system.running import Running, writers
from tests.system.target import replicated

REPLICAS = 3


@pytest.fixture(scope="module")
def environment(request: pytest.FixtureRequest) -> Generator[Running]:
    with replicated(request, "collaboration", REPLICAS) as environment:
        yield environment


def test_people_on_different_replicas_see_the_same(environment: Running):
    with environment.replica_doors("collaboration") as doors:
        assert len(doors) == REPLICAS
        with writers(environment, shared_through=doors[:2]) as people:
            people.start()
            people.settle()


def test_replicas_replaced_one_after_the_other_under_people_who_type(environment: Running):
    with writers(environment) as people:
        people.start()
        for recovered in environment.restart_replicas("collaboration"):
            people.wait_saving(environment.patience_s)
            environment.wait(recovered, environment.patience_s)
        people.settle()
