"""`python -m collab_collaboration.compactor`: compacts documents it is told on standard input; see `compaction.py`."""

from collab_kit.lean import keep_lean

keep_lean()

# Imports after `keep_lean`, or it would be in vain.
import asyncio  # noqa: E402
import os  # noqa: E402
import signal  # noqa: E402
import sys  # noqa: E402
from contextlib import suppress  # noqa: E402
from typing import Final, NoReturn  # noqa: E402

import msgspec  # noqa: E402
from msgspec import structs  # noqa: E402
from prometheus_client import REGISTRY  # noqa: E402

from collab_collaboration.compaction import FAILURES, Answer, Failure, Request  # noqa: E402
from collab_collaboration.objects import Objects  # noqa: E402
from collab_collaboration.oplog import OperationLog  # noqa: E402
from collab_collaboration.settings import CollaborationSettings  # noqa: E402
from collab_collaboration.snapshots import Documents  # noqa: E402
from collab_kit.database import Database  # noqa: E402
from collab_kit.errors import StoreUnavailable  # noqa: E402
from collab_kit.logging import configure_logging, get_logger  # noqa: E402
from collab_kit.settings import SettingsError, exit_with, load_settings  # noqa: E402

__all__ = ["main"]

_NICENESS: Final = 10

_log = get_logger()


async def _serve(settings: CollaborationSettings) -> None:
    """Answer requests until standard input ends, even in the middle of one."""
    loop = asyncio.get_running_loop()
    requests = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(requests), sys.stdin)
    async with Database(structs.replace(settings, database_pool_max=1)) as database:
        documents = Documents(OperationLog(database), Objects(settings))
        while line := await requests.readline():
            compacting = asyncio.create_task(_answer(documents, msgspec.json.decode(line, type=Request)))
            # The service asks nothing more before it has its answer: whatever is to be read is the end.
            ended = asyncio.create_task(requests.read(1))
            await asyncio.wait({compacting, ended}, return_when=asyncio.FIRST_COMPLETED)
            if not compacting.done():
                compacting.cancel()
                await asyncio.wait({compacting})
                return
            ended.cancel()
            await asyncio.wait({ended})
            with suppress(BrokenPipeError):  # the service has ended just now; so does standard input
                os.write(sys.stdout.fileno(), msgspec.json.encode(compacting.result()) + b"\n")


async def _answer(documents: Documents, request: Request) -> Answer:
    before = _counted()
    base: int | None = None
    failure: Failure | None = None
    detail = ""
    try:
        base = await documents.compact(request.document, min_operations=request.min_operations)
    except tuple(FAILURES.values()) as error:
        failure = next(name for name, kind in FAILURES.items() if isinstance(error, kind))
        detail = str(error)
    damaged, salvaged = (int(now - then) for now, then in zip(_counted(), before, strict=True))
    return Answer(base, failure, detail, damaged, salvaged)


def _counted() -> tuple[float, float]:
    return (
        REGISTRY.get_sample_value("collab_snapshots_damaged_total") or 0.0,
        REGISTRY.get_sample_value("collab_operations_left_out_total") or 0.0,
    )


def main() -> NoReturn:
    # A terminal's Ctrl-C is for the service, which ends this process when it has drained.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(_NICENESS)
    try:
        settings = load_settings(CollaborationSettings)
    except SettingsError as error:
        exit_with(error)
    # Standard output is for the answers.
    configure_logging(service="collaboration", instance=settings.instance, level=settings.log_level, stream=sys.stderr)
    try:
        asyncio.run(_serve(settings))
    except StoreUnavailable as error:
        _log.warning("nothing can be compacted", reason=str(error))
        sys.exit(1)
    # An upload that was given up may go on in a thread of the object store's library, which panics, and says so at
    # length, when it finds the interpreter torn down.
    os._exit(0)


if __name__ == "__main__":
    main()
