"""The local target: keeps the promise of :class:`~collab_platform.targets.base.Target` with the modules beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from collab_platform.blueprint import MAIL_FOLDER
from collab_platform.checks import Check
from collab_platform.environment import Resolved
from collab_platform.errors import NotRunningError, UsageError
from collab_platform.targets.base import CommandResult, Letter, LogLine, LogQuery, Observer, Plan, Status
from collab_platform.targets.local.installation import Installation
from collab_platform.targets.local.paths import Paths
from collab_platform.targets.local.ports import replicas
from collab_platform.targets.local.status import urls
from collab_platform.targets.lock import environment_lock

_SUPERVISOR_LOGS = ("supervisord", "keeper")


class LocalTarget:
    """Every component a process of this machine. What only one command needs is imported by that one."""

    def __init__(self, resolved: Resolved, *, root: Path) -> None:
        self._installation = Installation(
            name=resolved.name, environment=resolved.environment, paths=Paths.of(resolved.name, root)
        )

    def preview(self) -> Plan:
        from collab_platform.targets.local.up import preview  # noqa: PLC0415

        return preview(self._installation).plan

    def preflight(self) -> Sequence[Check]:
        from collab_platform.targets.local.preflight import preflight_checks  # noqa: PLC0415

        return preflight_checks(self._installation)

    def checks(self) -> Sequence[Check]:
        from collab_platform.targets.local.verify import running_checks  # noqa: PLC0415

        if self._installation.state().wanted != "up":
            raise _not_running(self._installation.name)
        return running_checks(self._installation)

    def up(self, observe: Observer) -> Plan:
        from collab_platform.targets.local.up import bring_up  # noqa: PLC0415

        return bring_up(self._installation, observe)

    def down(self, observe: Observer, *, purge: bool = False) -> tuple[str, ...]:
        from collab_platform.targets.local.down import take_down  # noqa: PLC0415

        take_down(self._installation, observe, purge=purge)
        return ()

    def drift(self) -> Plan:
        """Processes are asked each time, so what ``up`` would do is what has drifted; a stopped one has nothing."""
        if self._installation.state().wanted != "up":
            raise _not_running(self._installation.name)
        return self.preview()

    def refresh(self, observe: Observer, *, clear_pending: bool = False) -> Plan:  # noqa: ARG002 - the protocol's
        """Nothing is remembered of the processes that could be out of date."""
        return Plan(steps=())

    def unlock(self) -> tuple[str, ...]:
        """The operating system frees the lock of a command that ends. Raises ``LockedError`` while one is at work."""
        with environment_lock(self._installation.paths.state, "collab unlock"):
            return ()

    def status(self) -> Status:
        from collab_platform.targets.local.status import read_status  # noqa: PLC0415

        return read_status(self._installation)

    def logs(self, query: LogQuery) -> Iterator[LogLine]:
        from collab_platform.targets.local.logs import Source, follow_lines, past_lines  # noqa: PLC0415

        names = self._log_names(query.components)
        sources = [Source(name, self._installation.paths.logs / f"{name}.log") for name in names]
        if query.follow:
            return follow_lines(sources, since=query.since, tail=query.tail)
        return iter(past_lines(sources, since=query.since, tail=query.tail))

    def outputs(self) -> dict[str, str]:
        state = self._installation.state()
        place = self._installation.running_place(state)
        if self._installation.processes() is None:
            raise _not_running(self._installation.name)
        paths = self._installation.paths
        tls = {"ca_certificate": str(place.tls_directory / "ca.pem")} if place.environment.gateway.tls != "off" else {}
        return {
            **{f"url.{name}": url for name, url in urls(place).items()},
            "directory.state": str(paths.state),
            "directory.logs": str(paths.logs),
            "directory.data": str(paths.data),
            "directory.postgresql": place.postgres.home,
            **tls,
            **{f"port.{name}": str(port) for name, port in sorted(place.ports.items())},
        }

    def run(self, component: str, argv: Sequence[str], *, stdin: str = "", timeout_s: float = 60) -> CommandResult:
        from collab_platform.targets.local.execute import execute  # noqa: PLC0415

        paths = self._installation.paths
        place = self._installation.running_place(self._installation.state())
        if self._installation.processes() is None:
            raise _not_running(self._installation.name)
        try:
            wanted = place.blueprint.component(component)
        except KeyError:
            wanted = None
        if wanted is None or wanted.kind != "service":
            known = ", ".join(each.name for each in place.blueprint.components if each.kind == "service")
            raise UsageError(f"no service {component!r} (services: {known})", remedy="Name one of them.")
        with environment_lock(paths.state, f"collab run {component}"):
            return execute(place, wanted, argv, stdin=stdin, timeout_s=timeout_s)

    def letters(self) -> Iterator[Letter]:
        from collab_platform.targets.local.mailbox import read_letters  # noqa: PLC0415

        place = self._installation.running_place(self._installation.state())
        if host := place.environment.mail.smtp_host:
            raise UsageError(
                f"mails of environment {place.name!r} go to {host}: none lie here",
                remedy="Look where they were sent to; `collab mail test you@example.org` sends one.",
            )
        return read_letters(place.paths.data / MAIL_FOLDER.name)

    def _log_names(self, asked: Sequence[str]) -> list[str]:
        place = self._installation.running_place(self._installation.state())
        by_component = {component.name: list(replicas(component)) for component in place.blueprint.components}
        known = [name for names in by_component.values() for name in names]
        if not asked:
            return known
        found: list[str] = []
        for name in asked:
            if name in by_component:
                found += by_component[name]
            elif name in known or name in _SUPERVISOR_LOGS:
                found.append(name)
            else:
                raise UsageError(
                    f"no component or replica {name!r}",
                    remedy="Known are: " + ", ".join([*by_component, *known, *_SUPERVISOR_LOGS]) + ".",
                )
        return list(dict.fromkeys(found))


def _not_running(name: str) -> NotRunningError:
    return NotRunningError(f"environment {name!r} is not up", remedy=f"Bring it up with `collab up -e {name}`.")
