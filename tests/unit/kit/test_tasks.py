"""Work in the background is begun again after a failure and ended with its application."""

import asyncio

import pytest

from collab_kit import tasks
from collab_kit.errors import StoreUnavailable
from collab_kit.tasks import background, periodically


async def test_work_that_fails_is_begun_again(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tasks, "_RESTART_PAUSE_S", 0.001)
    begun = 0
    third = asyncio.Event()

    async def work() -> None:
        nonlocal begun
        begun += 1
        if begun == 3:
            third.set()
            await asyncio.sleep(60)
        raise RuntimeError("fails twice")

    async with background(work, name="test"):
        await asyncio.wait_for(third.wait(), 5)
    assert begun == 3


async def test_work_ends_with_the_block():
    ended = asyncio.Event()
    begun = asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    async with background(work, name="test"):
        await asyncio.wait_for(begun.wait(), 5)
    assert ended.is_set()


async def test_periodic_work_outlives_a_problem():
    times = 0
    enough = asyncio.Event()

    async def work() -> None:
        nonlocal times
        times += 1
        if times == 3:
            enough.set()
        raise StoreUnavailable("away")

    async with background(periodically(work, interval_s=0.001, name="test"), name="test"):
        await asyncio.wait_for(enough.wait(), 5)
