"""``collab unlock``."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from collab_cli.documents import UnlockDocument
from collab_cli.group import Command, command_app
from collab_cli.options import with_session
from collab_cli.session import Session
from collab_platform.errors import UsageError

app = command_app()

EXAMPLES = """\
collab unlock -e staging
collab unlock -e staging --yes     without asking"""


@app.command("unlock", cls=Command, epilog=EXAMPLES)
@with_session
def unlock(
    session: Session,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Free what a command that is no more has left locked.

    Who holds it and since when is said by the command that found it locked. A command that still works on another
    machine would be interrupted: two at once may lose track of what they made.
    """
    if not yes:
        _confirm(session.environment)
    freed = session.target.unlock()
    output = session.output
    if output.json:
        output.document(UnlockDocument(environment=session.environment, freed=freed))
        return
    for each in freed:
        output.text(f"freed: {each}")
    if not freed:
        output.text(f"Nothing of environment {session.environment} is locked.")
    else:
        output.note(f"`collab refresh{session.environment_flag}` finds out what became of what was under way.")


def _confirm(name: str) -> None:
    """Raises ``UsageError``."""
    if not sys.stdin.isatty():
        raise UsageError("there is no one to ask whether the command that holds it is no more", remedy="add --yes")
    sys.stderr.write(f"Is the command that holds environment {name} surely no more? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise UsageError("nothing was freed")
