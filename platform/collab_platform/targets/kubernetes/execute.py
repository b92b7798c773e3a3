"""Running a command inside a component's pod."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from collab_platform.errors import NotRunningError, UsageError
from collab_platform.targets.base import CommandResult
from collab_platform.targets.kubernetes.kubectl import Kubectl
from collab_platform.targets.kubernetes.pods import pods_of

_OWN_LAST_WORDS = "command terminated with exit code"


def execute(kubectl: Kubectl, component: str, argv: Sequence[str], *, stdin: str, timeout_s: float) -> CommandResult:
    """``python -m ARGV`` where the component runs, with its settings and secrets; ``stdin`` is its standard input.

    Raises :class:`UsageError`, :class:`NotRunningError`, :class:`CollabError`.
    """
    pods = [
        pod for pod in pods_of(kubectl.get("pods")["items"], now=datetime.now(UTC)) if not pod.job and not pod.ending
    ]
    own = [pod for pod in pods if pod.component == component]
    if not own:
        if not pods:
            raise NotRunningError("nothing runs in the namespace", remedy="`collab up` brings it up.")
        known = ", ".join(sorted({pod.component for pod in pods}))
        raise UsageError(f"no component {component!r} runs (running: {known})", remedy="Name one of them.")
    ready = [pod for pod in own if pod.status.state == "healthy"]
    if not ready:
        raise NotRunningError(
            f"no pod of {component} is ready: {own[0].status.message or own[0].status.state}",
            remedy="`collab status` shows why.",
        )
    container = ready[0].containers[-1].name
    done = kubectl.ask(
        "exec",
        "--stdin",
        f"--container={container}",
        ready[0].name,
        "--",
        "python",
        "-m",
        *argv,
        stdin=stdin,
        timeout_s=timeout_s,
    )
    said = done.stderr.splitlines()
    if done.returncode and said and said[-1].startswith(("error: ", "Error from server")):
        raise kubectl.failure("exec", done.stderr)
    stderr = "".join(f"{line}\n" for line in said if not line.startswith(_OWN_LAST_WORDS))
    return CommandResult(exit_code=done.returncode, stdout=done.stdout, stderr=stderr)
