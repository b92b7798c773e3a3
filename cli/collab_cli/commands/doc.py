"""``collab doc``: one document, as it is stored."""

from __future__ import annotations

import binascii
import hashlib
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, TypeVar
from uuid import UUID

import msgspec
import typer
from msgspec import Struct

from collab_cli.answers import refusal
from collab_cli.catalogue import CATALOGUE
from collab_cli.documents import (
    DocCompactDocument,
    DocCompaction,
    DocExport,
    DocExportDocument,
    DocInspectDocument,
    DocInspection,
    DocRepair,
    DocRepairDocument,
)
from collab_cli.group import Command
from collab_cli.measures import size
from collab_cli.options import group_app, with_session
from collab_cli.output import OutputClosedError
from collab_cli.session import Session
from collab_platform.errors import CollabError, ExitCode, UsageError
from collab_platform.files import clear_disk_errors

app = group_app(CATALOGUE["doc"].summary)

_TIMEOUT_S = 900
_DAMAGED = 3
"""The exit code of `collab_collaboration.admin` that comes with a report all the same."""

ReportT = TypeVar("ReportT", bound=Struct)
DocumentId = Annotated[
    str, typer.Argument(metavar="DOCUMENT", help="Its id: the last part of its URL.", show_default=False)
]

INSPECT_EXAMPLES = """\
collab doc inspect $DOC
collab doc inspect $DOC -o json"""


@app.command("inspect", cls=Command, epilog=INSPECT_EXAMPLES)
@with_session
def inspect(session: Session, document: DocumentId) -> ExitCode:
    """Say what is stored of a document, and whether it is sound.

    Reads every object and every operation, and tries whether they can be put together. Exit code 4 when not.
    """
    inspection = _report(session, "inspect", document, DocInspection)
    if session.output.json:
        session.output.document(DocInspectDocument(environment=session.environment, inspection=inspection))
    else:
        from collab_cli.docviews import inspection_view  # noqa: PLC0415 - needs Rich

        session.output.show(inspection_view(inspection))
        if any(fault.repairable for fault in inspection.faults):
            session.output.note(f"`collab doc repair {document}{session.environment_flag}` says what can be done.")
    return ExitCode.OK if inspection.sound else ExitCode.UNHEALTHY


EXPORT_EXAMPLES = """\
collab doc export $DOC --to minutes.yjs
collab doc export $DOC --format markdown
collab doc export $DOC --format html --to minutes.html --force
collab doc export $DOC --version $ID --to v1.yjs"""


@app.command("export", cls=Command, epilog=EXPORT_EXAMPLES)
@with_session
def export(
    session: Session,
    document: DocumentId,
    *,
    form: Annotated[
        Literal["yjs", "text", "json", "html", "markdown"],
        typer.Option(
            "--format",
            "-f",
            metavar="yjs|text|json|html|markdown",
            help="All there is, as a Yjs update (the default), or what the text says.",
        ),
    ] = "yjs",
    to: Annotated[str | None, typer.Option("--to", metavar="FILE", help="Write to a file instead of stdout.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over the file if there is one.")] = False,
    at: Annotated[
        int | None, typer.Option("--at", metavar="N", help="As of operation N, where that is still kept.")
    ] = None,
    version: Annotated[str | None, typer.Option("--version", metavar="ID", help="As of this version.")] = None,
    quarantine: Annotated[
        str | None, typer.Option("--quarantine", metavar="ID", help="What this repair left out, as JSON.")
    ] = None,
) -> None:
    """Write a document as it is or was, or what a repair left out of it."""
    place = None if to is None else Path(to).expanduser().absolute()
    _check_export(session, place, binary=form == "yjs" and quarantine is None, force=force)
    if sum(each is not None for each in (at, version, quarantine)) > 1:
        raise UsageError("--at, --version and --quarantine: only one of them")
    words = ["--format", form, *([] if at is None else ["--at", str(at)])]
    for name, chosen in (("--version", version), ("--quarantine", quarantine)):
        if chosen is not None:
            words += [name, _uuid(chosen, name)]
    exported, content = _decoded(_run(session, "export", document, words))
    if place is None:
        _to_stdout(content)
        return
    _write(place, content, force=force)
    if session.output.json:
        session.output.document(
            DocExportDocument(environment=session.environment, document=document, path=str(place), export=exported)
        )
    else:
        session.output.text(f"{place}: {exported.format}, {size(exported.size_bytes)}")


COMPACT_EXAMPLES = """\
collab doc compact $DOC"""


@app.command("compact", cls=Command, epilog=COMPACT_EXAMPLES)
@with_session
def compact(session: Session, document: DocumentId) -> None:
    """Make a snapshot of a document now, and trim its log.

    The service does so by itself every so many edits; nobody who has the document open notices.
    """
    compaction = _report(session, "compact", document, DocCompaction)
    if session.output.json:
        session.output.document(DocCompactDocument(environment=session.environment, compaction=compaction))
        return
    before, after = compaction.log_before, compaction.log
    if compaction.compacted:
        session.output.text(
            f"The snapshot holds operations up to {compaction.base} (before: {compaction.base_before})."
        )
    else:
        session.output.text(f"The snapshot holds all {compaction.base} operations already.")
    session.output.text(
        f"In the log: {after.operations} operations, {size(after.size_bytes)} "
        f"(before: {before.operations}, {size(before.size_bytes)})."
    )


REPAIR_EXAMPLES = """\
collab doc repair $DOC         say what would be done
collab doc repair $DOC --yes   do it"""


@app.command("repair", cls=Command, epilog=REPAIR_EXAMPLES)
@with_session
def repair(
    session: Session,
    document: DocumentId,
    yes: Annotated[
        bool, typer.Option("--yes/--dry-run", help="Do it, or only say what would be done (the default).")
    ] = False,
) -> ExitCode:
    """Mend a damaged document from what is good of it.

    What cannot be kept is put aside (`collab doc export --quarantine`), and the document begins a new life: whoever has
    it open gets it anew. Without --yes nothing is changed; exit code 3 when there is something to do, 4 when there is
    damage that no repair mends.
    """
    done = _report(session, "repair", document, DocRepair, *(["--yes"] if yes else []))
    if session.output.json:
        session.output.document(DocRepairDocument(environment=session.environment, repair=done))
    else:
        from collab_cli.docviews import repair_lines  # noqa: PLC0415 - few commands need it

        for line in repair_lines(done):
            session.output.text(line)
        if not yes and _mendable(done):
            session.output.note(f"`collab doc repair {document} --yes{session.environment_flag}` does it.")
    if not yes and _mendable(done):
        return ExitCode.CHANGES
    return ExitCode.UNHEALTHY if done.faults_left else ExitCode.OK


def _mendable(done: DocRepair) -> bool:
    return any(fault.repairable for fault in done.faults_left)


def _report(session: Session, command: str, document: str, kind: type[ReportT], *words: str) -> ReportT:
    return msgspec.json.decode(_run(session, command, document, words), type=kind)


def _run(session: Session, command: str, document: str, words: Sequence[str]) -> str:
    argv = ["collab_collaboration.admin", command, _uuid(document, "DOCUMENT"), *words]
    result = session.target.run("collaboration", argv, timeout_s=_TIMEOUT_S)
    if result.exit_code not in {0, _DAMAGED} or not result.stdout:
        raise refusal(f"{command} of {document} failed", "collaboration", result)
    return result.stdout


def _uuid(text: str, what: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise UsageError(f"{what}: expected an id such as 0190f3c2-8d7e-7c3a-9f57-6d1f0a2b3c4d, got {text!r}") from None


def _check_export(session: Session, place: Path | None, *, binary: bool, force: bool) -> None:
    """Before anything is read. Raises ``UsageError``."""
    if place is not None:
        if not place.parent.is_dir():
            raise UsageError(f"there is no folder {place.parent}")
        if place.is_dir() or (place.exists() and not force):
            raise UsageError(f"{place} is there already", remedy="another name, or --force for a file")
    elif session.output.json:
        raise UsageError("stdout cannot hold both the document and JSON about it", remedy="--to FILE")
    elif binary and sys.stdout.isatty():
        raise UsageError("a Yjs update is binary, and stdout is a terminal", remedy="--to FILE, or --format text")


def _decoded(output: str) -> tuple[DocExport, bytes]:
    """A header, and below it lines of base64. Raises ``CollabError`` unless all of it came."""
    header, _, rest = output.partition("\n")
    try:
        exported = msgspec.json.decode(header, type=DocExport)
        content = b"".join(binascii.a2b_base64(line) for line in rest.splitlines())
    except (msgspec.DecodeError, binascii.Error) as error:
        raise CollabError(f"the export cannot be read: {error}") from None
    if len(content) != exported.size_bytes or hashlib.sha256(content).hexdigest() != exported.sha256:
        raise CollabError("the export did not arrive whole", remedy="Run the command again.")
    return exported, content


def _write(place: Path, content: bytes, *, force: bool) -> None:
    """All of it or nothing, and over a file only if that is meant. Raises ``CollabError``."""
    with clear_disk_errors(place.parent):
        handle, temporary = tempfile.mkstemp(prefix=f".{place.name}.", dir=place.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            if force:
                Path(temporary).replace(place)
            else:
                place.hardlink_to(temporary)
        except FileExistsError:
            raise UsageError(f"{place} is there already", remedy="another name, or --force for a file") from None
        finally:
            Path(temporary).unlink(missing_ok=True)


def _to_stdout(content: bytes) -> None:
    try:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise OutputClosedError from None
