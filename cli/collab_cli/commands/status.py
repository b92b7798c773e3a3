"""``collab status``."""

from __future__ import annotations

import sys
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated

import typer

from collab_cli.documents import StatusDocument
from collab_cli.group import Command, command_app
from collab_cli.options import with_session
from collab_cli.output import Output, is_terminal
from collab_cli.session import Session
from collab_cli.watching import changes, differences
from collab_platform.errors import ExitCode
from collab_platform.targets.base import State, Status, Target

app = command_app()

EXAMPLES = """\
collab status
collab status --watch             until q or Ctrl-C
collab status -v                  a row for every replica
collab status -o json | jq -r .urls.editor"""

_EXIT_CODES: dict[State, ExitCode] = {"healthy": ExitCode.OK, "stopped": ExitCode.NOT_RUNNING}


@app.command("status", cls=Command, epilog=EXAMPLES)
@with_session
def status(
    session: Session,
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="Keep showing it; elsewhere than on a terminal, at every change.")
    ] = False,
) -> ExitCode:
    """Show how every component is, and the URLs.

    Exit code 0 when all is healthy, 4 when something is not, 8 when the environment is stopped; 0 after --watch.
    """
    output, target = session.output, session.target
    if not watch:
        current = target.status()
        if output.json:
            output.document(StatusDocument.of(current))
        else:
            from collab_cli.views import status_table  # noqa: PLC0415 - draws with Rich

            output.show(status_table(current, now=datetime.now(UTC), replicas=output.verbose))
            if current.state == "stopped":
                output.note(f"`collab up{session.environment_flag}` starts it.")
        return _EXIT_CODES.get(current.state, ExitCode.UNHEALTHY)
    with suppress(KeyboardInterrupt):  # the way to leave
        if is_terminal(sys.stdout) and not output.json:
            from collab_cli.live_status import watch_on_terminal  # noqa: PLC0415 - draws with Rich

            watch_on_terminal(target.status, output)
        else:
            _follow(target, output)
    return ExitCode.OK


def _follow(target: Target, output: Output) -> None:
    before: Status | None = None
    for current in changes(target.status):
        if output.json:
            output.json_line(StatusDocument.of(current))
        else:
            at = datetime.now().astimezone().isoformat(timespec="seconds")
            for line in differences(before, current):
                output.text(f"{at}  {line}")
        before = current
