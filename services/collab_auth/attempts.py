"""Slows down who guesses: attempts are counted in Redis, by e-mail and address together, by each of them, and in all.

By both together first, so that a stranger cannot lock a person out. Who guesses at one person's password from many
addresses is stopped by the count of the e-mail, which lets those addresses pass that the person signed in from before;
who tries many people's from one address, by the count of the address. Of IPv6 an address is a network of 64 bits: that
much one subscriber has, and may take another address of it for each attempt.
"""

import hashlib
from ipaddress import IPv6Address, ip_address
from typing import Any

from msgspec import Struct
from prometheus_client import Counter
from redis.asyncio import Redis

from collab_auth.problems import TooManyAttempts
from collab_auth.settings import AuthSettings
from collab_kit.events import REDIS_AWAY
from collab_kit.logging import get_logger

__all__ = ["Attempts"]

KNOWN_FOR_S = 30 * 86_400
"""How long an address stays known as one that somebody signed in from."""

_log = get_logger()
_outcomes = Counter("collab_auth_attempts_total", "Attempts that are limited, by what the limit said", ["outcome"])


class _Count(Struct, frozen=True):
    number: int
    ttl_s: int


class Attempts:
    def __init__(self, redis: "Redis", settings: AuthSettings) -> None:
        self._redis = redis
        self._limit = settings.sign_in_attempts
        self._email_limit = settings.sign_in_email_attempts
        self._address_limit = settings.sign_in_address_attempts
        self._window_s = settings.sign_in_window_s

    async def begin(self, email: str, address: str) -> None:
        """Count an attempt before it is verified, so that many at once cannot slip through together.

        Lets everyone pass while Redis is away: guesses at Argon2's pace are the lesser harm than nobody signing in.

        Raises:
            TooManyAttempts: with the seconds until the window ends.
        """
        address = _network(address)
        keys = (_key("pair", email, address), _key("email", email), _key("address", address))
        try:
            async with self._redis.pipeline(transaction=True) as pipeline:
                for key in keys:
                    self._count(pipeline, key)
                pipeline.exists(_key("known", email, address))  # pyright: ignore[reportUnknownMemberType]
                answers: list[Any] = await pipeline.execute()
        except REDIS_AWAY as error:
            self._pass(error)
            return
        pair, of_email, of_address = (_Count(int(answers[i + 1]), int(answers[i + 2])) for i in (0, 3, 6))
        is_known = bool(answers[9])
        over = [
            count
            for count, limit in (
                (pair, self._limit),
                (of_address, self._address_limit),
                *(() if is_known else ((of_email, self._email_limit),)),
            )
            if count.number > limit
        ]
        self._decide(over)

    async def forget(self, email: str, address: str) -> None:
        """The attempt succeeded: it was no guess, and the address is known from now on."""
        await self._undo(email, address, succeeded=True)

    async def take_back(self, email: str, address: str) -> None:
        """The attempt came to nothing, for a reason of ours."""
        await self._undo(email, address, succeeded=False)

    async def spend_from(self, kind: str, address: str | None, *, limit: int) -> None:
        """Count one of `limit` that an address has in a window. Raises `TooManyAttempts`."""
        await self.spend(kind, _network(address or "unknown"), limit=limit)

    async def give_back_from(self, kind: str, address: str | None) -> None:
        """It was none of those that are counted."""
        await self._give_back(_key(kind, _network(address or "unknown")))

    async def spend(self, kind: str, subject: str, *, limit: int) -> None:
        """Count one of `limit` that `subject` has in a window. Raises `TooManyAttempts`."""
        try:
            async with self._redis.pipeline(transaction=True) as pipeline:
                self._count(pipeline, _key(kind, subject))
                answers: list[Any] = await pipeline.execute()
        except REDIS_AWAY as error:
            self._pass(error)
            return
        count = _Count(int(answers[1]), int(answers[2]))
        self._decide([count] if count.number > limit else [])

    async def _undo(self, email: str, address: str, *, succeeded: bool) -> None:
        address = _network(address)
        pair, known = _key("pair", email, address), _key("known", email, address)
        keys = (pair, _key("email", email), _key("address", address))
        await self._give_back(*keys, done=pair if succeeded else None, known=known if succeeded else None)

    async def _give_back(self, *keys: str, done: str | None = None, known: str | None = None) -> None:
        try:
            async with self._redis.pipeline(transaction=True) as pipeline:
                for key in keys:
                    # It may have expired meanwhile; without an expiry it would then stay for ever.
                    pipeline.set(key, 1, ex=self._window_s, nx=True)
                    pipeline.decr(key)
                if done is not None:
                    pipeline.delete(done)
                if known is not None:
                    pipeline.set(known, 1, ex=KNOWN_FOR_S)
                await pipeline.execute()
        except REDIS_AWAY as error:
            _log.warning("attempts not forgotten", error=str(error) or type(error).__name__)

    def _count(self, pipeline: Any, key: str) -> None:
        # SET NX with the expiry first: a counter without one, left by a crash in between, would lock for ever.
        pipeline.set(key, 0, ex=self._window_s, nx=True)
        pipeline.incr(key)
        pipeline.ttl(key)

    def _pass(self, error: Exception) -> None:
        _outcomes.labels("unknown").inc()
        _log.warning("attempts not counted", error=str(error) or type(error).__name__)

    def _decide(self, over: list[_Count]) -> None:
        if over:
            _outcomes.labels("refused").inc()
            raise TooManyAttempts("Wait before you try again.", retry_after_s=max(1, *(count.ttl_s for count in over)))
        _outcomes.labels("allowed").inc()


def _network(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(IPv6Address(int(parsed) >> 64 << 64))


def _key(kind: str, *subject: str) -> str:
    # Hashed: Redis need not know who tries to sign in.
    digest = hashlib.sha256("\0".join(subject).encode()).hexdigest()[:32]
    return f"collab:auth:attempts:{kind}:{digest}"
