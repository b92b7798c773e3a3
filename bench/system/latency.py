"""Edit to visible through the gateway of a whole environment, beside a bare WebSocket echo behind the same nginx.

An edit passes the gateway, is decoded, checked, committed to PostgreSQL with fsync, merged and passes the gateway
again; the echo only passes nginx twice. Both are measured in turn, at the same rate, by the same load client.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict

import uvloop

from bench.collaboration.doors import through_gateway
from bench.collaboration.load import Percentiles, Shape, measure
from bench.system.echo import echo_behind_nginx, measure_echo
from bench.system.report import Machine, Series, publish
from tests.system.local import running

ROUNDS = 3
SECONDS = 6
SHAPES = {
    "2 people": Shape(clients=2, writers=2, edits_per_s=20, seconds=SECONDS),
    "50 people": Shape(clients=50, writers=50, edits_per_s=250, seconds=SECONDS),
}


def main() -> None:
    """Measure and publish."""
    machine = Machine.here()
    with (
        running(prefix="bench") as environment,
        echo_behind_nginx() as echo,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        series = runner.run(_measure(environment.url, echo))
    publish(
        "latency",
        "From a keystroke to the other's screen, through the gateway and PostgreSQL",
        series,
        machine=machine,
    )


async def _measure(gateway: str, echo: str) -> list[Series]:
    seen: defaultdict[str, list[float]] = defaultdict(list)
    async with through_gateway(gateway) as door:
        for _ in range(ROUNDS):
            for name, shape in SHAPES.items():
                bare = await measure_echo(shape, echo)
                result = await measure(shape, door=door, protocol="hocuspocus")
                if result.undelivered or result.unacknowledged:
                    raise ConnectionError(f"{name}: {result.undelivered} edits lost, {result.unacknowledged} not saved")
                _note(seen, f"{name}, visible", result.visible)
                _note(seen, f"{name}, saved", result.saved)
                _note(seen, f"{name}, bare echo", bare)
                seen[f"{name}, visible : echo, p50"].append((result.visible.p50_ms or 0) / (bare.p50_ms or 1))
    return [Series(name=name, unit="x" if ":" in name else "ms", values=tuple(values)) for name, values in seen.items()]


def _note(seen: defaultdict[str, list[float]], what: str, percentiles: Percentiles) -> None:
    for name, value in (("p50", percentiles.p50_ms), ("p95", percentiles.p95_ms), ("p99", percentiles.p99_ms)):
        if value is not None:
            seen[f"{what} {name}"].append(value)


if __name__ == "__main__":
    main()
