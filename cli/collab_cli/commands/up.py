"""``collab up``."""

from __future__ import annotations

import time
from dataclasses import replace

from collab_cli.changing import changing
from collab_cli.documents import UpDocument
from collab_cli.group import Command, command_app
from collab_cli.measures import duration
from collab_cli.options import with_session
from collab_cli.outcomes import failed, lines, outcome_counts
from collab_cli.progress import Journal
from collab_cli.session import Session, program
from collab_platform.checks import CheckResult, run_checks
from collab_platform.errors import CollabError, PreflightError, UnhealthyError
from collab_platform.targets.base import Plan, Target

app = command_app()

EXAMPLES = """\
collab up
collab up -e staging
collab up --set gateway.port=9000 --set collaboration.replicas=2"""

FIRST_STEPS = """
First steps
  {collab} user create you@example.org --name "Your Name"{e}
  {collab} open{e}
Later
  {collab} status{e}
  {collab} logs --follow{e}
  {collab} down{e}"""

# What has just started gets this long to pass the checks that follow.
_SETTLE_S = 10.0


@app.command("up", cls=Command, epilog=EXAMPLES)
@with_session
def up(session: Session) -> None:
    """Make the environment stand, or bring it up to date.

    Looks whether this machine can run it, plans, makes it so step by step, and checks that it works. Running it again
    changes nothing; after a failure or Ctrl-C it resumes.
    """
    started = time.monotonic()
    target, output = session.target, session.output
    with changing(output, again=f"collab up{session.environment_flag}") as progress:
        plan = _make_it_so(target, progress)
        results = _verify(target, progress, settle_s=_SETTLE_S if plan.changes else 0.0)
    urls = target.status().urls
    elapsed_s = time.monotonic() - started
    if output.json:
        output.document(
            UpDocument(
                environment=session.environment,
                changed=bool(plan.changes),
                elapsed_s=round(elapsed_s, 3),
                steps=progress.results(),
                checks=tuple(results),
                urls=urls,
            )
        )
        return
    for result in results:
        if result.outcome == "warned":
            output.note(f"warning: {result.title}: {result.message}" + (f" ({result.hint})" if result.hint else ""))
    output.note("")
    did = "is up" if plan.changes else "is up to date"
    output.text(f"Environment {session.environment} {did} ({duration(elapsed_s)}).")
    width = max(map(len, urls), default=0)
    for name, url in urls.items():
        output.text(f"  {name:<{width}}  {url}")
    if plan.changes:
        output.note(FIRST_STEPS.format(collab=program(), e=session.environment_flag))


def _make_it_so(target: Target, progress: Journal) -> Plan:
    """Preflight, plan, apply. Raises ``PreflightError``, ``CollabError`` for a broken policy, and the target's."""
    with progress.step("preflight", "Look at this machine") as step:
        # `up` takes the lock itself, and a lock that another command holds has an exit code of its own.
        results = run_checks([check for check in target.preflight() if check.name != "lock"])
        step.outcome = outcome_counts(results)
        if faults := failed(results):
            raise PreflightError(
                f"this machine cannot run the environment: {lines(faults)[0]}",
                remedy=faults[0].hint or "`collab check --pre` shows everything",
                details=lines(faults),
            )
    with progress.step("plan", "Plan") as step:
        plan = target.preview()
        progress.expect(plan)
        if plan.violations:
            raise CollabError(
                f"this would break a policy: {plan.violations[0]}",
                remedy="`collab preview` shows all; correct the environment's file or the chart",
                details=plan.violations[1:],
            )
        step.outcome = f"{len(plan.changes)} of {len(plan.steps)} steps to take" if plan.changes else "nothing to do"
    if plan.changes:
        target.up(progress)
    return plan


def _verify(target: Target, progress: Journal, *, settle_s: float) -> list[CheckResult]:
    """Ask every check of the running environment. Raises ``UnhealthyError``."""
    checks = [
        replace(check, retry_for_s=max(check.retry_for_s, settle_s)) if check.severity == "error" else check
        for check in target.checks()
    ]
    ended: list[CheckResult] = []
    with progress.step("verify", "Verify that it works") as step:

        def observe(result: CheckResult) -> None:
            ended.append(result)
            step.tell("progress", f"{len(ended)} of {len(checks)}")

        results = run_checks(checks, observe)
        step.outcome = outcome_counts(results)
        if faults := failed(results):
            raise UnhealthyError(
                f"{len(faults)} of {len(results)} checks failed: {lines(faults)[0]}",
                remedy=faults[0].hint or "`collab check` shows everything, `collab logs` why",
                details=lines(faults),
            )
    return results
