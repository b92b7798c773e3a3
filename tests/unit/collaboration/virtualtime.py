"""An event loop whose clock stands still while there is something to do, and jumps ahead when there is not."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import TypeVar

__all__ = ["run"]

T = TypeVar("T")


class _Selector(selectors.SelectSelector):
    """Waits for nothing, and remembers for how long it should have."""

    waited_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "nothing will ever happen again"
        self.waited_s += max(0.0, timeout)
        return super().select(0)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._clock = _Selector()
        super().__init__(self._clock)

    def time(self) -> float:
        return self._clock.waited_s


def run(main: Coroutine[object, object, T]) -> T:
    """`asyncio.run`, at once: sleeping takes no time, and what happens when depends on nothing outside."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(main)
