"""A subscription stays through silence, and notices a server that is there and does not answer."""

import asyncio
import contextlib
import signal
from uuid import UUID

import pytest

from collab_kit import events
from collab_kit.events import DocumentDeleted, Event, Publisher, Subscriber, open_redis
from tests.datastores import Datastores
from tests.services import settings_for


async def test_silence_is_no_loss_and_a_dead_server_is(own_datastores: Datastores, monkeypatch: pytest.MonkeyPatch):
    stores = own_datastores
    monkeypatch.setattr(events, "_SILENCE_BEFORE_PING_S", 3.0)
    heard: asyncio.Queue[Event] = asyncio.Queue(10)
    returned = asyncio.Event()

    async def on_reconnect() -> None:
        returned.set()

    redis = open_redis(settings_for(stores))
    subscriber = Subscriber(redis, heard.put, on_reconnect=on_reconnect)
    task = asyncio.create_task(subscriber.run())
    try:
        await asyncio.wait_for(subscriber.subscribed.wait(), 20)
        returned.clear()  # set if the first connection took too long
        # Several pings' worth of nobody saying anything; an answer has as long as silence, on a busy machine too.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(returned.wait(), 8)
        assert subscriber.subscribed.is_set()
        assert not returned.is_set()

        stores.valkey.signal(signal.SIGSTOP)
        await _cleared(subscriber.subscribed)
        stores.valkey.signal(signal.SIGCONT)
        await asyncio.wait_for(returned.wait(), 20)

        event = DocumentDeleted(UUID(int=1))
        # Again until it comes: one that Redis does not take within a second is lost.
        async with asyncio.timeout(20):
            while heard.empty():
                await Publisher(redis).publish(event)
                await asyncio.sleep(0.1)
        assert heard.get_nowait() == event
    finally:
        stores.valkey.signal(signal.SIGCONT)
        task.cancel()
        await asyncio.wait({task})
        await redis.aclose()


async def _cleared(flag: asyncio.Event) -> None:
    async with asyncio.timeout(20):
        while flag.is_set():  # noqa: ASYNC110  # an event can be awaited for being set only
            await asyncio.sleep(0.02)
