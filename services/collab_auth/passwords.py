"""Argon2id, off the event loop and never more at once than memory allows."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Self, TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError
from prometheus_client import Histogram

from collab_auth.settings import AuthSettings
from collab_kit.errors import Unavailable

__all__ = ["Busy", "Passwords"]

WAIT_DEADLINE_S = 5.0
_MAX_WAITING = 64

T = TypeVar("T")

_seconds = Histogram(
    "collab_auth_password_seconds",
    "Time to hash or verify a password, waiting included",
    buckets=(0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)


class Busy(Unavailable):
    slug = "busy"
    title = "Too many people sign in at this moment"


class Passwords:
    def __init__(self, settings: AuthSettings) -> None:
        self._hasher = PasswordHasher(
            time_cost=settings.password_passes,
            memory_cost=settings.password_memory_kib,
            parallelism=1,
            type=Type.ID,
        )
        self._workers = settings.password_workers
        self._executor: ThreadPoolExecutor | None = None
        self._waiting = 0
        # Verified when the account does not exist, so that both answers take as long.
        self._decoy = self._hasher.hash("a password nobody has")

    async def __aenter__(self) -> Self:
        self._executor = ThreadPoolExecutor(self._workers, thread_name_prefix="password")
        return self

    async def __aexit__(self, *_: object) -> None:
        executor, self._executor = self._executor, None
        if executor is not None:
            executor.shutdown(wait=True, cancel_futures=True)

    async def hash(self, password: str) -> str:
        return await self._run(lambda: self._hasher.hash(password))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether `password` is the one of `stored`; with none stored the answer is no, as slowly as otherwise."""
        matches = await self._run(lambda: self._matches(stored or self._decoy, password))
        return matches and stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Whether the hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

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
            with _seconds.time():
                return await asyncio.wait_for(future, WAIT_DEADLINE_S)
        except TimeoutError:
            raise Busy(retry_after_s=2) from None
        finally:
            self._waiting -= 1
