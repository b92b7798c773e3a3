"""The result file as plots beside it: `.venv/bin/python -m bench.collaboration.plots`."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# matplotlib leaves out the types of its **kwargs

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from matplotlib import rc_context, rcParams
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from bench.collaboration.parts.shapes import GOALS_MS
from bench.collaboration.results import PATH, Report, read
from bench.collaboration.servers import OURS, SERVERS

__all__ = ["draw"]

_COLOURS: Final = dict(zip(SERVERS, ("#1b6ca8", "#d1495b", "#edae49", "#66a182", "#8d6a9f", "#777777"), strict=True))
_GOAL_COLOUR: Final = "#222222"
# The same figures make the same file: no date, no random ids, text as text.
_STYLE: Final[Mapping[Any, Any]] = {"svg.hashsalt": "collab", "svg.fonttype": "none", "font.size": 9}
_METADATA: Final = {"Date": None, "Creator": None}


def draw(report: Report, folder: Path) -> list[Path]:
    """Write a plot for each part that has figures; the answer is which."""
    made: list[Path] = []
    plots: dict[str, Callable[[Report], Figure | None]] = {"shapes": _shapes, "storm": _storm, "memory": _memory}
    for name, plot in plots.items():
        with rc_context():
            rcParams.update(_STYLE)
            figure = plot(report)
            if figure is not None:
                path = folder / f"collaboration-{name}.svg"
                FigureCanvasSVG(figure).print_svg(str(path), metadata=dict(_METADATA))
                made.append(path)
    return made


def _shapes(report: Report) -> Figure | None:
    """p99 of every server under every shape, on a logarithmic scale, with the goals."""
    found = {
        (row.server, row.shape): row.visible.p99_ms
        for row in report.shapes
        if row.visible is not None and row.visible.p99_ms is not None
    }
    if not found:
        return None
    shapes = list(dict.fromkeys(row.shape for row in report.shapes))
    figure = Figure(figsize=(11, 4.5), layout="constrained")
    axes = figure.subplots()
    servers = [server for server in SERVERS if any(server == each for each, _ in found)]
    width = 0.8 / len(servers)
    for place, server in enumerate(servers):
        at = [number + place * width for number, shape in enumerate(shapes) if (server, shape) in found]
        heights = [found[server, shape] for shape in shapes if (server, shape) in found]
        axes.bar(at, heights, width, label=server, color=_COLOURS[server])
    for number, shape in enumerate(shapes):
        if (goal := GOALS_MS.get(shape)) is not None:
            axes.hlines(goal, number - width / 2, number + 0.8 - width / 2, colors=_GOAL_COLOUR, linewidth=1.5)
    axes.hlines([], 0, 0, colors=_GOAL_COLOUR, linewidth=1.5, label=f"goal of {OURS}")
    axes.set_yscale("log")
    axes.set_ylabel("p99 from edit to visible, ms")
    middle = 0.4 - width / 2
    axes.set_xticks([number + middle for number in range(len(shapes))], shapes, rotation=20, ha="right")
    axes.legend(ncols=4, fontsize=8)
    return figure


def _storm(report: Report) -> Figure | None:
    values = {row.server: (row.synced.p99_ms or 0) / 1000 for row in report.storm if row.synced}
    return _bars(values, "seconds until 99 of 100 clients had the document")


def _memory(report: Report) -> Figure | None:
    connections = {row.server: row.connection_kb for row in report.memory if row.connection_kb is not None}
    documents = {row.server: row.document_kb for row in report.memory if row.document_kb is not None}
    if not connections or not documents:
        return None
    figure = Figure(figsize=(9, 3), layout="constrained")
    left, right = figure.subplots(1, 2)
    _bar(left, connections, "kB for an idle connection")
    _bar(right, documents, "kB for an open document of 10,000 characters")
    return figure


def _bars(values: Mapping[str, float], label: str) -> Figure | None:
    if not values:
        return None
    figure = Figure(figsize=(6, 3), layout="constrained")
    _bar(figure.subplots(), values, label)
    return figure


def _bar(axes: Axes, values: Mapping[str, float], label: str) -> None:
    axes.barh(list(values), list(values.values()), color=[_COLOURS[server] for server in values])
    axes.invert_yaxis()
    axes.set_xlabel(label)


def main() -> int:
    report = read(PATH)
    if report is None:
        print(f"{PATH} is not there, or of another version: run `make bench-collab`", file=sys.stderr)
        return 1
    for path in draw(report, PATH.parent):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
