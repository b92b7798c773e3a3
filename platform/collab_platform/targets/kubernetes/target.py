"""The kubernetes target: keeps the promise of :class:`~collab_platform.targets.base.Target` with the modules beside it.

What needs Pulumi is imported by the method that needs it: pods can be looked at, and spoken to, without.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from collab_platform.checks import Check
from collab_platform.environment import Resolved
from collab_platform.errors import NotRunningError, UsageError
from collab_platform.targets.base import CommandResult, Letter, LogLine, LogQuery, Observer, Plan, Status
from collab_platform.targets.kubernetes.installation import Installation


class KubernetesTarget:
    """Every component a workload in one namespace of a cluster, made by Pulumi, asked through kubectl."""

    def __init__(self, resolved: Resolved, *, root: Path) -> None:
        self._installation = Installation(resolved, root=root)

    def preview(self) -> Plan:
        self._require_engine()
        from collab_platform.targets.kubernetes.operations import preview  # noqa: PLC0415

        return preview(self._installation)

    def preflight(self) -> Sequence[Check]:
        from collab_platform.targets.kubernetes.checks import preflight_checks  # noqa: PLC0415

        return preflight_checks(self._installation)

    def checks(self) -> Sequence[Check]:
        from collab_platform.targets.kubernetes.checks import running_checks  # noqa: PLC0415

        if self.status().state == "stopped":
            raise _not_running(self._installation)
        return running_checks(self._installation)

    def up(self, observe: Observer) -> Plan:
        self._require_engine()
        from collab_platform.targets.kubernetes.operations import bring_up  # noqa: PLC0415

        return bring_up(self._installation, observe)

    def down(self, observe: Observer, *, purge: bool = False) -> tuple[str, ...]:
        self._require_engine()
        from collab_platform.targets.kubernetes.operations import take_down  # noqa: PLC0415

        return take_down(self._installation, observe, purge=purge)

    def drift(self) -> Plan:
        self._require_engine()
        from collab_platform.targets.kubernetes.operations import drift  # noqa: PLC0415

        return drift(self._installation)

    def refresh(self, observe: Observer, *, clear_pending: bool = False) -> Plan:
        self._require_engine()
        from collab_platform.targets.kubernetes.operations import refresh  # noqa: PLC0415

        return refresh(self._installation, observe, clear_pending=clear_pending)

    def unlock(self) -> tuple[str, ...]:
        self._require_engine()
        from collab_platform.targets.kubernetes.unlock import unlock  # noqa: PLC0415

        return unlock(self._installation)

    def status(self) -> Status:
        from collab_platform.targets.kubernetes.status import read_status  # noqa: PLC0415

        return read_status(self._installation.name, self._installation.environment, self._installation.kubectl)

    def logs(self, query: LogQuery) -> Iterator[LogLine]:
        from collab_platform.targets.kubernetes.logs import read_logs  # noqa: PLC0415

        return read_logs(self._installation.kubectl, query)

    def outputs(self) -> dict[str, str]:
        """What the stacks export comes in where there is an engine to ask; the rest is known without."""
        from collab_platform.targets.kubernetes.outputs import read_outputs  # noqa: PLC0415

        return read_outputs(self._installation)

    def run(self, component: str, argv: Sequence[str], *, stdin: str = "", timeout_s: float = 60) -> CommandResult:
        from collab_platform.targets.kubernetes.execute import execute  # noqa: PLC0415

        return execute(self._installation.kubectl, component, argv, stdin=stdin, timeout_s=timeout_s)

    def letters(self) -> Iterator[Letter]:
        host = self._installation.environment.mail.smtp_host
        raise UsageError(
            f"mails of environment {self._installation.name!r} "
            + (f"go to {host}: none lie here" if host else "go nowhere: mail.smtp_host is not set"),
            remedy="`collab mail test you@example.org` sends one." if host else "Set it, and `collab up`.",
        )

    def _require_engine(self) -> None:
        """Raises :class:`PreflightError` where Pulumi's Python side or its engine is missing."""
        _ = self._installation.stacks.engine


def _not_running(installation: Installation) -> NotRunningError:
    name = installation.name
    return NotRunningError(
        f"environment {name!r} is not up: namespace {installation.environment.kubernetes.namespace} runs nothing",
        remedy=f"Bring it up with `collab up -e {name}`.",
    )
