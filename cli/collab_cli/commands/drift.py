"""``collab drift``."""

from __future__ import annotations

from collab_cli.documents import DriftDocument
from collab_cli.group import Command, command_app
from collab_cli.options import with_session
from collab_cli.session import Session
from collab_platform.errors import ExitCode

app = command_app()

EXAMPLES = """\
collab drift -e staging
collab drift -e staging -v      each property, too"""


@app.command("drift", cls=Command, epilog=EXAMPLES)
@with_session
def drift(session: Session) -> ExitCode:
    """Show what others changed since the last `up`.

    Changes nothing, not even what is known of it. Exit code 3 when something drifted, 0 when nothing did. `up` changes
    back what differs from what it last made; `refresh` takes note of it first.
    """
    plan = session.target.drift()
    output, count = session.output, len(plan.changes)
    if output.json:
        output.document(DriftDocument(environment=session.environment, changes=count, steps=plan.changes))
    else:
        from collab_cli.views import plan_table  # noqa: PLC0415 - draws with Rich

        if count:
            output.show(plan_table(plan, detailed=output.verbose))
        output.text(
            f"{count} changed by others." if count else f"Environment {session.environment} is as `up` left it."
        )
    return ExitCode.CHANGES if count else ExitCode.OK
