"""``collab check``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated

import typer

from collab_cli.documents import CheckDocument
from collab_cli.group import Command, command_app
from collab_cli.options import with_session
from collab_cli.outcomes import failed
from collab_cli.output import is_terminal
from collab_cli.session import Session
from collab_cli.views import checks_table
from collab_platform.checks import CheckResult, run_checks
from collab_platform.errors import ExitCode

app = command_app()

EXAMPLES = """\
collab check                    does the running environment do its work?
collab check --pre              can this machine run it?
collab check -o json"""


@app.command("check", cls=Command, epilog=EXAMPLES)
@with_session
def check(
    session: Session,
    pre: Annotated[bool, typer.Option("--pre", help="Look at this machine instead, as before `up`.")] = False,
) -> ExitCode:
    """Ask whether the environment does its work.

    Every part is asked directly, and the whole through the gateway. Exit code 0 when nothing failed (a warning fails
    nothing), 4 when something did, 7 with --pre.
    """
    output, target = session.output, session.target
    checks = target.preflight() if pre else target.checks()
    results = run_checks(checks, _counter(len(checks)) if is_terminal(sys.stderr) and not output.quiet else _unseen)
    faults = failed(results)
    if output.json:
        document = CheckDocument(environment=session.environment, passed=not faults, checks=tuple(results))
        output.document(document)
    else:
        output.show(checks_table(results, output.marks(sys.stdout)))
    if not faults:
        return ExitCode.OK
    return ExitCode.PREFLIGHT if pre else ExitCode.UNHEALTHY


def _unseen(_result: CheckResult) -> None:
    """No one watches."""


def _counter(count: int) -> Callable[[CheckResult], None]:
    """Counts on a terminal's last line, and takes the line away with the last result."""
    ended = 0

    def observe(_result: CheckResult) -> None:
        nonlocal ended
        ended += 1
        sys.stderr.write("\r\x1b[K" if ended == count else f"\r{ended} of {count} checks\x1b[K")
        sys.stderr.flush()

    return observe
