"""What replicas tell each other over Redis: committed operations at once, and who is present.

Messages may be lost, doubled or late. Operations carry their numbers, so a replica knows what it missed and reads it
from PostgreSQL; presence is renewed by clients every 15 s. While nobody else listens, nothing is sent but greetings.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable
from enum import IntEnum
from secrets import token_bytes
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast
from uuid import UUID

from collab_collaboration.lib0 import Malformed, read_bytes, read_uint, write_bytes, write_uint
from collab_collaboration.metrics import FANOUT, FANOUT_ITEMS
from collab_kit.events import REDIS_AWAY, REDIS_TIMEOUT_S
from collab_kit.logging import get_logger
from collab_kit.tasks import is_cancelled

if TYPE_CHECKING:
    from redis.asyncio import Redis

__all__ = ["CHANNEL", "Fanout", "Item", "ItemKind", "announce_replaced", "decode", "encode"]

CHANNEL: Final = "collab:collaboration"
VERSION: Final = 1
_ORIGIN_BYTES: Final = 8
_GREETING_INTERVAL_S: Final = 1.0
_SILENCE_BEFORE_PING_S: Final = 5.0
_MAX_WAITING_BYTES: Final = 16 * 1024 * 1024

_log = get_logger()


class ItemKind(IntEnum):
    OPERATIONS = 1
    PRESENCE = 2
    """Who is there with the sender, which has the document open."""
    OPENED = 3
    """The sender asks who has the document open too."""
    GREETING = 4
    REPLACED = 5
    """The document is in another epoch."""
    STATELESS = 6
    """From one person's application to the others', outside of the document: nothing of it is stored."""
    CLOSED = 7
    """The sender has the document open no more."""


class Item(NamedTuple):
    """`first` and `last` number the operations that `payload`, one Yjs update, holds.

    Of `OPENED` and `PRESENCE`, `last` is the last operation that the sender has; other kinds have no numbers.
    """

    kind: ItemKind
    document: UUID
    first: int = 0
    last: int = 0
    payload: bytes = b""


_ITEMS: Final = {kind: FANOUT_ITEMS.labels(kind.name.lower()) for kind in ItemKind}
_GREETING: Final = Item(ItemKind.GREETING, UUID(int=0))


def encode(origin: bytes, items: list[Item]) -> bytes:
    parts = [bytes((VERSION,)), origin]
    for kind, document, first, last, payload in items:
        parts += (bytes((kind,)), document.bytes, write_uint(first), write_uint(last), write_bytes(payload))
    return b"".join(parts)


def decode(message: bytes) -> tuple[bytes, list[Item]]:
    """The sender and what it says. Raises `Malformed`, also for another version."""
    if message[:1] != bytes((VERSION,)) or len(message) < 1 + _ORIGIN_BYTES:
        raise Malformed("not a message of this version")
    at = 1 + _ORIGIN_BYTES
    items: list[Item] = []
    while at < len(message):
        try:
            kind = ItemKind(message[at])
            document = UUID(bytes=message[at + 1 : at + 17])
        except ValueError:
            raise Malformed("not an item of this version") from None
        first, at = read_uint(message, at + 17)
        last, at = read_uint(message, at)
        payload, at = read_bytes(message, at)
        items.append(Item(kind, document, first, last, payload))
    return message[1 : 1 + _ORIGIN_BYTES], items


async def announce_replaced(redis: "Redis", document: UUID) -> None:
    """Have every replica notice now that a document is in another epoch; without Redis each does by itself, soon."""
    message = encode(token_bytes(_ORIGIN_BYTES), [Item(ItemKind.REPLACED, document)])
    try:
        async with asyncio.timeout(REDIS_TIMEOUT_S):
            await redis.publish(CHANNEL, message)  # pyright: ignore[reportUnknownMemberType]
    except REDIS_AWAY as error:
        _log.warning("replicas not told", error=str(error) or type(error).__name__)


class Fanout:
    """`receive` is called with the sender and each item of another replica, `on_gap` when some may have been missed."""

    def __init__(self, redis: "Redis", *, receive: Callable[[bytes, Item], None], on_gap: Callable[[], None]) -> None:
        self._redis = redis
        self._receive = receive
        self._on_gap = on_gap
        self._origin = token_bytes(_ORIGIN_BYTES)
        self._waiting: deque[Item] = deque()
        self._waiting_bytes = 0
        self._wake = asyncio.Event()
        self.is_alone = True
        """Nobody else listens, as far as is known."""
        self.is_connected = False

    def send(self, item: Item) -> None:
        """Queue for the next message; while Redis is slow the oldest are dropped, to be read from PostgreSQL."""
        if self.is_alone:
            return
        _ITEMS[item.kind].inc()
        self._waiting.append(item)
        self._waiting_bytes += len(item.payload)
        while self._waiting_bytes > _MAX_WAITING_BYTES:
            self._waiting_bytes -= len(self._waiting.popleft().payload)
            FANOUT.labels("out", "dropped").inc()
        self._wake.set()

    async def run_sender(self) -> None:
        """Send what is queued, all that is there in one message; greet when there has been nothing for a while."""
        while not is_cancelled():
            try:
                async with asyncio.timeout(_GREETING_INTERVAL_S):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            items = list(self._waiting) or [_GREETING]
            self._waiting.clear()
            self._waiting_bytes = 0
            try:
                async with asyncio.timeout(REDIS_TIMEOUT_S):
                    await self._publish(items)
            except REDIS_AWAY as error:
                FANOUT.labels("out", "failed").inc()
                _log.warning("replicas not told", error=str(error) or type(error).__name__)
                await asyncio.sleep(random.uniform(0.1, 0.5))  # noqa: S311  # jitter

    async def run_receiver(self) -> None:
        """Listen until cancelled, coming back after every loss."""
        while True:
            try:
                await self._listen()
            except REDIS_AWAY as error:
                _log.warning("replicas not heard", error=str(error) or type(error).__name__)
            finally:
                self.is_connected = False
            await asyncio.sleep(random.uniform(0.1, 1.0))  # noqa: S311  # jitter

    async def _publish(self, items: list[Item]) -> None:
        listeners = await self._redis.publish(CHANNEL, encode(self._origin, items))  # pyright: ignore[reportUnknownMemberType]
        FANOUT.labels("out", "sent").inc()
        # One of the listeners is this replica itself.
        self.is_alone = listeners <= int(self.is_connected)

    async def _listen(self) -> None:
        async with self._redis.pubsub() as pubsub:  # pyright: ignore[reportUnknownMemberType]
            await pubsub.subscribe(CHANNEL)  # pyright: ignore[reportUnknownMemberType]
            self.is_connected = True
            self.is_alone = False
            self._wake.set()
            self._on_gap()
            heard_at = time.monotonic()
            while True:
                message = cast("dict[str, Any] | None", await pubsub.get_message(timeout=_SILENCE_BEFORE_PING_S))
                if message is None:
                    # Every replica greets each second, this one included: silence is a connection cut without a word.
                    if time.monotonic() - heard_at > _SILENCE_BEFORE_PING_S:
                        raise TimeoutError("nothing heard, not even ourselves")
                    continue
                heard_at = time.monotonic()
                if message["type"] == "message":
                    self._deliver(cast("bytes", message["data"]))

    def _deliver(self, message: bytes) -> None:
        try:
            origin, items = decode(message)
        except Malformed:
            FANOUT.labels("in", "malformed").inc()
            return
        if origin == self._origin:
            return
        FANOUT.labels("in", "received").inc()
        self.is_alone = False
        for item in items:
            self._receive(origin, item)
