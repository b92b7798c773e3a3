"""The promise every target keeps, and the data it speaks in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from collab_platform.checks import Check

Action = Literal["create", "start", "update", "restart", "replace", "remove", "none"]
State = Literal["healthy", "starting", "degraded", "unhealthy", "stopped"]
StepState = Literal["started", "progress", "done", "unchanged", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One idempotent step of a plan. ``action`` ``none``: what it makes stands already.

    ``changes`` are lines of what would be different in it; they show no secret.
    """

    name: str
    title: str
    action: Action
    reason: str = ""
    changes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What ``up`` would do, in order. ``violations`` are the policies that it would break, a line each."""

    steps: tuple[Step, ...]
    violations: tuple[str, ...] = ()

    @property
    def changes(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.action != "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class StepEvent:
    """Something happened to a step; ``elapsed_s`` counts from its start."""

    step: str
    title: str
    state: StepState
    elapsed_s: float = 0.0
    message: str = ""


Observer = Callable[[StepEvent], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaStatus:
    """One process or pod. ``restarts`` counts since ``up``."""

    name: str
    state: State
    pid: int | None = None
    since: datetime | None = None
    restarts: int = 0
    memory_bytes: int | None = None
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentStatus:
    """A component: as healthy as its replicas. ``degraded``: some of them are healthy."""

    name: str
    kind: str
    state: State
    replicas: tuple[ReplicaStatus, ...]
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The whole environment at one moment."""

    environment: str
    target: str
    state: State
    components: tuple[ComponentStatus, ...]
    urls: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogQuery:
    """Which log lines: of which components (all if empty), since when, at most how many of the past ones each.

    ``previous``: those of the processes that ran before the last restart, where they are kept apart.
    """

    components: tuple[str, ...] = ()
    since: datetime | None = None
    tail: int | None = 200
    follow: bool = False
    previous: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line of a replica's log. ``time`` is None where the line does not say."""

    replica: str
    time: datetime | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResult:
    """How a command run inside a component ended."""

    exit_code: int
    stdout: str
    stderr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail that lies on this machine instead of with a mail server. ``text`` may hold a link that lets one in."""

    name: str
    sent: datetime | None
    to: str
    subject: str
    text: str = field(repr=False)


def overall(states: tuple[State, ...]) -> State:
    """One word for several: all alike, else starting while any starts, else degraded."""
    if len(set(states)) == 1:
        return states[0]
    return "starting" if set(states) <= {"healthy", "starting"} else "degraded"


class Target(Protocol):
    """Makes one blueprint real. Every method has deadlines; none prints.

    All raise :class:`~collab_platform.errors.CollabError`: ``up``, ``down`` and ``refresh`` take the environment's
    lock, as ``run`` does where others would be in its way; ``LockedError`` says which command holds it.
    """

    def preview(self) -> Plan:
        """What ``up`` would do. Changes nothing."""
        ...

    def preflight(self) -> Sequence[Check]:
        """Whether this machine can run the environment; asked before anything is changed."""
        ...

    def checks(self) -> Sequence[Check]:
        """Whether the running environment does its work, each part asked directly and the whole through the gateway."""
        ...

    def up(self, observe: Observer) -> Plan:
        """Make it so; resumes after a failure and does nothing where nothing is to do. Returns what was planned."""
        ...

    def down(self, observe: Observer, *, purge: bool = False) -> tuple[str, ...]:
        """Stop everything; with ``purge`` remove all data, secrets and logs too.

        Returns what stays although one might think it gone, a line each.
        """
        ...

    def drift(self) -> Plan:
        """What others changed since the last ``up``. Changes nothing, not even what is known of it."""
        ...

    def refresh(self, observe: Observer, *, clear_pending: bool = False) -> Plan:
        """Take note of what others changed, without changing it back; with ``clear_pending`` forget what was being made
        when a command ended early. Returns what was noted."""
        ...

    def unlock(self) -> tuple[str, ...]:
        """Free what a command that is no more has left locked. Returns what was freed, a line each."""
        ...

    def status(self) -> Status:
        """Ask every replica now."""
        ...

    def logs(self, query: LogQuery) -> Iterator[LogLine]:
        """Log lines, oldest first; with ``follow`` without end."""
        ...

    def outputs(self) -> dict[str, str]:
        """Named facts of the running environment (URLs, ports, directories). Never a secret."""
        ...

    def run(self, component: str, argv: Sequence[str], *, stdin: str = "", timeout_s: float = 60) -> CommandResult:
        """Run a Python module command with a component's settings, e.g. ``["collab_auth.admin", "create-user", …]``."""
        ...

    def letters(self) -> Iterator[Letter]:
        """The mails that lie on this machine, newest first. ``UsageError`` where they go to a server, or nowhere."""
        ...
