"""`/livez` (the process answers), `/readyz` (so does what it needs), `/metrics` (Prometheus text format)."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.types import ControllerRouterHandler
from msgspec import Struct
from prometheus_client import CONTENT_TYPE_LATEST, disable_created_metrics, generate_latest

from collab_kit.logging import get_logger

__all__ = ["Check", "CheckResult", "Readiness", "health_routes", "run_checks"]

CHECK_DEADLINE_S = 1.0

_log = get_logger()


class Check(Struct, frozen=True):
    """Something the service cannot do without; `probe` raises when it is not there."""

    name: str
    probe: Callable[[], Awaitable[None]]


class CheckResult(Struct, frozen=True, kw_only=True):
    name: str
    ok: bool
    duration_ms: float
    error: str | None = None


class Readiness(Struct, frozen=True):
    ready: bool
    checks: list[CheckResult]


async def run_checks(checks: Sequence[Check]) -> Readiness:
    """All at once; one that does not answer in `CHECK_DEADLINE_S` has failed."""
    results = await asyncio.gather(*map(_run, checks))
    return Readiness(ready=all(result.ok for result in results), checks=list(results))


async def _run(check: Check) -> CheckResult:
    started = time.perf_counter()
    error: str | None = None
    try:
        async with asyncio.timeout(CHECK_DEADLINE_S):
            await check.probe()
    except TimeoutError:
        error = f"no answer in {CHECK_DEADLINE_S:g} s"
    except Exception as failure:  # noqa: BLE001  # whatever the library raises, the answer is "not ready"
        error = str(failure) or type(failure).__name__
        _log.debug("check failed", check=check.name, exc_info=failure)
    duration_ms = round((time.perf_counter() - started) * 1000, 2)
    return CheckResult(name=check.name, ok=error is None, duration_ms=duration_ms, error=error)


def health_routes(checks: Sequence[Check]) -> list[ControllerRouterHandler]:
    disable_created_metrics()  # a second series for each counter, which nothing of ours asks for

    @get("/livez", include_in_schema=False)
    async def livez() -> dict[str, str]:
        return {"status": "alive"}

    @get("/readyz", include_in_schema=False)
    async def readyz() -> Response[Readiness]:
        readiness = await run_checks(checks)
        return Response(readiness, status_code=200 if readiness.ready else 503, headers={"Cache-Control": "no-store"})

    @get("/metrics", include_in_schema=False, sync_to_thread=False)
    def metrics() -> Response[bytes]:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    routes: list[HTTPRouteHandler | Any] = [livez, readyz, metrics]
    return routes
