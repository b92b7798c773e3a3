"""Edit to visible: how long until what one person types is on another's screen, committed to PostgreSQL on the way.

    .venv/bin/python -m bench.collaboration.edit_latency                                    # a service of its own
    .venv/bin/python -m bench.collaboration.edit_latency --gateway http://127.0.0.1:8080    # a whole environment

Without `--gateway` the service and its PostgreSQL (fsync on) share one processor and the load client has another.
`--shape` is DOCUMENTSxCLIENTSxWRITERS@EDITS_PER_S and may be repeated.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import msgspec
import uvloop

from bench.collaboration.doors import Door, through_gateway
from bench.collaboration.load import Percentiles, Protocol, Result, Shape, measure
from bench.collaboration.processes import take_processors
from bench.collaboration.shape import parse_shape
from bench.collaboration.standalone import Standalone, standalone

RESULTS = Path(__file__).parents[1] / "results"
SHAPES = ("1x2x2@20", "1x50x50@250", "1x100x50@1000", "1x100x50@2000")
GATEWAY_SHAPES = ("1x2x2@20", "1x50x50@250")


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """One run; what the server used is known only when it is our own."""

    result: Result
    service_mb: float | None = None
    service_cpu_percent: float | None = None
    database_cpu_percent: float | None = None


async def run(shapes: Sequence[Shape], protocol: Protocol, door: Door, server: Standalone | None) -> list[Measured]:
    found: list[Measured] = []
    for shape in shapes:
        before = server.cpu_seconds() if server else (0.0, 0.0)
        result = await measure(shape, door=door, protocol=protocol)
        if server is None:
            found.append(Measured(result=result))
        else:
            service, database = (
                round(100 * (after - earlier) / shape.seconds)
                for after, earlier in zip(server.cpu_seconds(), before, strict=True)
            )
            found.append(
                Measured(
                    result=result,
                    service_mb=server.resident_mb(),
                    service_cpu_percent=service,
                    database_cpu_percent=database,
                )
            )
        print(_row(found[-1]), flush=True)
    return found


def _row(measured: Measured) -> str:
    result = measured.result
    columns = [
        f"{result.shape!s:48}",
        _three(result.visible),
        _three(result.saved),
        f"{result.undelivered + result.unacknowledged:7d}",
        f"{result.late.p99_ms or 0:9.2f}",
        f"{result.messages_per_s:9d}",
    ]
    if measured.service_mb is not None:
        columns.append(
            f"{measured.service_mb:8.1f} {measured.service_cpu_percent:8.0f} {measured.database_cpu_percent:8.0f}"
        )
    return " ".join(columns)


def _three(values: Percentiles) -> str:
    figures = (values.p50_ms, values.p95_ms, values.p99_ms)
    return " ".join("     -" if figure is None else f"{figure:6.1f}" for figure in figures)


def _head() -> str:
    groups = ["", "visible, ms", "saved, ms", "lost or", "client", "messages", "service, MB and %", "database"]
    names = ["", *2 * ("p50", "p95", "p99"), "unacked", "late p99", "per s", "RSS", "CPU", "CPU"]
    widths = (48, *6 * (6,), 7, 9, 9, 8, 8, 8)
    above = " ".join(text.rjust(width) for text, width in zip(groups, (48, 20, 20, 7, 9, 9, 17, 8), strict=True))
    return above + "\n" + " ".join(name.rjust(width) for name, width in zip(names, widths, strict=True))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gateway", metavar="URL", help="public URL of a running environment")
    parser.add_argument("--shape", action="append", metavar="SHAPE", help=f"default: {' '.join(SHAPES)}")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--protocol", choices=("hocuspocus", "y-websocket"), default="hocuspocus")
    parser.add_argument("--json", type=Path, default=RESULTS / "edit_latency.json", metavar="FILE")
    options = parser.parse_args()
    try:
        texts = options.shape or (GATEWAY_SHAPES if options.gateway else SHAPES)
        shapes = [parse_shape(text, options.seconds) for text in texts]
    except ValueError as error:
        parser.error(str(error))
    processor = None if options.gateway else take_processors()

    async def measure_all(server: Standalone | None) -> list[Measured]:
        if server is not None:
            return await run(shapes, options.protocol, server.door, server)
        async with through_gateway(options.gateway) as door:
            return await run(shapes, options.protocol, door, None)

    print(_head())
    own = nullcontext(None) if options.gateway else standalone(processor=processor)
    with own as server, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        found = runner.run(measure_all(server))
    options.json.parent.mkdir(exist_ok=True)
    options.json.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
