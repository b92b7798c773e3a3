"""`python -m collab_collaboration.worker NICENESS`: does what it is told on standard input; see `work.py`."""

from collab_kit.lean import keep_lean

keep_lean()

# Imports after `keep_lean`, or it would be in vain.
import asyncio  # noqa: E402
import os  # noqa: E402
import secrets  # noqa: E402
import signal  # noqa: E402
import sys  # noqa: E402
from contextlib import suppress  # noqa: E402
from typing import NoReturn  # noqa: E402
from uuid import UUID  # noqa: E402

import msgspec  # noqa: E402
from msgspec import Raw, structs  # noqa: E402
from prometheus_client import REGISTRY  # noqa: E402

from collab_collaboration.content.reading import to_json  # noqa: E402
from collab_collaboration.content.text import plain_text  # noqa: E402
from collab_collaboration.content.writing import WrongContent, from_json  # noqa: E402
from collab_collaboration.crdt import Unmergeable  # noqa: E402
from collab_collaboration.history.making import VersionMaker  # noqa: E402
from collab_collaboration.history.problems import DocumentDamaged, DocumentTooLarge, NoSuchDocument  # noqa: E402
from collab_collaboration.history.reviewing import Reviewer  # noqa: E402
from collab_collaboration.history.store import HistoryStore  # noqa: E402
from collab_collaboration.history.versions import Versions  # noqa: E402
from collab_collaboration.objects import Objects  # noqa: E402
from collab_collaboration.oplog import OperationLog  # noqa: E402
from collab_collaboration.settings import CollaborationSettings  # noqa: E402
from collab_collaboration.snapshots import DamagedDocument, DeletedDocument, Documents  # noqa: E402
from collab_collaboration.work import (  # noqa: E402
    FAILURES,
    MAX_LINE_BYTES,
    Answer,
    CatchUp,
    Compact,
    Compare,
    Failure,
    Fill,
    MakeVersion,
    PlanRestore,
    ReadText,
    Request,
    Text,
)
from collab_kit.database import Database  # noqa: E402
from collab_kit.errors import FieldError, InvalidRequest, Problem, StoreUnavailable  # noqa: E402
from collab_kit.logging import configure_logging, get_logger  # noqa: E402
from collab_kit.settings import SettingsError, exit_with, load_settings  # noqa: E402

__all__ = ["main"]

_log = get_logger()


class Worker:
    def __init__(self, settings: CollaborationSettings, database: Database) -> None:
        self._max_document_bytes = settings.max_document_bytes
        objects = Objects(settings)
        self._log = OperationLog(database)
        self._documents = Documents(self._log, objects, settle_s=settings.snapshot_settle_s)
        store = HistoryStore(database)
        self._maker = VersionMaker(store, self._log, self._documents, objects)
        self._reviewer = Reviewer(Versions(store, objects), self._maker, max_document_bytes=settings.max_document_bytes)

    async def answer(self, request: Request) -> Answer:
        before = _counted()
        value = Raw(b"null")
        failure: Failure | None = None
        try:
            value = Raw(msgspec.json.encode(await self._do(request)))
        except tuple(FAILURES.values()) as error:
            errors = error.errors if isinstance(error, Problem) else ()
            name = next(name for name, kind in FAILURES.items() if isinstance(error, kind))
            failure = Failure(name, str(error), errors)
        damaged, salvaged = (int(now - then) for now, then in zip(_counted(), before, strict=True))
        return Answer(value, failure, damaged, salvaged)

    async def _do(self, request: Request) -> object:
        answer: object
        match request:
            case Compact(document, min_operations):
                answer = await self._documents.compact(document, min_operations=min_operations)
            case MakeVersion(document, name, user):
                answer = await self._maker.create(document, name=name, user=user)
            case ReadText(document):
                answer = await self._read(document)
            case Fill(document, user, content):
                answer = await self._fill(document, user, content)
            case Compare(document, before, after, context):
                answer = await self._reviewer.compare(document, before, after, context=context)
            case PlanRestore(document, version, user):
                answer = await self._reviewer.plan_restore(document, version, user=user)
            case CatchUp(document, version, until):
                answer = await self._reviewer.catch_up(document, version, until=until)
        return answer

    async def _read(self, document: UUID) -> Text:
        loaded = await self._maker.load(document)
        content = to_json(loaded.doc)
        return Text(loaded.head, Raw(msgspec.json.encode(content)), plain_text(content))

    async def _fill(self, document: UUID, user: UUID, content: Raw) -> bool:
        client = secrets.randbits(32)
        try:
            update = from_json(msgspec.json.decode(content), client=client)
        except WrongContent as error:
            raise InvalidRequest("This is not a document.", errors=[FieldError(error.path, error.expected)]) from error
        except msgspec.DecodeError as error:
            raise InvalidRequest(str(error)) from error
        if len(update) > self._max_document_bytes:
            raise DocumentTooLarge(f"Expected at most {self._max_document_bytes} bytes of content.")
        try:
            epoch = await self._documents.replace(document, update, over_head=0)
        except DeletedDocument as error:
            raise NoSuchDocument from error
        except (DamagedDocument, Unmergeable) as error:
            raise DocumentDamaged from error
        if epoch is None:
            return False
        await self._log.record_clients(document, {client: user})
        return True


async def _serve(settings: CollaborationSettings) -> None:
    """Answer requests until standard input ends, even in the middle of one."""
    loop = asyncio.get_running_loop()
    requests = asyncio.StreamReader(limit=MAX_LINE_BYTES)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(requests), sys.stdin)
    async with Database(structs.replace(settings, database_pool_max=1)) as database:
        worker = Worker(settings, database)
        while line := await requests.readline():
            working = asyncio.create_task(worker.answer(msgspec.json.decode(line, type=Request)))
            # The service asks nothing more before it has its answer: whatever is to be read is the end.
            ended = asyncio.create_task(requests.read(1))
            await asyncio.wait({working, ended}, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                working.cancel()
                await asyncio.wait({working})
                return
            ended.cancel()
            await asyncio.wait({ended})
            with suppress(BrokenPipeError):  # the service has ended just now; so does standard input
                _write(msgspec.json.encode(working.result()) + b"\n")


def _write(line: bytes) -> None:
    left = memoryview(line)
    while left:
        left = left[os.write(sys.stdout.fileno(), left) :]


def _counted() -> tuple[float, float]:
    return (
        REGISTRY.get_sample_value("collab_snapshots_damaged_total") or 0.0,
        REGISTRY.get_sample_value("collab_operations_left_out_total") or 0.0,
    )


def main() -> NoReturn:
    # A terminal's Ctrl-C is for the service, which ends this process when it has drained.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(int(sys.argv[1]))
    try:
        settings = load_settings(CollaborationSettings)
    except SettingsError as error:
        exit_with(error)
    # Standard output is for the answers.
    configure_logging(service="collaboration", instance=settings.instance, level=settings.log_level, stream=sys.stderr)
    try:
        asyncio.run(_serve(settings))
    except StoreUnavailable as error:
        _log.warning("nothing can be done", reason=str(error))
        sys.exit(1)
    # An upload that was given up may go on in a thread of the object store's library, which panics, and says so at
    # length, when it finds the interpreter torn down.
    os._exit(0)


if __name__ == "__main__":
    main()
