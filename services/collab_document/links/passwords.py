"""Passwords of links: Argon2id off the event loop, and a limit to guessing."""

import asyncio
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Self, TypeVar
from uuid import UUID

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError
from prometheus_client import Counter
from redis.asyncio import Redis

from collab_kit.errors import TooManyRequests, Unavailable
from collab_kit.events import REDIS_AWAY
from collab_kit.logging import get_logger

__all__ = ["Attempts", "Busy", "LinkPasswords"]

WAIT_DEADLINE_S: Final = 5.0
_MAX_WAITING: Final = 32
_MEMORY_KIB: Final = 19_456
_PASSES: Final = 2

T = TypeVar("T")

_log = get_logger()
_outcomes = Counter(
    "collab_document_link_attempts_total", "What was tried through links, by what the limit said", ["outcome"]
)


class Busy(Unavailable):
    slug = "busy"
    title = "Too many people open links at this moment"


class LinkPasswords:
    """One thread: a password takes it some hundredths of a second and 19 MiB."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=_PASSES, memory_cost=_MEMORY_KIB, parallelism=1, type=Type.ID)
        self._executor: ThreadPoolExecutor | None = None
        self._waiting = 0

    async def __aenter__(self) -> Self:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="link-password")
        return self

    async def __aexit__(self, *_: object) -> None:
        executor, self._executor = self._executor, None
        if executor is not None:
            executor.shutdown(wait=True, cancel_futures=True)

    async def hash(self, password: str) -> str:
        """Raises `Busy`."""
        return await self._run(lambda: self._hasher.hash(password))

    async def verify(self, stored: str, password: str) -> bool:
        """Raises `Busy`."""
        return await self._run(lambda: self._matches(stored, password))

    def _matches(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], T]) -> T:
        if self._executor is None or self._waiting >= _MAX_WAITING:
            raise Busy(retry_after_s=2)
        self._waiting += 1
        future = asyncio.get_running_loop().run_in_executor(self._executor, work)
        try:
            return await asyncio.wait_for(future, WAIT_DEADLINE_S)
        except TimeoutError:
            raise Busy(retry_after_s=2) from None
        finally:
            self._waiting -= 1


class Attempts:
    """What is tried through one link from one address: by both, so that a stranger cannot lock the others out."""

    def __init__(self, redis: "Redis", *, kind: str, limit: int, window_s: int, refusal: type[TooManyRequests]) -> None:
        self._redis = redis
        self._kind = kind
        self._refusal = refusal
        self._limit = limit
        self._window_s = window_s

    async def begin(self, link: UUID, address: str) -> None:
        """Count an attempt before it is verified, so that many at once cannot slip through together.

        Lets everyone pass while Redis is away, at Argon2's pace. Raises the refusal, with the seconds until the
        window ends.
        """
        key = self._key(link, address)
        try:
            async with self._redis.pipeline(transaction=True) as pipeline:
                # SET NX with the expiry first: a counter without one, left by a crash in between, would lock for ever.
                pipeline.set(key, 0, ex=self._window_s, nx=True)
                pipeline.incr(key)
                pipeline.ttl(key)
                _, count, ttl_s = await pipeline.execute()
        except REDIS_AWAY as error:
            _outcomes.labels("unknown").inc()
            _log.warning("link attempts not counted", error=str(error) or type(error).__name__)
            return
        if int(count) > self._limit:
            _outcomes.labels("refused").inc()
            raise self._refusal("Wait before you try again.", retry_after_s=max(1, int(ttl_s)))
        _outcomes.labels("allowed").inc()

    async def forget(self, link: UUID, address: str) -> None:
        """The attempt succeeded: start counting anew."""
        try:
            await self._redis.delete(self._key(link, address))
        except REDIS_AWAY as error:
            _log.warning("link attempts not forgotten", error=str(error) or type(error).__name__)

    def _key(self, link: UUID, address: str) -> str:
        # Hashed: Redis need not know who opens what.
        hashed = hashlib.sha256(f"{link}\0{address}".encode()).hexdigest()[:32]
        return f"collab:document:{self._kind}:{hashed}"
