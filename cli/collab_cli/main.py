"""Where ``collab`` starts, and where everything that goes wrong becomes one line and an exit code."""

from __future__ import annotations

import os
import re
import shutil
import sys
import textwrap
import traceback
from collections.abc import Sequence
from io import TextIOWrapper
from typing import cast

import typer
import typer.main

from collab_cli.group import LazyGroup, did_you_mean
from collab_cli.interrupts import terminable
from collab_cli.options import group_app
from collab_cli.output import OutputClosedError, is_terminal, to_stderr
from collab_cli.session import Common, SelectTarget, Session
from collab_platform.errors import CollabError, ExitCode, OperatorInterruptError, UsageError

BROKEN_PIPE = 141  # what a shell reports of a program that SIGPIPE ended
_DETAILS_SHOWN = 25

SUMMARY = """Your own real-time document editor: stand it up, look after it, take it down.

An environment is one file, environments/NAME.toml; `collab up` makes it real on this machine."""

EPILOG = """\
Exit codes:
  0  done, healthy             5  another command holds the environment
  1  the operation failed      6  environment file, variable or flag is wrong
  2  wrong usage               7  this machine cannot run it
  3  preview: would change     8  not running
  4  something is unhealthy  130  interrupted

First steps:
  collab up
  collab user create you@example.org --name "Your Name"
  collab open"""


def main(arguments: Sequence[str] | None = None, *, select: SelectTarget | None = None) -> int:
    """Run one command line and return its exit code; ``select`` makes the target (tests give their own)."""
    arguments = sys.argv[1:] if arguments is None else arguments
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    session = Session(select)
    session.merge(_peek(arguments))
    try:
        with terminable():
            return _run(session, arguments)
    except OutputClosedError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE


def _run(session: Session, arguments: Sequence[str]) -> int:
    try:
        code = root_command().main(args=list(arguments), prog_name="collab", standalone_mode=False, obj=session)
        return int(code or ExitCode.OK)
    except CollabError as error:
        return _report(session, error)
    except typer.TyperException as error:
        return _report(session, _usage_error(error))
    except (typer.Abort, KeyboardInterrupt):
        return _report(session, OperatorInterruptError("interrupted"))
    except OutputClosedError:
        raise
    except Exception as error:  # noqa: BLE001 - the last resort: no traceback for an operator who did not ask
        text = str(error) or "no message"
        fault = CollabError(
            f"{type(error).__name__}: {text} (this is a bug in collab)",
            remedy="run it again with --verbose and report the traceback",
        )
        fault.__cause__ = error
        return _report(session, fault)


def root_command() -> LazyGroup:
    """The whole command line."""
    app = group_app(SUMMARY, cls=LazyGroup, epilog=EPILOG, completion=True)
    return cast("LazyGroup", typer.main.get_command(app))


def _peek(arguments: Sequence[str]) -> Common:
    """The options that decide how an error is shown, for command lines that do not parse."""
    line = " ".join(arguments)
    return Common(
        output="json" if re.search(r"(?:^|\s)(?:-[a-z]*o\s?|--output[\s=])json(?:\s|$)", line) else None,
        verbose=bool(re.search(r"(?:^|\s)(?:-v|--verbose)(?:\s|$)", line)),
        no_color="--no-color" in arguments,
    )


def _usage_error(error: typer.TyperException) -> UsageError:
    message = error.format_message().partition(" (Possible options:")[0].replace("Value error, ", "").rstrip(".")
    context: typer.Context | None = getattr(error, "ctx", None)
    remedy = f"{context.command_path} --help" if context else "collab --help"
    if possible := getattr(error, "possibilities", None):
        remedy = did_you_mean(getattr(error, "option_name", ""), possible) or remedy
    return UsageError(_as_continuation(message), remedy=remedy)


def _folded(line: str, indent: str) -> str:
    """A line as several where a terminal is too narrow for it: between words, so that paths and URLs stay whole."""
    if not is_terminal(sys.stderr):
        return line
    width = shutil.get_terminal_size().columns
    folded = textwrap.wrap(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return "\n".join(folded)


def _as_continuation(sentence: str) -> str:
    """A sentence as it goes on after a colon: small first letter, unless the word is a name."""
    return sentence[:1].lower() + sentence[1:] if sentence[1:2].islower() else sentence


def _report(session: Session, error: CollabError) -> int:
    output = session.output
    if output.verbose:
        traceback.print_exception(error)
    if output.json:
        from collab_cli.documents import ErrorDocument  # noqa: PLC0415 - only where something failed

        output.document(ErrorDocument.of(error))
        return error.exit_code
    red, dim, end = ("\x1b[1;31m", "\x1b[2m", "\x1b[0m") if output.colored(sys.stderr) else ("", "", "")
    shown = error.details if output.verbose else error.details[-_DETAILS_SHOWN:]
    lines = [f"{red}{_folded(f'error: {error.summary}', '  ')}{end}"]
    lines += [f"{dim}{_folded(f'  | {line}', '  |   ')}{end}" for line in shown if line not in error.summary]
    if error.remedy:
        lines.append(_folded(f"  try: {_as_continuation(error.remedy)}", "       "))
    to_stderr("\n".join(lines))
    return error.exit_code
