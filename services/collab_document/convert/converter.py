"""Has documents converted, each by a process of its own: a few at a time, and only so many waiting."""

import asyncio
import os
import signal
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec
from prometheus_client import Counter, Histogram

from collab_document.attachments.service import Picture
from collab_document.convert.embeds import EMBEDDED, ENDINGS, is_what_it_says
from collab_document.convert.problems import ConverterBusy, TooComplex, UnreadableFile
from collab_document.convert.refusals import Refusal, TooDemanding, Unreadable
from collab_document.convert.rules import ExportFormat, ImportFormat
from collab_document.convert.worker import EXITS, ExportJob, Imported, ImportJob
from collab_kit.errors import Problem
from collab_kit.logging import get_logger

__all__ = ["Converter"]

MAX_OUTPUT_BYTES: Final = 64 * 1024 * 1024
_MAX_COMPLAINT_BYTES: Final = 4096
_CHUNK_BYTES: Final = 64 * 1024
_MODULE: Final = "collab_document.convert.worker"

_NOWHERE: Final = "http://127.0.0.1:9"
_ENVIRONMENT: Final = {"LANG": "C.UTF-8", "http_proxy": _NOWHERE, "https_proxy": _NOWHERE, "all_proxy": _NOWHERE}
"""Nothing of ours; and no package of Typst is fetched, since the proxy through which it would be does not exist."""
_PROBLEMS: Final[dict[type[Refusal], type[Problem]]] = {Unreadable: UnreadableFile, TooDemanding: TooComplex}

_log = get_logger()
_conversions = Counter("collab_document_conversions_total", "Files read and written", ["job", "form", "outcome"])
_seconds = Histogram(
    "collab_document_conversion_seconds", "Time of one conversion, without waiting", buckets=(0.1, 0.3, 1, 3, 10, 30)
)


class Converter:
    """`deadline_s` is for one conversion, `memory_mib` the address space of each of its two processes."""

    def __init__(self, *, at_once: int = 2, waiting: int = 8, deadline_s: float = 30.0, memory_mib: int = 1024) -> None:
        self._turn = asyncio.Semaphore(at_once)
        self._most = at_once + waiting
        self._inside = 0
        self._deadline_s = deadline_s
        self._memory_mib = memory_mib

    async def read(self, body: bytes, form: ImportFormat, content_type: str) -> Imported:
        """Raises `UnreadableFile`, `TooComplex` or `ConverterBusy`."""
        job = ImportJob(form, content_type[:200], self._memory_mib, int(self._deadline_s) + 1)
        return msgspec.json.decode(await self._convert(job, body), type=Imported)

    async def write(
        self, content: bytes, form: ExportFormat, title: str, pictures: Mapping[UUID, Picture] | None = None
    ) -> bytes:
        """A file of that form; `content` is the editor's JSON, `pictures` what it shows. Raises as `read`."""
        taken = EMBEDDED.get(form, frozenset[str]())
        files = {
            f"{attachment}.{ENDINGS[picture.media_type]}": picture.file
            for attachment, picture in (pictures or {}).items()
            if picture.media_type in taken and is_what_it_says(picture.media_type, picture.file)
        }
        job = ExportJob(form, title, self._memory_mib, int(self._deadline_s) + 1, sorted(files))
        return await self._convert(job, content, files)

    async def _convert(
        self, job: ImportJob | ExportJob, body: bytes, files: Mapping[str, bytes] | None = None
    ) -> bytes:
        kind = "import" if isinstance(job, ImportJob) else "export"
        if self._inside >= self._most:
            _conversions.labels(kind, job.form, "busy").inc()
            raise ConverterBusy("Try again.", retry_after_s=5)
        self._inside += 1
        try:
            async with self._turn:
                with _seconds.time():
                    made = await self._run(job, body, files or {})
        except Exception as error:
            _conversions.labels(kind, job.form, type(error).__name__).inc()
            raise
        finally:
            self._inside -= 1
        _conversions.labels(kind, job.form, "done").inc()
        return made

    async def _run(self, job: ImportJob | ExportJob, body: bytes, files: Mapping[str, bytes]) -> bytes:
        with tempfile.TemporaryDirectory(prefix="collab-convert-") as directory:
            await asyncio.to_thread(_put, Path(directory), files)
            try:
                process = await asyncio.create_subprocess_exec(
                    sys.executable, "-I", "-m", _MODULE,
                    stdin=PIPE, stdout=PIPE, stderr=PIPE, cwd=directory, start_new_session=True, env=_ENVIRONMENT,
                )  # fmt: skip
            except OSError as error:
                _log.error("no process to convert a document", error=error.strerror or type(error).__name__)
                raise ConverterBusy("Try again.", retry_after_s=5) from None
            try:
                async with asyncio.timeout(self._deadline_s):
                    made, complaint = await _talk(process, msgspec.json.encode(job) + b"\n", body)
                    code = await process.wait()
            except TimeoutError:
                raise TooComplex(f"It takes longer than {self._deadline_s:g} seconds.") from None
            finally:
                await _end(process)
        if code == 0:
            return made
        words = complaint.decode(errors="replace").strip()
        if code in EXITS:
            raise _PROBLEMS[EXITS[code]](words or None)
        # Killed, or out of memory: it asked for more than any document needs.
        _log.warning("conversion failed", form=job.form, exit_code=code, error=words[-500:])
        raise TooComplex("It cannot be converted within the memory and time there is.")


def _put(directory: Path, files: Mapping[str, bytes]) -> None:
    for name, file in files.items():
        (directory / name).write_bytes(file)


async def _talk(process: Process, *said: bytes) -> tuple[bytes, bytes]:
    """What it answers and complains of; both are read while it is written to. Raises `TooComplex`."""
    stdin, stdout, stderr = process.stdin, process.stdout, process.stderr
    if stdin is None or stdout is None or stderr is None:
        raise RuntimeError("the process was started without pipes")
    made = asyncio.ensure_future(_read(stdout, MAX_OUTPUT_BYTES))
    complaint = asyncio.ensure_future(_read(stderr, _MAX_COMPLAINT_BYTES, keeps_reading=True))
    try:
        with suppress(BrokenPipeError, ConnectionResetError):  # it has ended, and says why
            for part in said:
                stdin.write(part)
                await stdin.drain()
        stdin.close()
        return await made, await complaint
    finally:
        made.cancel()
        complaint.cancel()
        await asyncio.gather(made, complaint, return_exceptions=True)


async def _read(stream: asyncio.StreamReader, most: int, *, keeps_reading: bool = False) -> bytes:
    found = bytearray()
    while chunk := await stream.read(_CHUNK_BYTES):
        found += chunk
        if len(found) > most:
            if not keeps_reading:
                raise TooComplex("The file would be too large.")
            del found[:-most]
    return bytes(found)


async def _end(process: Process) -> None:
    """The process with all that it started; both are in a group of their own."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
