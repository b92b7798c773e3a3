"""What is stored of a document, for people. Pure: data in, lines or something for Rich out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from collab_cli.documents import DocFault, DocInspection, DocRepair, DocSnapshot, DocVersion
from collab_cli.measures import size

_SHOWN_FAULTS = 20
_SHOWN_AUTHORS = 10


def inspection_view(found: DocInspection) -> RenderableType:
    """The verdict first, then figures, then a table each for objects and people."""
    verdict = Text("sound", style="green") if found.sound else Text("damaged", style="bold red")
    parts: list[RenderableType] = [Text.assemble("Document ", (found.document, "bold"), " is ", verdict)]
    parts += [Text(f"  {line}", style="red") for line in fault_lines(found.faults)]
    parts += [Text(), _figures(found)]
    if found.snapshots:
        parts += [Text(), _objects("snapshot", [(str(each.sequence), each) for each in found.snapshots])]
    if found.versions:
        parts += [Text(), _objects("version", [(f"{each.name} ({each.id})", each) for each in found.versions])]
    if found.authors:
        parts += [Text(), _authors(found)]
    if found.quarantines:
        table = _table("quarantine", "operations", "objects", "size", "made")
        for each in found.quarantines:
            table.add_row(
                each.id, str(each.operations), str(each.objects), size(each.size_bytes), _moment(each.created_at)
            )
        parts += [Text(), table]
    return Group(*parts)


def fault_lines(faults: tuple[DocFault, ...]) -> Iterator[str]:
    for fault in faults[:_SHOWN_FAULTS]:
        yield f"{fault.detail}{'' if fault.repairable else ' (cannot be mended)'}"
    if len(faults) > _SHOWN_FAULTS:
        yield f"and {len(faults) - _SHOWN_FAULTS} more: -o json shows them"


def repair_lines(done: DocRepair) -> Iterator[str]:
    """What was wrong, and what was or would be done about it."""
    if not done.faults:
        yield f"Document {done.document} is sound: nothing to do."
        return
    yield f"Document {done.document} is damaged:"
    yield from (f"  {line}" for line in fault_lines(done.faults))
    if not any(fault.repairable for fault in done.faults):
        yield "No repair mends that."
        return
    would = "" if done.repaired else "would be "
    if done.loses:
        yield f"{would}rebuilt from what is good, in a new life:".capitalize()
        yield f"  operations left out and kept in quarantine: {_ranges(done.left_out)}"
        missing = ", ".join(f"{span.first} to {span.last}" for span in done.missing)
        yield f"  operations that nothing holds any more: {missing or 'none'}"
    else:
        yield f"{would}given good snapshots; nothing is lost and nobody notices.".capitalize()
    if done.quarantine is not None:
        yield f"Quarantine: {done.quarantine}"
    if done.repaired and done.faults_left:
        yield "Still damaged:"
        yield from (f"  {line}" for line in fault_lines(done.faults_left))


def _ranges(numbers: tuple[int, ...]) -> str:
    if not numbers:
        return "none"
    if len(numbers) <= _SHOWN_FAULTS:
        return ", ".join(map(str, numbers))
    return f"{len(numbers)}, from {numbers[0]} to {numbers[-1]}"


def _figures(found: DocInspection) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    log = found.log
    edit = found.last_edit
    for name, text in {
        "operations": f"{found.head}, in the snapshot {found.base}; life {found.epoch}",
        "log": f"{log.operations} operations, {size(log.size_bytes)}"
        + (f", {log.first} to {log.last}" if log.operations else ""),
        "state": "none" if found.state_bytes is None else size(found.state_bytes),
        "people": f"{len(found.authors)}, as {found.clients} known Yjs clients",
        "made": _moment(found.created_at),
        "last edit": f"{_moment(edit.at)} by {edit.user}" if edit else "none in the log",
        "deleted": _moment(found.deleted_at) if found.deleted_at else "no",
    }.items():
        table.add_row(name, text)
    return table


def _objects(kind: str, rows: Sequence[tuple[str, DocSnapshot | DocVersion]]) -> Table:
    table = _table(kind, "operations", "size", "made", "object")
    for name, each in rows:
        verdict = Text("good", style="green") if each.fault is None else Text(each.fault, style="bold red")
        table.add_row(name, str(each.sequence), size(each.size_bytes), _moment(each.created_at), verdict)
    return table


def _authors(found: DocInspection) -> Table:
    table = _table("author", "operations", "size", "last edit")
    for each in found.authors[:_SHOWN_AUTHORS]:
        table.add_row(each.user, str(each.operations), size(each.size_bytes), _moment(each.last_at))
    if len(found.authors) > _SHOWN_AUTHORS:
        table.add_row(f"and {len(found.authors) - _SHOWN_AUTHORS} more", "", "", "")
    return table


def _moment(time: datetime) -> str:
    return time.astimezone().isoformat(sep=" ", timespec="seconds")


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for heading in headings:
        table.add_column(heading.upper(), overflow="fold")
    return table
