"""Hears every event, as a service does."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from uuid import UUID

from collab_kit.events import AccountEnded, Event, Subscriber, open_redis
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
        await asyncio.wait_for(subscriber.subscribed.wait(), 30)
        yield heard
    finally:
        task.cancel()
        await asyncio.wait({task})
        await redis.aclose()


async def next_about(heard: asyncio.Queue[Event], document: str) -> Event:
    """The next event about ``document``: others, which run beside these services, may tell of theirs at any moment."""
    async with asyncio.timeout(30):
        while not _is_about(event := await heard.get(), document):
            pass
    return event


def left_about(heard: asyncio.Queue[Event], document: str) -> list[Event]:
    """What has come about ``document`` since."""
    return [event for event in (heard.get_nowait() for _ in range(heard.qsize())) if _is_about(event, document)]


def _is_about(event: Event, document: str) -> bool:
    return not isinstance(event, AccountEnded) and event.document == UUID(document)
