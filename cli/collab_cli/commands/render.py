"""``collab render``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from collab_cli.documents import RenderDocument
from collab_cli.group import Command, command_app
from collab_cli.options import with_session
from collab_cli.session import Session
from collab_platform.errors import ExitCode

app = command_app()

EXAMPLES = """\
collab render -e production -o manifests
collab render -e production -o manifests --check
collab render -e production -o manifests --include-secrets --output json"""


@app.command("render", cls=Command, epilog=EXAMPLES)
@with_session
def render(
    session: Session,
    directory: Annotated[
        str, typer.Option("--directory", "-o", metavar="DIR", help="Folder to write to: empty, or of an earlier run.")
    ],
    include_secrets: Annotated[
        bool, typer.Option("--include-secrets", help="Write secrets.yaml too, for its owner's eyes alone.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit code 3 when the folder is not as it would be written.")
    ] = False,
) -> ExitCode:
    """Write the manifests of a Kubernetes environment for GitOps.

    Needs helm, and neither the Pulumi engine nor a cluster. They are held to the policies first, and written whole or
    not at all; files of others in the folder stay. README.md in it tells how to apply them.
    """
    from collab_platform.targets.kubernetes.render import render as make  # noqa: PLC0415 - needs YAML and policies
    from collab_platform.targets.kubernetes.render_files import compare, publish  # noqa: PLC0415

    made = make(session.resolved, root=session.root, include_secrets=include_secrets, making=not check)
    place = Path(directory).expanduser().absolute()
    act = compare if check else publish
    difference = act(place, made.files, secrets=made.secrets, environment=session.environment)
    output = session.output
    if output.json:
        output.document(
            RenderDocument(
                environment=session.environment,
                directory=str(place),
                written=not check,
                objects=made.objects,
                added=difference.added,
                changed=difference.changed,
                removed=difference.removed,
            )
        )
    else:
        for word in ("added", "changed", "removed"):
            for name in getattr(difference, word):
                output.text(f"{word:<7}  {name}")
        if check:
            output.text(f"{place} would change." if difference else f"{place} is up to date.")
        else:
            output.text(f"{made.objects} objects in {place}" + ("" if difference else ", as they were"))
            output.note(f"{place / 'README.md'} tells how to apply them.")
    return ExitCode.CHANGES if check and difference else ExitCode.OK
