"""``collab outputs``."""

from __future__ import annotations

from typing import Annotated

import typer

from collab_cli.documents import OutputsDocument
from collab_cli.group import Command, command_app, did_you_mean
from collab_cli.options import with_session
from collab_cli.session import Session
from collab_platform.errors import UsageError

app = command_app()

EXAMPLES = """\
collab outputs
collab outputs url.editor         that value alone
collab outputs -o json | jq -r '.outputs["url.editor"]'"""


@app.command("outputs", cls=Command, epilog=EXAMPLES)
@with_session
def outputs(
    session: Session,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Only this one's value. [default: all]")] = None,
) -> None:
    """Show named facts: URLs, places, what the stacks export.

    Never a secret.
    """
    found = session.target.outputs()
    if name is not None:
        if name not in found:
            raise UsageError(f"no output {name!r}", remedy=did_you_mean(name, found) or "`collab outputs` shows all")
        found = {name: found[name]}
    output = session.output
    if output.json:
        output.document(OutputsDocument(environment=session.environment, outputs=found))
    elif name is not None:
        output.text(found[name])
    else:
        width = max(map(len, found), default=0)
        for key, value in found.items():
            output.text(f"{key:<{width}}  {value}")
