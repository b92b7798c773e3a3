"""``collab down``."""

from __future__ import annotations

import sys
import time
from typing import Annotated

import typer

from collab_cli.changing import changing
from collab_cli.documents import DownDocument
from collab_cli.group import Command, command_app
from collab_cli.measures import duration
from collab_cli.options import with_session
from collab_cli.session import Session
from collab_platform.errors import UsageError

app = command_app()

EXAMPLES = """\
collab down                 stop; data, secrets and logs stay
collab down --purge         remove them too; asks for the environment's name
collab down --purge --yes   without asking"""


@app.command("down", cls=Command, epilog=EXAMPLES)
@with_session
def down(
    session: Session,
    purge: Annotated[bool, typer.Option("--purge", help="Remove all data, secrets and logs too.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before a purge.")] = False,
) -> None:
    """Stop the environment; with --purge, remove its data too."""
    name = session.resolved.name
    if purge and not yes:
        _confirm(name)
    started = time.monotonic()
    output = session.output
    again = f"collab down{' --purge' if purge else ''}{session.environment_flag}"
    with changing(output, again=again) as progress:
        leftovers = session.target.down(progress, purge=purge)
    steps = progress.results()
    if output.json:
        output.document(DownDocument(environment=name, purged=purge, steps=steps, leftovers=leftovers))
        return
    took = duration(time.monotonic() - started)
    stopped = any(step.state == "done" for step in steps)
    if purge and not leftovers:
        output.text(f"Environment {name} is gone, with its data, secrets and logs ({took}).")
    elif purge:
        output.text(f"Environment {name} is gone but for what follows ({took}).")
    elif stopped:
        output.text(f"Environment {name} is stopped ({took}); its data stays.")
        output.note(f"`collab up{session.environment_flag}` starts it again.")
    else:
        output.text(f"Environment {name} was not running.")
    for each in leftovers:
        output.text(f"  stays: {each}")


def _confirm(name: str) -> None:
    """Let the operator type the environment's name. Raises ``UsageError``."""
    if not sys.stdin.isatty():
        raise UsageError(
            f"--purge would remove all data of environment {name}, and there is no one to ask",
            remedy="add --yes if that is meant",
        )
    sys.stderr.write(f"This removes all documents, accounts, secrets and logs of environment {name}, for good.\n")
    sys.stderr.write(f"Type its name ({name}) to go on: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip() != name:
        raise UsageError("that is not its name: nothing was removed")
