"""How many connections nginx has, from its ``stub_status`` page."""

import http.client
import re
import threading
import time
from typing import Final

from prometheus_client import Gauge

__all__ = ["parse", "watch"]

_EVERY_S: Final = 5.0
_PATH: Final = "/nginx_status"
_STATES: Final = re.compile(r"Reading: (?P<reading>\d+) Writing: (?P<writing>\d+) Waiting: (?P<waiting>\d+)")

_connections = Gauge(
    "collab_gateway_connections",
    "Connections of clients: a request is read, an answer (or a WebSocket) is written, the next request is waited for",
    ["state"],
)


def watch(host: str, port: int) -> None:
    """Keep the gauge up to date from now on; it has no value while nginx does not answer."""

    def ask_for_ever() -> None:
        while True:
            found = _ask(host, port)
            if found is None:
                _connections.clear()
            else:
                for state, number in found.items():
                    _connections.labels(state).set(number)
            time.sleep(_EVERY_S)

    threading.Thread(target=ask_for_ever, name="connections", daemon=True).start()


def parse(page: str) -> dict[str, int] | None:
    """Connections by state; None if that is no status page.

    https://nginx.org/en/docs/http/ngx_http_stub_status_module.html
    """
    found = _STATES.search(page)
    return {state: int(number) for state, number in found.groupdict().items()} if found else None


def _ask(host: str, port: int) -> dict[str, int] | None:
    connection = http.client.HTTPConnection(host, port, timeout=_EVERY_S)
    try:
        connection.request("GET", _PATH)
        answer = connection.getresponse()
        page = answer.read(4096).decode("ascii", "replace")
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return parse(page) if answer.status == http.HTTPStatus.OK else None
