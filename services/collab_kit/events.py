"""Hints between services over Redis publish/subscribe, as `docs/interfaces.md` lists them.

An event may be lost: whoever misses one is late, never wrong. So publishing fails no request, and a subscriber that
was away is told (`on_reconnect`) that it may have missed something.
"""

import asyncio
import random
import ssl
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Literal, cast
from uuid import UUID

import msgspec
from msgspec import Struct
from prometheus_client import Counter

# redis-py leaves **kwargs of its methods untyped: hence reportUnknownMemberType below.
from redis.asyncio import BlockingConnectionPool, Redis, SSLConnection
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from collab_kit.logging import get_logger
from collab_kit.settings import ServiceSettings
from collab_kit.tls import trust
from collab_kit.tokens import Role

__all__ = [
    "CHANNEL",
    "REDIS_AWAY",
    "REDIS_TIMEOUT_S",
    "AccessChanged",
    "AccountEnded",
    "DocumentDeleted",
    "DocumentEdited",
    "DocumentNews",
    "Event",
    "MemberChanged",
    "Publisher",
    "Subscriber",
    "Topic",
    "open_redis",
]

CHANNEL = "collab:events"

REDIS_TIMEOUT_S = 1.0
REDIS_AWAY = (RedisError, OSError, TimeoutError, RuntimeError)
"""What a command raises when Redis is not there; uvloop has a `RuntimeError` for a connection lost in that moment."""
_SILENCE_BEFORE_PING_S = 15.0
_MAX_BACKOFF_S = 5.0

_log = get_logger()
_published = Counter("collab_events_published_total", "Events published", ["type", "outcome"])
_received = Counter("collab_events_received_total", "Events received", ["type", "outcome"])
_reconnects = Counter("collab_events_reconnects_total", "Times the subscription was lost")


Topic = Literal["title", "comments", "versions", "attachments"]


class DocumentEdited(Struct, frozen=True, tag_field="type", tag="document.edited"):
    document: UUID
    user: UUID
    at: datetime


class DocumentDeleted(Struct, frozen=True, tag_field="type", tag="document.deleted"):
    document: UUID


class MemberChanged(Struct, frozen=True, tag_field="type", tag="member.changed"):
    """`role` is `None` when that person is no longer a member."""

    document: UUID
    user: UUID
    role: Role | None


class AccessChanged(Struct, frozen=True, tag_field="type", tag="access.changed"):
    """Who may do what in `document` has changed in a way that names no one person: a team, a link, the trash."""

    document: UUID


class DocumentNews(Struct, frozen=True, tag_field="type", tag="document.news"):
    """Something beside the text is new: whoever has `document` open should ask for it again."""

    document: UUID
    topic: Topic


class AccountEnded(Struct, frozen=True, tag_field="type", tag="account.ended"):
    """`user` was disabled or erased: every connection of theirs ends."""

    user: UUID


Event = DocumentEdited | DocumentDeleted | MemberChanged | AccessChanged | DocumentNews | AccountEnded


def open_redis(settings: ServiceSettings) -> "Redis":
    """A client whose every command ends within `REDIS_TIMEOUT_S`; it connects at the first one."""
    options: dict[str, Any] = {**parse_url(settings.redis_url)}
    if settings.redis_url.startswith("rediss:"):
        options |= {"connection_class": _TlsConnection, "tls": trust(settings.ca_file, "redis")}
    pool = BlockingConnectionPool(
        **options,
        password=settings.redis_password.reveal(),
        client_name=settings.instance,
        protocol=2,
        max_connections=8,
        timeout=REDIS_TIMEOUT_S,
        socket_timeout=REDIS_TIMEOUT_S,
        socket_connect_timeout=REDIS_TIMEOUT_S,
        retry=Retry(NoBackoff(), 1),
    )
    return Redis.from_pool(pool)


class _TlsConnection(SSLConnection):
    """With a context that all connections share: the library would read the authorities anew for each."""

    def __init__(self, *, tls: ssl.SSLContext, **options: Any) -> None:
        super().__init__(**options)  # pyright: ignore[reportUnknownMemberType]  # the library leaves it untyped
        self.ssl_context.context = tls


class Publisher:
    def __init__(self, redis: "Redis") -> None:
        self._redis = redis

    async def publish(self, event: Event) -> None:
        """Send the hint, or log and count that it was not sent."""
        kind = _kind(event)
        try:
            async with asyncio.timeout(REDIS_TIMEOUT_S):
                await self._redis.publish(CHANNEL, msgspec.json.encode(event))  # pyright: ignore[reportUnknownMemberType]
        except REDIS_AWAY as error:
            _published.labels(kind, "failed").inc()
            _log.warning("event not published", type=kind, error=str(error) or type(error).__name__)
        else:
            _published.labels(kind, "sent").inc()


class Subscriber:
    """Hands every event to `handle`, one after another, for as long as `run` runs.

    Bounded by Redis itself: it drops a subscriber that reads too slowly, who then comes back through `on_reconnect`.
    """

    def __init__(
        self,
        redis: "Redis",
        handle: Callable[[Event], Awaitable[None]],
        *,
        on_reconnect: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._redis = redis
        self._handle = handle
        self._on_reconnect = on_reconnect
        self.subscribed = asyncio.Event()
        """Set while the subscription stands."""

    async def run(self) -> None:
        """Runs until cancelled; coming back after an outage is delayed by up to `_MAX_BACKOFF_S`, with jitter."""
        failures = 0
        lost = False
        while True:
            try:
                await self._listen(after_loss=lost)
            except REDIS_AWAY as error:
                failures = 1 if self.subscribed.is_set() else failures + 1
                _reconnects.inc()
                _log.warning("event subscription lost", failures=failures, error=str(error) or type(error).__name__)
            finally:
                self.subscribed.clear()
            lost = True
            await asyncio.sleep(random.uniform(0.05, min(_MAX_BACKOFF_S, 0.1 * 2 ** min(failures, 10))))  # noqa: S311  # jitter

    async def _listen(self, *, after_loss: bool) -> None:
        async with self._redis.pubsub() as pubsub:  # pyright: ignore[reportUnknownMemberType]
            await pubsub.subscribe(CHANNEL)  # pyright: ignore[reportUnknownMemberType]
            self.subscribed.set()
            if after_loss and self._on_reconnect is not None:
                await self._on_reconnect()
            pinged = False
            while True:
                message = cast("dict[str, Any] | None", await pubsub.get_message(timeout=_SILENCE_BEFORE_PING_S))
                if message is None:
                    # A connection cut without a word looks just like silence: ask, and take no answer for a loss.
                    if pinged:
                        raise TimeoutError("no answer to the ping")
                    await pubsub.ping()  # pyright: ignore[reportUnknownMemberType]
                    pinged = True
                    continue
                pinged = False
                if message["type"] == "message":
                    await self._deliver(cast("bytes", message["data"]))

    async def _deliver(self, raw: bytes) -> None:
        try:
            event = msgspec.json.decode(raw, type=Event)
        except msgspec.DecodeError as error:
            # Also what a newer replica may say that this one does not know yet.
            _received.labels("unknown", "ignored").inc()
            _log.debug("event ignored", error=str(error))
            return
        kind = _kind(event)
        try:
            await self._handle(event)
        except Exception as error:  # noqa: BLE001  # one event that fails must not end the subscription
            _received.labels(kind, "failed").inc()
            _log.error("event not handled", type=kind, exc_info=error)
        else:
            _received.labels(kind, "handled").inc()


def _kind(event: Event) -> str:
    return str(event.__struct_config__.tag)
