"""Runs the steps of a plan side by side, as far as they do not need each other, and tells an observer of each."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

from collab_platform.errors import CollabError
from collab_platform.targets.base import Observer, Step, StepEvent, StepState
from collab_platform.targets.local.commands import Cancellation, Cancelled
from collab_platform.targets.local.state import Outcome

Progress = Callable[[str], None]
Record = Callable[[str, Outcome, str], None]
_MAX_WORKERS = 8
_STOPPING_S = 15.0


@dataclass(frozen=True, slots=True)
class Task:
    """A step of the plan, the names of those that come before it, and what it does."""

    step: Step
    run: Callable[[Progress], None]
    after: frozenset[str] = field(default_factory=frozenset[str])


def run_tasks(tasks: Sequence[Task], *, observe: Observer, record: Record, cancellation: Cancellation) -> None:
    """Run every task whose action is not ``none``, each as soon as those before it are done.

    ``observe`` is called in this thread only. The first failure stops the others and is raised. An exception raised
    in this thread (the operator's Ctrl-C) stops the steps, waits for them a bounded time, and goes on up.
    """
    names = {task.step.name for task in tasks}
    if missing := {name for task in tasks for name in task.after - names}:
        raise ValueError(f"no such steps: {sorted(missing)}")
    _Run(tasks, observe, record, cancellation).to_the_end()


class _Run:
    def __init__(self, tasks: Sequence[Task], observe: Observer, record: Record, cancellation: Cancellation) -> None:
        self._waiting = {task.step.name: task for task in tasks}
        self._observe = observe
        self._record = record
        self._cancellation = cancellation
        self._events: SimpleQueue[StepEvent] = SimpleQueue()
        self._done: set[str] = set()
        self._running: dict[Future[None], Task] = {}
        self._failure: Exception | None = None

    def to_the_end(self) -> None:
        pool = ThreadPoolExecutor(_MAX_WORKERS, thread_name_prefix="collab-step")
        try:
            while self._start_what_can(pool) or self._running:
                # In short turns: a signal's handler runs only between them.
                finished, _ = wait(self._running, timeout=0.05, return_when=FIRST_COMPLETED)
                self._tell()
                for future in finished:
                    self._finish(future)
            self._tell()
        except BaseException:
            self._cancellation.cancel()
            wait(self._running, timeout=_STOPPING_S)
            for future, task in self._running.items():
                if not future.done() or future.exception() is not None:
                    self._record(task.step.name, "interrupted", "")
            raise
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        if self._failure:
            raise self._failure

    def _start_what_can(self, pool: ThreadPoolExecutor) -> bool:
        if self._failure:
            self._waiting.clear()
        ready = [task for task in self._waiting.values() if task.after <= self._done]
        for task in ready:
            del self._waiting[task.step.name]
            if task.step.action == "none":
                self._done.add(task.step.name)
                self._observe(StepEvent(step=task.step.name, title=task.step.title, state="unchanged"))
            else:
                self._running[pool.submit(self._work, task)] = task
        return bool(ready)

    def _work(self, task: Task) -> None:
        started = time.monotonic()

        def tell(state: StepState, message: str = "") -> None:
            elapsed_s = round(time.monotonic() - started, 3)
            self._events.put(
                StepEvent(step=task.step.name, title=task.step.title, state=state, elapsed_s=elapsed_s, message=message)
            )

        self._record(task.step.name, "started", "")
        tell("started", task.step.reason)
        try:
            self._cancellation.check()
            task.run(lambda message: tell("progress", message))
        except Cancelled:
            tell("failed", "stopped")
            self._record(task.step.name, "interrupted", "")
            raise
        except Exception as error:
            message = error.summary if isinstance(error, CollabError) else f"{type(error).__name__}: {error}"
            tell("failed", message)
            self._record(task.step.name, "failed", message)
            raise
        self._record(task.step.name, "done", "")
        tell("done")

    def _finish(self, future: Future[None]) -> None:
        task = self._running.pop(future)
        match future.exception():
            case None:
                self._done.add(task.step.name)
            case Cancelled():
                pass
            case Exception() as error:
                self._cancellation.cancel()
                self._failure = self._failure or error
            case error:
                raise error

    def _tell(self) -> None:
        while True:
            try:
                self._observe(self._events.get_nowait())
            except Empty:
                return
