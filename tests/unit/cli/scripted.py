"""A target that follows a script: what it says and does is set by the test, nothing is started.

Run as a program it is the ``collab`` command with that target: ``python scripted.py SCENARIO ARGUMENT…``.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from collab_cli.main import main
from collab_platform.checks import Category, Check, CheckFailed, CheckSkipped
from collab_platform.environment import Resolved
from collab_platform.errors import CollabError, LockedError, OperatorInterruptError, UsageError
from collab_platform.targets.base import (
    CommandResult,
    ComponentStatus,
    Letter,
    LogLine,
    LogQuery,
    Observer,
    Plan,
    ReplicaStatus,
    State,
    Status,
    Step,
    StepEvent,
)

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TITLES = {"database": "Start PostgreSQL", "schema": "Migrate the schemas", "gateway": "Start the gateway"}
URLS = {"editor": "http://127.0.0.1:8080", "api": "http://127.0.0.1:8080/api"}
CREATED = CommandResult(
    exit_code=0, stdout='{"id":"0190","email":"ada@example.org","profile_delivered":true}\n', stderr=""
)


def answering(name: str, answer: str, category: Category = "services") -> Check:
    return Check(name=name, category=category, title=f"{name} answers", run=lambda _: answer)


def failing(
    name: str, error: Exception, *, warning: bool = False, hint: str = "", category: Category = "gateway"
) -> Check:
    def run(_deadline_s: float) -> str:
        raise error

    return Check(
        name=name,
        category=category,
        title=f"{name} works",
        run=run,
        hint=hint,
        severity="warning" if warning else "error",
    )


def component(name: str, state: State = "healthy", *, replicas: int = 1) -> ComponentStatus:
    return ComponentStatus(
        name=name,
        kind="service",
        state=state,
        replicas=tuple(
            ReplicaStatus(
                name=f"{name}-{number}",
                state=state,
                pid=4242 if state != "stopped" else None,
                since=datetime.now(UTC) - timedelta(seconds=75),
                restarts=number - 1,
                memory_bytes=64 << 20,
            )
            for number in range(1, replicas + 1)
        ),
    )


def status_of(state: State, *components: ComponentStatus) -> Status:
    return Status(environment="local", target="local", state=state, components=components, urls=URLS)


HEALTHY = status_of("healthy", component("postgresql"), component("auth"), component("collaboration", replicas=2))
STOPPED = status_of("stopped", component("postgresql", "stopped"), component("auth", "stopped"))


@dataclass
class ScriptedTarget:
    """Public fields are the script; ``calls`` is what was asked of it."""

    standing: set[str] = field(default_factory=set[str])
    fail_at: str = ""
    error: CollabError = field(
        default_factory=lambda: CollabError("PostgreSQL did not start", remedy="Look at its log.")
    )
    before_step: Callable[[str], None] = lambda _step: None
    clean_up: Callable[[], None] = lambda: None
    preflight_checks: Sequence[Check] = (answering("memory", "24 GiB", "machine"),)
    running_checks: Sequence[Check] = (answering("auth", "ready in 3 ms"), answering("editor", "200", "gateway"))
    statuses: list[Status] = field(default_factory=lambda: [HEALTHY])
    lines: Sequence[LogLine] = ()
    endless_logs: bool = False
    result: CommandResult = CREATED
    mailbox: Sequence[Letter] | None = ()
    changed_by_others: Sequence[Step] = ()
    violations: tuple[str, ...] = ()
    leftovers: tuple[str, ...] = ()
    locked: tuple[str, ...] = ()
    calls: list[object] = field(default_factory=list[object])

    def preview(self) -> Plan:
        return Plan(
            steps=tuple(
                Step(name=name, title=title, action="none" if name in self.standing else "start", reason="not running")
                for name, title in TITLES.items()
            ),
            violations=self.violations,
        )

    def preflight(self) -> Sequence[Check]:
        return self.preflight_checks

    def checks(self) -> Sequence[Check]:
        return self.running_checks

    def up(self, observe: Observer) -> Plan:
        self.calls.append("up")
        plan = self.preview()
        for step in plan.steps:
            self._take(step, observe)
        return plan

    def _take(self, step: Step, observe: Observer) -> None:
        event = StepEvent(step=step.name, title=step.title, state="started")
        if step.name in self.standing:
            observe(replace(event, state="unchanged"))
            return
        observe(event)
        try:
            # Within: whoever reads of the progress may interrupt at once.
            observe(replace(event, state="progress", elapsed_s=0.1, message="waiting for it"))
            self.before_step(step.name)
        except KeyboardInterrupt:
            self.clean_up()
            raise
        if step.name == self.fail_at:
            observe(replace(event, state="failed", elapsed_s=0.2, message="it ended with exit code 1"))
            raise self.error
        observe(replace(event, state="done", elapsed_s=0.25))
        self.standing.add(step.name)

    def down(self, observe: Observer, *, purge: bool = False) -> tuple[str, ...]:
        self.calls.append(("down", purge))
        for name in sorted(self.standing):
            self.before_step(name)
            observe(StepEvent(step=name, title=f"Stop {name}", state="done", elapsed_s=0.1))
        return self.leftovers

    def drift(self) -> Plan:
        return Plan(steps=tuple(self.changed_by_others))

    def refresh(self, observe: Observer, *, clear_pending: bool = False) -> Plan:
        self.calls.append(("refresh", clear_pending))
        for step in self.changed_by_others:
            observe(StepEvent(step=step.name, title=step.title, state="done", elapsed_s=0.1))
        return Plan(steps=tuple(self.changed_by_others))

    def unlock(self) -> tuple[str, ...]:
        self.calls.append("unlock")
        return self.locked

    def status(self) -> Status:
        return self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]

    def logs(self, query: LogQuery) -> Iterator[LogLine]:
        self.calls.append(query)
        yield from self.lines
        while self.endless_logs or query.follow:
            yield LogLine(replica="auth-1", time=NOW, text="on and on")
            time.sleep(0.01)

    def outputs(self) -> dict[str, str]:
        return dict(URLS)

    def run(self, component: str, argv: Sequence[str], *, stdin: str = "", timeout_s: float = 60) -> CommandResult:
        self.calls.append((component, tuple(argv), stdin, timeout_s))
        return self.result

    def letters(self) -> Iterator[Letter]:
        if self.mailbox is None:
            raise UsageError("mails go to smtp.example.org: none lie here", remedy="Look there.")
        return iter(self.mailbox)


def _wait_at_schema(step: str) -> None:
    if step == "schema":
        time.sleep(60)


def _say_what_stands(step: str) -> None:
    if step == "schema":
        raise OperatorInterruptError("interrupted", details=("postgresql runs", "auth does not"))


def _break(_step: str) -> None:
    raise KeyError("nothing")


SCENARIOS: dict[str, Callable[[], ScriptedTarget]] = {
    "fresh": ScriptedTarget,
    "slow": lambda: ScriptedTarget(before_step=lambda _: time.sleep(0.4)),
    "standing": lambda: ScriptedTarget(standing=set(TITLES)),
    "failing": lambda: ScriptedTarget(
        fail_at="schema",
        error=CollabError(
            "the schemas could not be migrated", remedy="Read the log.", details=("FATAL: no space left",)
        ),
    ),
    "locked": lambda: ScriptedTarget(
        fail_at="database", error=LockedError("`collab up` (pid 12) has held it for 3 s", remedy="Wait for it.")
    ),
    "hanging": lambda: ScriptedTarget(before_step=_wait_at_schema),
    "stubborn": lambda: ScriptedTarget(
        before_step=_wait_at_schema,
        clean_up=lambda: time.sleep(60),  # ends its children, and one of them does not end
    ),
    "telling": lambda: ScriptedTarget(before_step=_say_what_stands),
    "unfit": lambda: ScriptedTarget(
        preflight_checks=(failing("disk", CheckFailed("3 MiB free"), hint="Make room.", category="machine"),)
    ),
    "unhealthy": lambda: ScriptedTarget(
        standing=set(TITLES),
        statuses=[status_of("degraded", component("postgresql"), component("auth", "unhealthy", replicas=2))],
        running_checks=(
            answering("auth", "ready"),
            failing("editor", CheckFailed("502 Bad Gateway"), hint="Read `collab logs gateway`."),
            failing("waf", CheckFailed("no ModSecurity"), warning=True, hint="Install it."),
            failing("tls", CheckSkipped("TLS is off")),
        ),
    ),
    "stopped": lambda: ScriptedTarget(statuses=[STOPPED]),
    "changing": lambda: ScriptedTarget(statuses=[STOPPED, STOPPED, HEALTHY]),
    "talking": lambda: ScriptedTarget(endless_logs=True),
    "buggy": lambda: ScriptedTarget(before_step=_break),
}


def collab(target: ScriptedTarget, *arguments: str) -> int:
    """Run one command line in this process against the target."""

    def select(_resolved: Resolved, _root: Path) -> ScriptedTarget:
        return target

    return main(arguments, select=select)


if __name__ == "__main__":
    sys.exit(collab(SCENARIOS[sys.argv[1]](), *sys.argv[2:]))
