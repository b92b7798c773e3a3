"""The benchmark `bench.collaboration.soak`, for a minute and a quarter: enough to see what leaks with each join."""

import pytest

from bench.collaboration.soak import soak
from tests.faults.collaboration.ground import Ground

SECONDS = 75


@pytest.mark.timeout(400)
async def test_nothing_is_left_of_people_who_have_gone(ground: Ground) -> None:
    report = await soak(ground, seconds=SECONDS, every_s=3)
    assert report.faults() == []
    assert report.joins > 100
    assert report.restarts >= 1
    assert ground.close() == []
