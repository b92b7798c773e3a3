"""``collab preview``."""

from __future__ import annotations

from collab_cli.documents import PreviewDocument
from collab_cli.group import Command, command_app
from collab_cli.options import with_session
from collab_cli.session import Session
from collab_platform.errors import ExitCode

app = command_app()

EXAMPLES = """\
collab preview
collab preview --set collaboration.replicas=2
collab preview -v                              what stays, and each property"""


@app.command("preview", cls=Command, epilog=EXAMPLES)
@with_session
def preview(session: Session) -> ExitCode:
    """Show what `up` would do, and change nothing.

    Exit code 3 when `up` would change something, 0 when it would not, 1 when that would break a policy.
    """
    plan = session.target.preview()
    count = len(plan.changes)
    output = session.output
    if output.json:
        output.document(
            PreviewDocument(
                environment=session.environment, changes=count, steps=plan.steps, violations=plan.violations
            )
        )
    else:
        from collab_cli.views import plan_table  # noqa: PLC0415 - draws with Rich

        if count or output.verbose:
            output.show(plan_table(plan, detailed=output.verbose))
        steps = "1 step" if count == 1 else f"{count} steps"
        output.text(
            f"`collab up` would take {steps}." if count else f"Environment {session.environment} is up to date."
        )
        for violation in plan.violations:
            output.text(f"breaks a policy: {violation}")
    if plan.violations:
        return ExitCode.FAILED
    return ExitCode.CHANGES if count else ExitCode.OK
