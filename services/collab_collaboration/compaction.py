"""Compaction in a process of its own, so that nobody's typing waits for it.

Merging a log, encoding a large document and proving a snapshot take up to seconds in which Python runs nothing else:
`pycrdt` keeps the interpreter's lock. The process (`compactor.py`) is told which documents, one line each, and reads
and writes the stores itself. It is started when there is something to do, gives way to everything else on its core,
ends when it has had nothing to do for a while, and when the service ends, however that ends: its standard input does
then. Of the service it needs no more than the environment, and no disk.
"""

import asyncio
import sys
from contextlib import suppress
from typing import Final, Literal, Self
from uuid import UUID

import msgspec
from msgspec import Struct

from collab_collaboration.crdt import Unmergeable
from collab_collaboration.metrics import COMPACTION_SECONDS, DAMAGED, SALVAGED
from collab_collaboration.snapshots import DamagedDocument, DeletedDocument
from collab_kit.errors import StoreUnavailable

__all__ = ["FAILURES", "Answer", "CompactionProcess", "Failure", "Request"]

_PROGRAM: Final = "collab_collaboration.compactor"
_DEADLINE_S: Final = 300.0
_IDLE_S: Final = 60.0
_END_DEADLINE_S: Final = 2.0

Failure = Literal["deleted", "damaged", "unmergeable", "store away"]
FAILURES: Final[dict[Failure, type[Exception]]] = {
    "deleted": DeletedDocument,
    "damaged": DamagedDocument,
    "unmergeable": Unmergeable,
    "store away": StoreUnavailable,
}


class Request(Struct, frozen=True):
    document: UUID
    min_operations: int


class Answer(Struct, frozen=True):
    base: int | None = None
    failure: Failure | None = None
    detail: str = ""
    damaged: int = 0
    """What the process has counted, to be added to what the service counts."""
    salvaged: int = 0


class CompactionProcess:
    """What `Documents.compact` does, elsewhere; one document at a time. Ended by leaving `async with`."""

    def __init__(self, *, idle_s: float = _IDLE_S) -> None:
        self._idle_s = idle_s
        self._process: asyncio.subprocess.Process | None = None
        self._one_at_a_time = asyncio.Lock()
        self._ending: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._cancel_ending()
        await self._end()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    async def compact(self, document: UUID, *, min_operations: int) -> int | None:
        """As `Documents.compact`.

        Raises:
            DeletedDocument, DamagedDocument, Unmergeable, StoreUnavailable: also when the process could not do it.
        """
        async with self._one_at_a_time:
            self._cancel_ending()
            try:
                with COMPACTION_SECONDS.time():
                    answer = await self._ask(Request(document, min_operations))
            except BaseException:
                # Whatever it is at, its answer would be taken for that to the next question.
                await self._end()
                raise
            self._ending = asyncio.get_running_loop().call_later(self._idle_s, self._close_input)
        DAMAGED.inc(answer.damaged)
        SALVAGED.inc(answer.salvaged)
        if answer.failure is not None:
            raise FAILURES[answer.failure](answer.detail)
        return answer.base

    async def _ask(self, request: Request) -> Answer:
        try:
            async with asyncio.timeout(_DEADLINE_S):
                process = self._process
                if process is None or process.returncode is not None or process.stdin is None:
                    process = await self._start()
                if process.stdin is None or process.stdout is None:
                    raise StoreUnavailable("The compaction process has no pipes.")
                process.stdin.write(msgspec.json.encode(request) + b"\n")
                await process.stdin.drain()
                line = await process.stdout.readline()
                return msgspec.json.decode(line, type=Answer)
        except (OSError, TimeoutError, msgspec.DecodeError) as error:
            raise StoreUnavailable(f"The compaction process failed ({type(error).__name__}).") from error

    async def _start(self) -> asyncio.subprocess.Process:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", _PROGRAM, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        return self._process

    def _close_input(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.stdin is not None:
            process.stdin.close()

    def _cancel_ending(self) -> None:
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None

    async def _end(self) -> None:
        process = self._process
        self._close_input()
        if process is None:
            return
        try:
            await asyncio.wait_for(process.wait(), _END_DEADLINE_S)
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
