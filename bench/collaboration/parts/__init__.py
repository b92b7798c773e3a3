"""What `make bench-collab` measures, a module for each question."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

import msgspec
import uvloop

from bench.collaboration.results import Results

__all__ = ["FAILURES", "Run", "in_loop", "reason"]

FAILURES = (ConnectionError, TimeoutError, OSError, RuntimeError, AssertionError, LookupError, ValueError)
"""What a server that fails makes of a measurement: a row with a remark, never the end of the benchmark."""

AnswerT = TypeVar("AnswerT")


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """What to measure, how, and where to put it."""

    servers: Sequence[str]
    results: Results
    processor: int | None
    """For the servers; the load client has the others."""
    seconds: float
    repeats: int
    quick: bool


def in_loop(work: Coroutine[Any, Any, AnswerT]) -> AnswerT:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def reason(error: BaseException) -> str:
    """One line for a remark."""
    return (str(error) or type(error).__name__).splitlines()[0][:300]
