"""What moves on a terminal: the steps of ``up`` and ``down``."""

from __future__ import annotations

import sys
import time
from typing import Self

from rich.console import Group
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from collab_cli.measures import duration
from collab_cli.output import Output
from collab_cli.progress import Journal
from collab_platform.targets.base import Plan, StepEvent

# Of the titles, until the plan tells them; the command's own steps are no longer than this.
_LEAST_WIDTH = 24


class LiveProgress(Journal):
    """What has ended scrolls up, a line each; below it is what runs, with a spinner and its time."""

    def __init__(self, output: Output) -> None:
        super().__init__()
        self._verbose = output.verbose
        self._marks = output.marks(sys.stderr)
        self._spinner = Spinner(self._marks.spinner)
        self._running: dict[str, tuple[StepEvent, float]] = {}
        self._notice = ""
        self._width = _LEAST_WIDTH
        self._console = output.console(sys.stderr)
        self._live = Live(
            get_renderable=self._draw,
            console=self._console,
            refresh_per_second=12,
            transient=True,
            redirect_stdout=False,
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._live.stop()
        if kind is not None:
            for event, began in self._running.values():
                took = f"interrupted after {duration(time.monotonic() - began)}"
                self._console.print(self._line(self._marks.warned, "yellow", event, took), soft_wrap=True)

    def expect(self, plan: Plan) -> None:
        super().expect(plan)
        self._width = max(_LEAST_WIDTH, *(len(step.title) for step in plan.steps))

    def interrupted(self, notice: str) -> None:
        self._notice = notice

    def _show(self, event: StepEvent) -> None:
        if event.state in {"started", "progress"}:
            began = self._running[event.step][1] if event.step in self._running else time.monotonic() - event.elapsed_s
            self._running[event.step] = (event, began)
            return
        self._running.pop(event.step, None)
        if event.state == "unchanged":
            if not self._verbose:
                return
            line = self._line(self._marks.skipped, "dim", event, "unchanged")
        elif event.state == "done":
            line = self._line(self._marks.passed, "green", event, duration(event.elapsed_s))
        else:
            line = self._line(self._marks.failed, "bold red", event, duration(event.elapsed_s))
        if event.state == "failed":  # the error that follows says it in full
            line.no_wrap, line.overflow = True, "ellipsis"
        self._console.print(line, soft_wrap=event.state != "failed")

    def _line(self, mark: str, style: str, event: StepEvent, took: str) -> Text:
        line = Text.assemble((mark, style), " ", event.title.ljust(self._width), "  ", (f"{took:>9}", "dim"))
        if event.message:
            line.append(f"  {event.message}", style="bold red" if event.state == "failed" else "dim")
        return line

    def _draw(self) -> Group:
        now = time.monotonic()
        frame = str(self._spinner.render(now))
        lines = [
            self._line(frame, "cyan", event, duration(now - began)) for event, began in list(self._running.values())
        ]
        if self._notice:
            lines.append(Text(self._notice, style="yellow"))
        for line in lines:
            line.no_wrap, line.overflow = True, "ellipsis"
        return Group(*lines)
