"""``collab logs``."""

from __future__ import annotations

import sys
from collections.abc import Collection
from contextlib import nullcontext, suppress
from datetime import UTC, datetime
from typing import Annotated

import typer

from collab_cli import complete
from collab_cli.documents import LogDocument
from collab_cli.group import Command, command_app
from collab_cli.loglines import Painter
from collab_cli.measures import moment
from collab_cli.options import with_session
from collab_cli.session import Session
from collab_platform.blueprint import derive
from collab_platform.errors import UsageError
from collab_platform.targets.base import LogQuery

app = command_app()

EXAMPLES = """\
collab logs                                the last lines of everything
collab logs auth gateway --follow          until Ctrl-C
collab logs collaboration --since 10m
collab logs --since 2026-01-31T08:00 -o json"""

_TAIL = 50


@app.command("logs", cls=Command, epilog=EXAMPLES)
@with_session
def logs(
    session: Session,
    *,
    services: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SERVICE",
            help="Of these components or replicas. [default: all]",
            autocompletion=complete.components,
        ),
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what is being written.")] = False,
    since: Annotated[
        str | None, typer.Option("--since", metavar="WHEN", help="Since then: 30s, 10m, 2h, 1d, or an ISO 8601 time.")
    ] = None,
    tail: Annotated[
        int | None,
        typer.Option(
            "--tail",
            "-n",
            metavar="N",
            help=f"At most so many past lines of each replica. [default: {_TAIL}; all with --since]",
            show_default=False,
        ),
    ] = None,
    previous: Annotated[
        bool,
        typer.Option("--previous", "-p", help="Of what ran before the last restart. Local logs hold both anyway."),
    ] = False,
    raw: Annotated[
        bool, typer.Option("--raw", help="The lines as they were written, structured ones as JSON.")
    ] = False,
) -> None:
    """Show what the components write to their logs.

    Oldest first, each line after the name of its replica. With -o json, one JSON document a line.
    """
    if tail is not None and tail < 0:
        raise UsageError(f"--tail expects a number of lines, got {tail}", remedy="for example `--tail 100`")
    if previous and follow:
        raise UsageError("what ended has nothing more to say: --previous and --follow exclude each other")
    query = LogQuery(
        components=tuple(services or ()),
        since=moment(since, now=datetime.now(UTC)) if since else None,
        tail=tail if tail is not None or since else _TAIL,
        follow=follow,
        previous=previous,
    )
    output = session.output
    painter = Painter(colored=output.colored(sys.stdout), raw=raw, width=_widest(session, services or ()))
    with suppress(KeyboardInterrupt) if follow else nullcontext():  # the way to leave
        for line in session.target.logs(query):
            if output.json:
                output.json_line(LogDocument.of(line))
            else:
                output.text(painter.paint(line))


def _widest(session: Session, asked: Collection[str]) -> int:
    """Length of the longest replica name that may come."""
    components = derive(session.resolved.name, session.resolved.environment).components
    return max(
        (len(f"{each.name}-{each.replicas}") for each in components if not asked or each.name in asked), default=0
    )
