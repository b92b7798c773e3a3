"""Our collaboration service beside its peers: same load client, same work, one processor for each server in turn.

    .venv/bin/python -m bench.collaboration.compare                                # everything: some 75 minutes
    .venv/bin/python -m bench.collaboration.compare --quick                        # that it works: some 5 minutes
    .venv/bin/python -m bench.collaboration.compare --part shapes --shape 1x100x50@2000 --server collab

Ours has its PostgreSQL (fsync on) on the same processor and acknowledges after the commit; the peers keep documents in
memory. The result file is complete after every row; with `--part`, `--server`, `--shape` or `--form` only what was
asked for is replaced in it. A server that fails is a row that says how.
"""

import argparse
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from bench.collaboration.parts import Run, cold_open, memory, overload, replay, scale, shapes, storm
from bench.collaboration.plots import draw
from bench.collaboration.processes import take_processors
from bench.collaboration.results import PATH, Results
from bench.collaboration.servers import SERVERS
from bench.collaboration.shape import parse_shape
from bench.collaboration.tables import markdown
from bench.collaboration.traces import TracesMissing, require
from bench.services import tables as services

PAGE: Final = Path(__file__).parents[2] / "docs" / "performance.md"
QUICK: Final = PATH.with_name("collaboration-quick.tmp")
"""Short runs do not replace what was measured at length; not kept."""


def main() -> int:
    options = _parser().parse_args()
    quick: bool = options.quick
    path: Path = options.json or (QUICK if quick else PATH)
    seconds: float = options.seconds or (2.0 if quick else 8.0)
    repeats: int = options.repeats or (1 if quick else 3)
    chosen = options.shape or (shapes.QUICK if quick else tuple(shapes.GOALS_MS))
    forms = options.form or (overload.QUICK if quick else overload.FORMS)
    parts: dict[str, Callable[[Run], None]] = {
        "shapes": lambda run: shapes.run(run, chosen),
        "overload": lambda run: overload.run(run, forms),
        **_PARTS,
    }
    wanted: list[str] = options.part or list(parts)
    left_out = _left_out(wanted)
    # What cannot be measured here keeps the figures that it has.
    everything = not (options.part or options.server or options.shape or options.form or left_out)
    run = Run(
        servers=options.server or SERVERS,
        results=Results.open(path, quick=quick, seconds=seconds, repeats=repeats, anew=everything or quick),
        processor=take_processors(),
        seconds=seconds,
        repeats=repeats,
        quick=quick,
    )
    failed = [name for name in wanted if name in left_out or not _measure(name, run, parts[name])]
    if path == PATH:
        draw(run.results.report, PATH.parent)
        PAGE.write_text(markdown(run.results.report) + services.kept(), encoding="utf-8")
    for name in failed:
        print(f"{name} was not measured to its end", file=sys.stderr)
    return 1 if failed else 0


_PARTS: Final[dict[str, Callable[[Run], None]]] = {
    "storm": storm.run,
    "replay": replay.run,
    "cold-open": cold_open.run,
    "memory": memory.run,
    "scale": scale.run,
}
_ALL: Final = ("shapes", "overload", *_PARTS)
_OF_RECORDED_SESSIONS: Final = ("replay", "cold-open")


def _left_out(wanted: Sequence[str]) -> list[str]:
    """Said before an hour has gone by: the recorded sessions are fetched by hand."""
    needing = [name for name in wanted if name in _OF_RECORDED_SESSIONS]
    try:
        if needing:
            require()
    except TracesMissing as error:
        print(f"{' and '.join(needing)} left out: {error}", file=sys.stderr, flush=True)
        return needing
    return []


def _measure(name: str, run: Run, part: Callable[[Run], None]) -> bool:
    """One part; what stops it stops no other."""
    print(f"\n== {name}", flush=True)
    began = time.monotonic()
    try:
        part(run)
    except Exception:  # noqa: BLE001  # one part's fault must not cost the others' half an hour
        traceback.print_exc()
        return False
    finally:
        print(f"-- {name}: {time.monotonic() - began:.0f} s", flush=True)
    return True


def _shape(text: str) -> str:
    try:
        parse_shape(text, 1)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", action="append", choices=_ALL, help="default: all")
    parser.add_argument("--server", action="append", choices=SERVERS, help="default: all")
    parser.add_argument(
        "--shape",
        action="append",
        type=_shape,
        metavar="SHAPE",
        help=f"DOCUMENTSxCLIENTSxWRITERS@EDITS_PER_S; default: {' '.join(shapes.GOALS_MS)}",
    )
    parser.add_argument(
        "--form",
        action="append",
        choices=overload.FORMS,
        help="of the part `overload`: a shape without its edits per second; default: all",
    )
    parser.add_argument("--quick", action="store_true", help="short and small, into a file of its own")
    parser.add_argument("--seconds", type=float, help="of each run of a shape or session; default 8")
    parser.add_argument("--repeats", type=int, help="default 3")
    parser.add_argument("--json", type=Path, metavar="FILE", help="default: bench/results/collaboration.json")
    return parser


if __name__ == "__main__":
    sys.exit(main())
