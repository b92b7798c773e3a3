"""`python -m collab_collaboration.admin inspect|export|compact|repair DOCUMENT`: care for one document.

Safe while the service runs and the document is open. The result is one JSON object on standard output; `export` prints
a line of JSON that tells what follows, and then that, as lines of base64. Errors are lines on standard error. Without
`--yes`, `repair` only says what it would do. Exit codes: 0 done, and nothing is wrong; 1 it cannot be done (there is no
such document, or nothing good is left of it); 2 wrong usage, or a store is away; 3 the document is damaged (`inspect`,
`repair`: the result is printed all the same); 78 wrongly configured.
"""

import argparse
import asyncio
import base64
import hashlib
import sys
from collections.abc import Sequence
from contextlib import aclosing
from typing import Final
from uuid import UUID

import msgspec
from msgspec import Struct

from collab_collaboration.crdt import Unmergeable
from collab_collaboration.doctor.rendering import FORMATS
from collab_collaboration.doctor.repairing import Beyond
from collab_collaboration.doctor.reports import ExportHeader
from collab_collaboration.doctor.surgery import Surgery
from collab_collaboration.fanout import announce_replaced
from collab_collaboration.lib0 import Malformed
from collab_collaboration.settings import CollaborationSettings
from collab_collaboration.snapshots import DamagedDocument, DeletedDocument
from collab_kit.database import Database
from collab_kit.errors import Problem, Unavailable
from collab_kit.events import open_redis
from collab_kit.logging import configure_logging
from collab_kit.settings import SettingsError, exit_with, load_settings

__all__ = ["main"]

_LINE_BYTES: Final = 57 * 1024
"""What a line of base64 holds: a multiple of three, so that lines can be decoded one by one."""


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        settings = load_settings(CollaborationSettings)
        configure_logging(service="collaboration", instance="admin", level="error", stream=sys.stderr)
        return asyncio.run(_run(settings, options))
    except SettingsError as error:
        exit_with(error)
    except DeletedDocument:
        return _complain("There is no such document, or it was deleted.")
    except Beyond:
        return _complain("Nothing good is left to rebuild the document from.")
    except (DamagedDocument, Unmergeable, Malformed) as error:
        return _complain(f"The document is damaged: {error}.")
    except Unavailable as error:
        _complain(error.detail)
        return 2
    except Problem as error:
        return _complain(error.detail)


async def _run(settings: CollaborationSettings, options: argparse.Namespace) -> int:
    async with Database(settings) as database:
        surgery = Surgery(settings, database)
        if options.command == "inspect":
            inspection = await surgery.inspect(options.document)
            _print(inspection)
            return 0 if inspection.sound else 3
        if options.command == "compact":
            _print(await surgery.compact(options.document))
            return 0
        if options.command == "repair":
            report = await surgery.repair(options.document, dry_run=not options.yes)
            if report.epoch is not None:
                async with aclosing(open_redis(settings)) as redis:
                    await announce_replaced(redis, options.document)
            _print(report)
            return 3 if report.faults_left else 0
        await _export(surgery, options)
        return 0


async def _export(surgery: Surgery, options: argparse.Namespace) -> None:
    form, sequence = options.format, None
    if options.quarantine is not None:
        form, content = "json", await surgery.export_quarantine(options.document, options.quarantine)
    elif options.version is not None:
        content, sequence = await surgery.export_version(options.document, options.version, form)
    elif options.at is not None:
        content, sequence = await surgery.export_at(options.document, options.at, form)
    else:
        content, sequence = await surgery.export(options.document, form)
    digest = hashlib.sha256(content).hexdigest()
    _print(ExportHeader(format=form, size_bytes=len(content), sha256=digest, sequence=sequence))
    for start in range(0, len(content), _LINE_BYTES):
        sys.stdout.write(base64.b64encode(content[start : start + _LINE_BYTES]).decode() + "\n")


def _print(report: Struct) -> None:
    sys.stdout.write(msgspec.json.encode(report).decode() + "\n")


def _complain(reason: str) -> int:
    sys.stderr.write(f"{reason}\n")
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m collab_collaboration.admin")
    commands = parser.add_subparsers(dest="command", required=True)
    helps = {
        "inspect": "say what is stored of the document, and whether it is sound",
        "export": "print the document",
        "compact": "make a snapshot now, and trim the log",
        "repair": "say what is damaged and how it would be mended; with --yes, mend it",
    }
    made = {name: commands.add_parser(name, help=text) for name, text in helps.items()}
    for command in made.values():
        command.add_argument("document", type=UUID)
    made["export"].add_argument("--format", choices=FORMATS, default="yjs")
    which = made["export"].add_mutually_exclusive_group()
    which.add_argument("--at", type=int, help="as of this operation, where that is still kept")
    which.add_argument("--version", type=UUID, help="as of this version")
    which.add_argument("--quarantine", type=UUID, help="what this repair left out, as JSON")
    made["repair"].add_argument("--yes", action="store_true", help="change the document")
    return parser


if __name__ == "__main__":
    sys.exit(main())
