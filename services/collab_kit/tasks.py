"""Work beside the requests: started and stopped with the application, never silently dead."""

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

from prometheus_client import Counter

from collab_kit.errors import Problem
from collab_kit.logging import get_logger

__all__ = ["background", "is_cancelled", "periodically"]

STOP_DEADLINE_S = 5.0
_STOP_ATTEMPTS = 5
_RESTART_PAUSE_S = 5.0

_log = get_logger()
_failures = Counter("collab_background_failures_total", "Times work in the background failed", ["task"])


@asynccontextmanager
async def background(work: Callable[[], Awaitable[None]], *, name: str) -> AsyncGenerator[None]:
    """Run `work`, which never returns, for as long as the block lasts; if it fails it is logged and begun again."""
    task = asyncio.create_task(_persist(work, name), name=name)
    try:
        yield
    finally:
        for _ in range(_STOP_ATTEMPTS):
            task.cancel()
            await asyncio.wait({task}, timeout=STOP_DEADLINE_S / _STOP_ATTEMPTS)
            if task.done():
                break
        else:
            _log.warning("background work left that did not end", task=name)


def is_cancelled() -> bool:
    """Whether the running task was told to end, also where a library has kept that to itself.

    Before Python 3.12, `asyncio.wait_for` swallows a cancellation that comes once what it waits for is done
    (https://github.com/python/cpython/issues/86296), and redis-py sends every command in one. A loop that sends has to
    ask, or it goes on for ever.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def periodically(
    work: Callable[[], Awaitable[object]], *, interval_s: float, name: str
) -> Callable[[], Awaitable[None]]:
    """`work` again and again, a jittered `interval_s` after the last time ended, whether that succeeded or not."""

    async def repeat() -> None:
        while not is_cancelled():
            # Replicas started together would otherwise all come at the same moment.
            await asyncio.sleep(interval_s * random.uniform(0.75, 1.25))  # noqa: S311  # jitter
            try:
                await work()
            except Problem as error:
                _failures.labels(name).inc()
                _log.warning("periodic work failed", task=name, reason=error.detail)

    return repeat


async def _persist(work: Callable[[], Awaitable[None]], name: str) -> None:
    while True:
        try:
            await work()
        except Exception as error:  # noqa: BLE001  # whatever it was, the next try may succeed
            _failures.labels(name).inc()
            _log.error("background work failed", task=name, exc_info=error)
        if is_cancelled():
            return
        await asyncio.sleep(_RESTART_PAUSE_S * random.uniform(0.5, 1.5))  # noqa: S311  # jitter
