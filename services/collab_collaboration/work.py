"""Work on whole documents, in processes of their own, so that nobody's typing waits for it.

Merging a log, encoding a large document, proving a snapshot or reading a text take up to seconds in which Python runs
nothing else: `pycrdt` keeps the interpreter's lock. Such a process (`worker.py`) is told what to do, one line each, and
reads and writes the stores itself. It is started when there is something to do, ends when it has had nothing to do for
a while, and when the service ends, however that ends: its standard input does then. Of the service it needs no more
than the environment, and no disk.
"""

import asyncio
import sys
from contextlib import suppress
from typing import Any, Final, Self, TypeVar
from uuid import UUID

import msgspec
from msgspec import Raw, Struct

from collab_collaboration.crdt import Unmergeable
from collab_collaboration.history.problems import (
    DocumentDamaged,
    DocumentTooLarge,
    NoSuchDocument,
    NoSuchVersion,
    TooLargeToCompare,
    TooManyVersions,
)
from collab_collaboration.history.store import StoredVersion
from collab_collaboration.metrics import DAMAGED, SALVAGED, WORK_SECONDS
from collab_collaboration.snapshots import DamagedDocument, DeletedDocument
from collab_kit.errors import FieldError, InvalidRequest, StoreUnavailable

__all__ = [
    "FAILURES",
    "MAX_LINE_BYTES",
    "Answer",
    "CatchUp",
    "Compact",
    "CompactionProcess",
    "Compare",
    "Failure",
    "Fill",
    "MakeVersion",
    "PlanRestore",
    "ReadText",
    "Request",
    "RestorePlan",
    "Text",
    "WorkProcess",
]

MAX_LINE_BYTES: Final = 256 * 1024 * 1024
"""Of a request or an answer: a document of the largest size as text."""
_PROGRAM: Final = "collab_collaboration.worker"
_COMPACTION_DEADLINE_S: Final = 300.0
_DEADLINE_S: Final = 12.0
"""Within what the gateway waits for an answer."""
_IDLE_S: Final = 60.0
_END_DEADLINE_S: Final = 2.0

AnswerT = TypeVar("AnswerT")


class Compact(Struct, frozen=True, tag=True):
    """`Documents.compact`; answered by the new base, or null."""

    document: UUID
    min_operations: int


class MakeVersion(Struct, frozen=True, tag=True):
    """`Versions.create`; answered by a `StoredVersion`."""

    document: UUID
    name: str
    user: UUID


class ReadText(Struct, frozen=True, tag=True):
    """What is in a document; answered by a `Text`."""

    document: UUID


class Fill(Struct, frozen=True, tag=True):
    """Begin a document that nobody has written in; answered by whether nobody had."""

    document: UUID
    user: UUID
    content: Raw


class Compare(Struct, frozen=True, tag=True):
    """What makes a version's text into another's, or into the present one; answered by a `Difference`."""

    document: UUID
    before: UUID
    after: UUID | None
    context: int | None


class PlanRestore(Struct, frozen=True, tag=True):
    """Find the edit that makes the text what it was in a version, and keep what it is; answered by a `RestorePlan`."""

    document: UUID
    version: UUID
    user: UUID


class CatchUp(Struct, frozen=True, tag=True):
    """`VersionMaker.catch_up`; answered by a `StoredVersion`."""

    document: UUID
    version: UUID
    until: bytes


Request = Compact | MakeVersion | ReadText | Fill | Compare | PlanRestore | CatchUp


class RestorePlan(Struct, frozen=True):
    """For a document in `epoch`: the edit, and the version that holds what was before it."""

    epoch: int
    update: bytes
    before: StoredVersion


class Text(Struct, frozen=True):
    sequence: int
    """The last operation that is in it."""
    content: Raw
    """The editor's JSON."""
    text: str


class Failure(Struct, frozen=True):
    name: str
    """Of one of `FAILURES`."""
    detail: str = ""
    errors: tuple[FieldError, ...] = ()


class Answer(Struct, frozen=True):
    value: Raw = Raw(b"null")
    failure: Failure | None = None
    damaged: int = 0
    """What the process has counted, to be added to what the service counts."""
    salvaged: int = 0


FAILURES: Final[dict[str, type[Exception]]] = {
    kind.__name__: kind
    for kind in (
        DamagedDocument,
        DeletedDocument,
        DocumentDamaged,
        DocumentTooLarge,
        InvalidRequest,
        NoSuchDocument,
        NoSuchVersion,
        StoreUnavailable,
        TooLargeToCompare,
        TooManyVersions,
        Unmergeable,
    )
}


class WorkProcess:
    """One thing at a time, in one process. Ended by leaving `async with`."""

    def __init__(self, *, niceness: int = 0, deadline_s: float = _DEADLINE_S, idle_s: float = _IDLE_S) -> None:
        self._niceness = niceness
        self._deadline_s = deadline_s
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

    async def version(self, document: UUID, *, name: str, user: UUID) -> StoredVersion:
        """Name the document as it is stored now.

        Raises:
            NoSuchDocument, TooManyVersions, DocumentDamaged, StoreUnavailable: there is no such version.
        """
        return await self._do(MakeVersion(document, name, user), StoredVersion)

    async def text(self, document: UUID) -> Text:
        """What is in a document, with all that was acknowledged.

        Raises:
            NoSuchDocument, DocumentDamaged, StoreUnavailable
        """
        return await self._do(ReadText(document), Text)

    async def fill(self, document: UUID, content: Raw, *, user: UUID) -> bool:
        """Let a document that nobody has written in begin with `content`, by `user`; false where somebody has.

        Raises:
            InvalidRequest: `content` is not what the editor makes.
            DocumentTooLarge: it is more than a document may hold.
            NoSuchDocument, DocumentDamaged, StoreUnavailable
        """
        return await self._do(Fill(document, user, content), bool)

    async def difference(self, document: UUID, before: UUID, after: UUID | None, *, context: int | None) -> Raw:
        """What makes a version's text into another's, or into the present one: a `Difference`, as JSON.

        Raises:
            NoSuchVersion, NoSuchDocument, TooLargeToCompare, DocumentDamaged, StoreUnavailable
        """
        return await self._do(Compare(document, before, after, context), Raw)

    async def plan_restore(self, document: UUID, version: UUID, *, user: UUID) -> RestorePlan | None:
        """The edit that makes the text what it was in a version; `None` where it is that already.

        Raises:
            NoSuchVersion, NoSuchDocument, TooManyVersions, DocumentTooLarge, DocumentDamaged, StoreUnavailable
        """
        kind: Any = RestorePlan | None
        return await self._do(PlanRestore(document, version, user), kind)

    async def catch_up(self, version: StoredVersion, *, until: bytes) -> StoredVersion:
        """As `VersionMaker.catch_up`.

        Raises:
            NoSuchVersion, DocumentDamaged, StoreUnavailable
        """
        return await self._do(CatchUp(version.document, version.id, until), StoredVersion)

    async def _do(self, request: Request, kind: type[AnswerT]) -> AnswerT:
        """Raises whatever of `FAILURES`, and `StoreUnavailable` when the process could not do it in time."""
        try:
            async with asyncio.timeout(self._deadline_s), self._one_at_a_time:
                self._cancel_ending()
                try:
                    with WORK_SECONDS.labels(type(request).__name__).time():
                        answer = await self._ask(request)
                except BaseException:
                    # Whatever it is at, its answer would be taken for that to the next question.
                    await self._end()
                    raise
                self._ending = asyncio.get_running_loop().call_later(self._idle_s, self._close_input)
        except TimeoutError as error:
            raise StoreUnavailable("The document could not be read or written in time.") from error
        DAMAGED.inc(answer.damaged)
        SALVAGED.inc(answer.salvaged)
        if answer.failure is not None:
            raise _raised(answer.failure)
        return msgspec.json.decode(answer.value, type=kind)

    async def _ask(self, request: Request) -> Answer:
        try:
            process = self._process
            if process is None or process.returncode is not None or process.stdin is None:
                process = await self._start()
            if process.stdin is None or process.stdout is None:
                raise StoreUnavailable("The worker has no pipes.")
            process.stdin.write(msgspec.json.encode(request) + b"\n")
            await process.stdin.drain()
            return msgspec.json.decode(await process.stdout.readline(), type=Answer)
        except (OSError, ValueError, msgspec.DecodeError) as error:
            raise StoreUnavailable(f"The worker failed ({type(error).__name__}).") from error

    async def _start(self) -> asyncio.subprocess.Process:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            _PROGRAM,
            str(self._niceness),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=MAX_LINE_BYTES,
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


class CompactionProcess(WorkProcess):
    """What `Documents.compact` does, giving way to everything else on its core."""

    def __init__(self, *, idle_s: float = _IDLE_S) -> None:
        super().__init__(niceness=10, deadline_s=_COMPACTION_DEADLINE_S, idle_s=idle_s)

    async def compact(self, document: UUID, *, min_operations: int) -> int | None:
        """As `Documents.compact`.

        Raises:
            DeletedDocument, DamagedDocument, Unmergeable, StoreUnavailable: also when the process could not do it.
        """
        kind: Any = int | None
        return await self._do(Compact(document, min_operations), kind)


def _raised(failure: Failure) -> Exception:
    if failure.errors:
        return InvalidRequest(failure.detail, errors=failure.errors)
    return FAILURES[failure.name](failure.detail)
