"""A line of the gateway's log becomes counts.

nginx itself counts connections and no more; its log tells what only the gateway knows: what it refused, answered from
its cache, or could get no answer for.
"""

from typing import Annotated, Final

import msgspec
from prometheus_client import Counter, Histogram

from collab_kit.methods import method_label

__all__ = ["Line", "count", "read"]

_SWITCHING_PROTOCOLS: Final = 101

_requests = Counter("collab_gateway_requests_total", "Requests answered", ["route", "method", "status"])
_seconds = Histogram(
    "collab_gateway_request_seconds",
    "Time from the request's first byte to the answer's last, of all that did not become WebSockets",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
_bytes = Counter("collab_gateway_sent_bytes_total", "Bytes sent to clients, heads included", ["route"])
_cached = Counter("collab_gateway_cache_total", "Requests to routes that have a cache", ["route", "result"])
_limited = Counter("collab_gateway_limited_total", "Requests refused since too many came", ["route", "by"])
_scores = Histogram(
    "collab_gateway_firewall_score",
    "Anomaly scores of the requests that the firewall inspected",
    buckets=(0, 2, 4, 9, 14, 24, 49),
)
_matched = Counter("collab_gateway_firewall_matched_total", "Requests that a rule of the firewall matched", ["route"])
_unreadable = Counter("collab_gateway_unreadable_total", "Lines of the log that could not be read")


class Line(msgspec.Struct, frozen=True):
    """What nginx's log format ``counted`` says of a request.

    ``status`` 0: the client went before there was one. ``seconds`` of a WebSocket is how long it was open. ``cache`` as
    nginx has it (``HIT``, ``MISS``, …) and ``limited`` (``address``, ``connections``, ``user``) are empty where they do
    not apply; ``score`` is null where nothing was inspected.
    """

    route: str
    method: str
    status: Annotated[int, msgspec.Meta(ge=0, le=999)]
    bytes: Annotated[int, msgspec.Meta(ge=0)]
    seconds: Annotated[float, msgspec.Meta(ge=0)]
    cache: str
    limited: str
    score: Annotated[int, msgspec.Meta(ge=0)] | None


_decoder = msgspec.json.Decoder(Line)


def read(datagram: bytes) -> Line | None:
    """The line in a syslog message (RFC 3164, as nginx sends it); None, and counted, if there is none."""
    try:
        return _decoder.decode(datagram[max(datagram.find(b"{"), 0) :])
    except (msgspec.DecodeError, UnicodeDecodeError):
        _unreadable.inc()
        return None


def count(line: Line) -> None:
    _requests.labels(line.route, method_label(line.method), str(line.status)).inc()
    _bytes.labels(line.route).inc(line.bytes)
    if line.status != _SWITCHING_PROTOCOLS:
        _seconds.labels(line.route).observe(line.seconds)
    if line.cache:
        _cached.labels(line.route, line.cache.lower()).inc()
    if line.limited:
        _limited.labels(line.route, line.limited).inc()
    if line.score is not None:
        _scores.observe(line.score)
        if line.score:
            _matched.labels(line.route).inc()
