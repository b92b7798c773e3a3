"""Work in the background is begun again after a failure and ended with its application."""

import asyncio
from contextlib import suppress

import pytest

from collab_kit import tasks
from collab_kit.errors import StoreUnavailable
from collab_kit.tasks import background, is_cancelled, periodically


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


async def test_work_of_which_a_library_swallows_the_cancellation_ends_all_the_same():
    begun = asyncio.Event()
    ended = False

    async def work() -> None:
        nonlocal ended
        try:
            begun.set()
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            pass
        try:
            await asyncio.sleep(60)
        finally:
            ended = True

    async with background(work, name="test"):
        await asyncio.wait_for(begun.wait(), 5)
    assert ended


async def test_a_loop_that_asks_ends_at_once_although_its_cancellation_was_swallowed():
    begun = asyncio.Event()

    async def work() -> None:
        while not is_cancelled():
            begun.set()
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(60)

    task = asyncio.create_task(work())
    await asyncio.wait_for(begun.wait(), 5)
    assert not is_cancelled()
    task.cancel()
    await asyncio.wait_for(task, 5)


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
