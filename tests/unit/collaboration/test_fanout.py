"""The way to other replicas, with a Redis that is none."""

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, cast
from uuid import UUID

from collab_collaboration.fanout import Fanout, Item, ItemKind

if TYPE_CHECKING:
    from redis.asyncio import Redis


class SwallowingRedis:
    """As redis-py, which sends in `asyncio.wait_for`: before Python 3.12 that may keep a cancellation to itself."""

    def __init__(self) -> None:
        self.publishing = asyncio.Event()

    async def publish(self, channel: str, message: bytes) -> int:
        assert channel
        assert message
        if self.publishing.is_set():
            await asyncio.sleep(60)
        self.publishing.set()
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        return 2


async def test_the_sender_ends_when_it_is_cancelled_while_it_sends() -> None:
    redis = SwallowingRedis()
    fanout = Fanout(cast("Redis", redis), receive=lambda _origin, _item: None, on_gap=lambda: None)
    fanout.is_alone = False
    fanout.send(Item(ItemKind.CLOSED, UUID(int=1)))
    sending = asyncio.create_task(fanout.run_sender())
    await asyncio.wait_for(redis.publishing.wait(), 30)
    sending.cancel()
    done, _ = await asyncio.wait({sending}, timeout=10)
    assert done
