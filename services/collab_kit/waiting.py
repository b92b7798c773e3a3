"""Programs that wait for a store before services start: until it answers, until a deadline, until told to stop."""

import asyncio
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from collab_kit.logging import get_logger

__all__ = ["NotYet", "WaitedTooLong", "end_on_sigterm", "wait_for"]

PAUSE_S = 0.5

_log = get_logger()
AnswerT = TypeVar("AnswerT")


class NotYet(Exception):  # noqa: N818  # named for what it says
    """What is waited for is not so; the message says what is so instead."""


class WaitedTooLong(Exception):  # noqa: N818  # named for what it says
    """The deadline has passed; the message holds what was so until the end."""


async def wait_for(
    attempt: Callable[[], Awaitable[AnswerT]], *, what: str, wait_s: float, attempt_s: float = 10.0
) -> AnswerT:
    """What `attempt` returns once it does not raise `NotYet`. A line of the log for each change of what it says.

    An attempt that takes longer than `attempt_s` is one that found no answer. Raises `WaitedTooLong`.
    """
    end = time.monotonic() + wait_s
    said = ""
    while True:
        try:
            async with asyncio.timeout(attempt_s):
                return await attempt()
        except NotYet as error:
            reason = str(error)
        except TimeoutError:
            reason = f"no answer in {attempt_s:g} s"
        if reason != said:
            _log.info("waiting", what=what, reason=reason)
            said = reason
        if time.monotonic() + PAUSE_S > end:
            raise WaitedTooLong(f"not within {wait_s:g} s: {said}")
        await asyncio.sleep(PAUSE_S)


def end_on_sigterm() -> None:
    """As process 1 of a container a program without a handler is deaf to the signal, and killed half a minute later."""

    def end(number: int, _frame: object) -> None:
        sys.exit(128 + number)

    signal.signal(signal.SIGTERM, end)
