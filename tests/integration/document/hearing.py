"""Hears every event, as a service does."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator

from collab_kit.events import Event, Subscriber, open_redis
from tests.datastores import Datastores
from tests.services import settings_for


@contextlib.asynccontextmanager
async def listening(stores: Datastores) -> AsyncGenerator[asyncio.Queue[Event]]:
    """What is published from the beginning of the block on, by anybody."""
    redis = open_redis(settings_for(stores))
    heard: asyncio.Queue[Event] = asyncio.Queue(1000)
    subscriber = Subscriber(redis, heard.put)
    task = asyncio.create_task(subscriber.run())
    try:
        await asyncio.wait_for(subscriber.subscribed.wait(), 10)
        yield heard
    finally:
        task.cancel()
        await asyncio.wait({task})
        await redis.aclose()
