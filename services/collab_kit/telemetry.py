"""What is seen of every request: its id, its metrics, its line in the log."""

import re
import time
from typing import Any, cast
from uuid import uuid4

from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import Counter, Gauge, Histogram
from structlog.contextvars import bound_contextvars

from collab_kit.http import REQUEST_ID_HEADER
from collab_kit.logging import get_logger
from collab_kit.methods import method_label

__all__ = ["QUIET_PATHS", "Telemetry", "request_id_from"]

QUIET_PATHS = frozenset({"/livez", "/readyz", "/metrics"})
"""Asked every few seconds by machines: measured like the rest, but a success is no line in the log."""

_SANE_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_log = get_logger()
_requests = Counter("collab_http_requests_total", "Requests answered", ["method", "route", "status"])
_seconds = Histogram(
    "collab_http_request_seconds",
    "Time from the request's head to the end of the answer",
    ["method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
_open = Gauge("collab_http_requests_open", "Requests being answered now")


def request_id_from(header: str | None) -> str:
    """The gateway's id when it is a sane one; else a new one, so that no caller writes into our logs what they like."""
    return header if header is not None and _SANE_ID.fullmatch(header) else uuid4().hex


class Telemetry:
    """Wraps the whole application, so that answers no route gave (404, 405) are counted and carry an id too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = request_id_from(_header(scope, REQUEST_ID_HEADER))
        scope["state"]["request_id"] = request_id
        id_header = (REQUEST_ID_HEADER.lower().encode(), request_id.encode())
        status = 500
        started = time.perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], id_header]
            await send(message)

        with bound_contextvars(request_id=request_id), _open.track_inprogress():
            try:
                await self._app(scope, receive, send_with_id)
            finally:
                _record(cast("dict[str, Any]", scope), status, time.perf_counter() - started)


def _record(scope: dict[str, Any], status: int, seconds: float) -> None:
    # The template, not the path: a label for each document would grow without end.
    route: str = scope.get("path_template") or "unmatched"
    method: str = scope["method"]
    known = method_label(method)
    _requests.labels(known, route, status).inc()
    _seconds.labels(known, route).observe(seconds)
    path: str = scope["path"]
    if path in QUIET_PATHS and status < 400:
        return
    # Without the query: it may hold a ticket.
    _log.info("request", method=method, path=path, route=route, status=status, duration_ms=round(seconds * 1000, 2))


def _header(scope: Scope, name: str) -> str | None:
    wanted = name.lower().encode()
    return next((value.decode("latin-1") for key, value in scope["headers"] if key.lower() == wanted), None)
