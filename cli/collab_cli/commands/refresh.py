"""``collab refresh``."""

from __future__ import annotations

from typing import Annotated

import typer

from collab_cli.changing import changing
from collab_cli.documents import RefreshDocument
from collab_cli.group import Command, command_app
from collab_cli.options import with_session
from collab_cli.session import Session

app = command_app()

EXAMPLES = """\
collab refresh -e staging
collab refresh -e staging --clear-pending     after a command that was killed"""


@app.command("refresh", cls=Command, epilog=EXAMPLES)
@with_session
def refresh(
    session: Session,
    clear_pending: Annotated[
        bool,
        typer.Option("--clear-pending", help="Forget what was being created when a command was killed."),
    ] = False,
) -> None:
    """Take note of what others changed, without changing it back.

    What a command left under way when it was killed is looked for as well.
    """
    output = session.output
    with changing(output, again=f"collab refresh{session.environment_flag}") as progress:
        plan = session.target.refresh(progress, clear_pending=clear_pending)
    count = len(plan.changes)
    if output.json:
        output.document(RefreshDocument(environment=session.environment, changes=count, steps=plan.changes))
        return
    output.text(f"{count} changes by others taken note of." if count else "Everything is known as it is.")
    if count:
        output.note(f"`collab preview{session.environment_flag}` shows what `up` would do about it.")
