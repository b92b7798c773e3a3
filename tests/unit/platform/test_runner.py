"""Steps run as soon as they may, tell of themselves in one thread, and stop together."""

import sys
import threading
from collections.abc import Callable

import pytest

from collab_platform.errors import CollabError
from collab_platform.targets.base import Action, Step, StepEvent
from collab_platform.targets.local.commands import Cancellation, Cancelled, run_command
from collab_platform.targets.local.runner import Progress, Task, run_tasks
from collab_platform.targets.local.state import Outcome


class Recorder:
    """What an operator is told, and what is written down."""

    def __init__(self) -> None:
        self.events: list[StepEvent] = []
        self.records: dict[str, Outcome] = {}
        self.threads: set[int] = set()
        self.cancellation = Cancellation()

    def run(self, *tasks: Task) -> None:
        run_tasks(tasks, observe=self._observe, record=self._record, cancellation=self.cancellation)

    def states(self, step: str) -> list[str]:
        return [event.state for event in self.events if event.step == step]

    def _observe(self, event: StepEvent) -> None:
        self.threads.add(threading.get_ident())
        self.events.append(event)

    def _record(self, step: str, outcome: Outcome, _message: str) -> None:
        self.records[step] = outcome


def task(
    name: str,
    run: Callable[[Progress], None] = lambda _: None,
    *,
    after: tuple[str, ...] = (),
    action: Action = "start",
) -> Task:
    return Task(Step(name=name, title=name, action=action), run, frozenset(after))


def test_what_needs_each_other_runs_in_order_and_the_rest_side_by_side():
    together = threading.Barrier(2, timeout=10)
    done: list[str] = []

    def meet(_: Progress) -> None:
        together.wait()

    recorder = Recorder()
    recorder.run(
        task("a", lambda _: done.append("a")),
        task("b", meet, after=("a",)),
        task("c", meet, after=("a",)),
        task("d", lambda _: done.append("d"), after=("b", "c")),
    )
    assert done == ["a", "d"]
    assert set(recorder.records.values()) == {"done"}
    assert recorder.threads == {threading.get_ident()}


def test_what_stands_is_passed_over_and_counts_as_done():
    recorder = Recorder()
    recorder.run(task("a", lambda _: pytest.fail("run all the same"), action="none"), task("b", after=("a",)))
    assert recorder.states("a") == ["unchanged"]
    assert recorder.states("b") == ["started", "done"]
    assert "a" not in recorder.records


def test_a_failure_stops_what_runs_starts_nothing_more_and_is_raised():
    recorder = Recorder()

    def fail(_: Progress) -> None:
        raise CollabError("it broke", remedy="Mend it.")

    with pytest.raises(CollabError, match="it broke"):
        recorder.run(
            task("long", lambda _: recorder.cancellation.pause(60)),
            task("broken", fail),
            task("never", lambda _: pytest.fail("started all the same"), after=("broken",)),
        )
    assert recorder.records == {"long": "interrupted", "broken": "failed"}
    assert recorder.states("never") == []


def test_ctrl_c_ends_the_steps_and_goes_on_up():
    recorder = Recorder()
    ended = threading.Event()

    def long(progress: Progress) -> None:
        progress("under way")
        try:
            recorder.cancellation.pause(60)
        except Cancelled:
            ended.set()
            raise

    def observe(event: StepEvent) -> None:
        if event.state == "progress":
            raise KeyboardInterrupt

    records: list[tuple[str, Outcome]] = []
    with pytest.raises(KeyboardInterrupt):
        run_tasks(
            [task("long", long)],
            observe=observe,
            record=lambda step, outcome, _: records.append((step, outcome)),
            cancellation=recorder.cancellation,
        )
    assert ended.is_set()
    assert records[-1] == ("long", "interrupted")


def test_a_step_that_waits_for_none_is_a_fault_of_the_plan():
    with pytest.raises(ValueError, match="nobody"):
        Recorder().run(task("a", after=("nobody",)))


def test_a_command_is_ended_with_everything_it_started():
    cancellation = Cancellation()
    heard: list[str] = []

    def progress(line: str) -> None:
        heard.append(line)
        cancellation.cancel()

    script = "import subprocess; subprocess.run(['sh', '-c', 'echo going; sleep 60'])"
    with pytest.raises(Cancelled):
        run_command(
            "a step", [sys.executable, "-c", script], cancellation=cancellation, timeout_s=30, progress=progress
        )
    assert heard == ["going"]


def test_a_command_that_takes_too_long_or_fails_says_so():
    with pytest.raises(CollabError, match=r"did not finish within 0\.2 s"):
        run_command("sleeping", ["sleep", "60"], cancellation=Cancellation(), timeout_s=0.2)
    with pytest.raises(CollabError, match=r"failed \(exit code 3\): last word") as caught:
        run_command("it", ["sh", "-c", "echo first; echo last word; exit 3"], cancellation=Cancellation(), timeout_s=10)
    assert caught.value.details == ("first", "last word")


def test_a_full_disk_is_named_whoever_met_it():
    command = ["sh", "-c", "echo 'x: No space left on device'; exit 1"]
    with pytest.raises(CollabError, match="no space left on the disk") as caught:
        run_command("initdb", command, cancellation=Cancellation(), timeout_s=10)
    assert caught.value.remedy
