"""Has pictures drawn, each by a process of its own, a few at a time."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from typing import Final

from prometheus_client import Counter

from collab_kit.logging import get_logger
from collab_user.avatars.drawing import EXIT_NOT_AN_IMAGE
from collab_user.avatars.problems import NotAnImage
from collab_user.problems import Busy

__all__ = ["Studio"]

DEADLINE_S: Final = 15.0
_AT_ONCE: Final = 1
_MAX_WAITING: Final = 8
"""Each holds what it was sent in memory."""

_log = get_logger()
_drawn = Counter("collab_user_avatars_drawn_total", "Pictures that were sent to be drawn", ["outcome"])


class Studio:
    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(_AT_ONCE)
        self._inside = 0

    async def draw(self, content: bytes) -> bytes:
        """Raises `NotAnImage`, or `Busy` while too many others wait."""
        if self._inside >= _AT_ONCE + _MAX_WAITING:
            _drawn.labels("busy").inc()
            raise Busy("Too many pictures are being drawn. Try again.", retry_after_s=5)
        self._inside += 1
        try:
            async with self._turn:
                return await self._draw(content)
        finally:
            self._inside -= 1

    async def _draw(self, content: bytes) -> bytes:
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-I", "-m", "collab_user.avatars.drawing",
                stdin=PIPE, stdout=PIPE, stderr=PIPE, env={},
            )  # fmt: skip
        except OSError as error:
            _drawn.labels("failed").inc()
            _log.error("no process to draw a picture", error=error.strerror or type(error).__name__)
            raise Busy("The picture cannot be drawn at the moment. Try again.", retry_after_s=5) from None
        try:
            async with asyncio.timeout(DEADLINE_S):
                said, complaint = await process.communicate(content)
        except TimeoutError:
            _drawn.labels("refused").inc()
            raise NotAnImage("It takes too long to draw.") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode == 0:
            _drawn.labels("drawn").inc()
            return said
        _drawn.labels("refused").inc()
        if process.returncode == EXIT_NOT_AN_IMAGE:
            raise NotAnImage(said.decode())
        # Killed, or out of memory: what was sent asked for more than any picture needs.
        _log.warning("drawing failed", exit_code=process.returncode, error=complaint.decode(errors="replace")[-300:])
        raise NotAnImage("It cannot be drawn.")
