"""``collab open``."""

from __future__ import annotations

import os
import sys
import webbrowser
from typing import Annotated

import typer

from collab_cli.documents import OpenDocument
from collab_cli.group import Command, command_app
from collab_cli.options import with_session
from collab_cli.session import Session
from collab_platform.errors import NotRunningError

app = command_app()


@app.command("open", cls=Command, epilog="collab open\ncollab open --print")
@with_session
def open_(
    session: Session,
    print_only: Annotated[bool, typer.Option("--print", "-p", help="Print the URL, open nothing.")] = False,
) -> None:
    """Open the editor in the browser.

    Prints the URL instead where there is no browser or no terminal.
    """
    status = session.target.status()
    url = status.urls.get("editor")
    if status.state == "stopped" or not url:
        raise NotRunningError(
            f"environment {status.environment} is not running",
            remedy=f"`collab up{session.environment_flag}` starts it",
        )
    if session.output.json:
        session.output.document(OpenDocument(environment=status.environment, url=url))
    elif not print_only and sys.stdout.isatty() and _has_display() and webbrowser.open(url):
        session.output.note(f"Opened {url}")
    else:
        session.output.text(url)


def _has_display() -> bool:
    """Whether a browser would have a screen; else ``webbrowser`` might start one in this terminal."""
    return sys.platform == "darwin" or any(os.environ.get(each) for each in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))
