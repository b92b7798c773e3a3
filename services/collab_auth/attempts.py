"""Slows down who guesses passwords: failed sign-ins are counted in Redis by e-mail and address together.

By both, so that a stranger cannot lock a person out; guessing from many addresses is the gateway's rate limit to stop.
"""

import hashlib

from prometheus_client import Counter
from redis.asyncio import Redis

from collab_auth.problems import TooManyAttempts
from collab_auth.settings import AuthSettings
from collab_kit.events import REDIS_AWAY
from collab_kit.logging import get_logger

__all__ = ["Attempts"]

_log = get_logger()
_outcomes = Counter("collab_auth_attempts_total", "Sign-in attempts by what the limit said", ["outcome"])


class Attempts:
    def __init__(self, redis: "Redis", settings: AuthSettings) -> None:
        self._redis = redis
        self._limit = settings.sign_in_attempts
        self._window_s = settings.sign_in_window_s

    async def begin(self, email: str, address: str) -> None:
        """Count an attempt before it is verified, so that many at once cannot slip through together.

        Lets everyone pass while Redis is away: guesses at Argon2's pace are the lesser harm than nobody signing in.

        Raises:
            TooManyAttempts: with the seconds until the window ends.
        """
        key = _key(email, address)
        try:
            async with self._redis.pipeline(transaction=True) as pipeline:
                # SET NX with the expiry first: a counter without one, left by a crash in between, would lock for ever.
                pipeline.set(key, 0, ex=self._window_s, nx=True)
                pipeline.incr(key)
                pipeline.ttl(key)
                _, count, ttl_s = await pipeline.execute()
        except REDIS_AWAY as error:
            _outcomes.labels("unknown").inc()
            _log.warning("sign-in attempts not counted", error=str(error) or type(error).__name__)
            return
        if int(count) > self._limit:
            _outcomes.labels("refused").inc()
            raise TooManyAttempts("Wait before you try again.", retry_after_s=max(1, int(ttl_s)))
        _outcomes.labels("allowed").inc()

    async def forget(self, email: str, address: str) -> None:
        """The attempt succeeded: start counting anew."""
        try:
            await self._redis.delete(_key(email, address))
        except REDIS_AWAY as error:
            _log.warning("sign-in attempts not forgotten", error=str(error) or type(error).__name__)


def _key(email: str, address: str) -> str:
    # Hashed: Redis need not know who tries to sign in.
    return "collab:auth:attempts:" + hashlib.sha256(f"{email}\0{address}".encode()).hexdigest()[:32]
