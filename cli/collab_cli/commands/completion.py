"""``collab completion``."""

from __future__ import annotations

import io
import os
from contextlib import redirect_stdout, suppress
from typing import Annotated, Literal

import typer

from collab_cli.documents import CompletionDocument
from collab_cli.group import Command, command_app
from collab_cli.main import root_command
from collab_cli.options import with_session
from collab_cli.session import Session

app = command_app()

EXAMPLES = """\
source <(collab completion bash)                  or put it into ~/.bashrc
collab completion zsh > "${fpath[1]}/_collab"
collab completion fish > ~/.config/fish/completions/collab.fish"""


@app.command("completion", cls=Command, epilog=EXAMPLES)
@with_session
def show(
    session: Session,
    shell: Annotated[Literal["bash", "zsh", "fish"], typer.Argument(metavar="bash|zsh|fish", help="The shell.")],
) -> None:
    """Print the completion script of a shell.

    It completes commands, options, environments, components and the keys of --set.
    """
    os.environ["_COLLAB_COMPLETE"] = f"source_{shell}"  # Typer's way to ask for it; it exits when it has printed
    try:
        with redirect_stdout(io.StringIO()) as printed, suppress(SystemExit):
            root_command().main(args=[], prog_name="collab")
    finally:
        del os.environ["_COLLAB_COMPLETE"]
    script = printed.getvalue().strip()
    if session.output.json:
        session.output.document(CompletionDocument(shell=shell, script=script))
        return
    session.output.text(script)
