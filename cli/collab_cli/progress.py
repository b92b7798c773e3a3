"""Steps as they happen: drawn live on a terminal, a line for each event elsewhere. All of it goes to stderr."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from threading import RLock
from typing import Self

from collab_cli.documents import StepResult
from collab_cli.measures import duration
from collab_cli.output import Output, is_terminal, to_stderr
from collab_platform.targets.base import Plan, StepEvent, StepState


class Journal:
    """The last event of every step, in the order in which they began; by itself it shows nothing.

    As every observer it may be called from any thread.
    """

    def __init__(self) -> None:
        self._lock = RLock()
        self._events: dict[str, StepEvent] = {}
        self._own: set[str] = set()
        self._expected: tuple[str, ...] = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Leave the terminal as it was found."""

    def __call__(self, event: StepEvent) -> None:
        with self._lock:
            self._events[event.step] = event
            self._show(event)

    def expect(self, plan: Plan) -> None:
        """The steps that are to come."""
        self._expected = tuple(step.title for step in plan.changes)

    def interrupted(self, notice: str) -> None:
        """Tell the operator that Ctrl-C was heard. Called in a signal handler, which must not wait for a buffer."""
        with suppress(OSError):
            os.write(sys.stderr.fileno(), f"{notice}\n".encode())

    def results(self) -> tuple[StepResult, ...]:
        """How each step ended."""
        return tuple(
            StepResult(
                name=event.step,
                title=event.title,
                state=event.state,
                elapsed_s=round(event.elapsed_s, 3),
                message=event.message,
            )
            for event in self._events.values()
        )

    def account(self) -> tuple[str, ...]:
        """What stands and what does not, a line for each kind; nothing where the target took no step or all of them."""
        taken = [event for event in self._events.values() if event.step not in self._own]
        titles = {event.title for event in taken}
        unfinished = {
            "failed": [event.title for event in taken if event.state == "failed"],
            "cut short": [event.title for event in taken if event.state in {"started", "progress"}],
            "not begun": [title for title in self._expected if title not in titles],
        }
        if not taken or not any(unfinished.values()):
            return ()
        kinds = {"done": [event.title for event in taken if event.state in {"done", "unchanged"}], **unfinished}
        return tuple(f"{kind}: {'; '.join(each)}" for kind, each in kinds.items() if each)

    @contextmanager
    def step(self, name: str, title: str) -> Generator[OwnStep]:
        """A step that the command takes itself."""
        self._own.add(name)
        step = OwnStep(self, name, title)
        step.tell("started")
        try:
            yield step
        except Exception:
            step.tell("failed", step.outcome)
            raise
        step.tell("done", step.outcome)

    def _show(self, event: StepEvent) -> None:
        """Show an event; the lock is held."""


class OwnStep:
    """A step of the command itself, not of the target; ``outcome`` is what came of it, shown with its end."""

    def __init__(self, journal: Journal, name: str, title: str) -> None:
        self._journal, self._name, self._title = journal, name, title
        self._started = time.monotonic()
        self.outcome = ""

    def tell(self, state: StepState, message: str = "") -> None:
        """Report how the step is."""
        elapsed_s = time.monotonic() - self._started
        self._journal(StepEvent(step=self._name, title=self._title, state=state, elapsed_s=elapsed_s, message=message))


class LineProgress(Journal):
    """One line for each event, for logs and pipes."""

    def _show(self, event: StepEvent) -> None:
        if event.step in self._own and event.state == "progress":
            return  # a count that runs up: for terminals
        line = f"{event.state:<9}  {event.title}"
        if event.message:
            line += f": {event.message}"
        if event.state in {"done", "failed"}:
            line += f" ({duration(event.elapsed_s)})"
        to_stderr(line)


def progress_for(output: Output) -> Journal:
    """The way to show steps that suits this run's stderr."""
    if output.quiet:
        return Journal()
    if is_terminal(sys.stderr):
        from collab_cli.live import LiveProgress  # noqa: PLC0415 - draws with Rich

        return LiveProgress(output)
    return LineProgress()
