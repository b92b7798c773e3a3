"""Hears nginx's log, and answers ``/metrics``."""

import argparse
import signal
import socket
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Final

from prometheus_client import disable_created_metrics, start_http_server

from collab_gateway import connections, counting

_DATAGRAM_BYTES: Final = 65_536
_QUEUE_BYTES: Final = 4 << 20
"""Room for some thousand requests that come while this process does not run."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Until the process is told to end. Returns 1 if an address cannot be had."""
    options = _parser().parse_args(arguments)
    disable_created_metrics()  # a second series for each counter, which nothing of ours asks for
    signal.signal(signal.SIGTERM, _end)
    try:
        log = _hear(*options.log)
        start_http_server(options.metrics[1], options.metrics[0])
    except OSError as error:
        sys.stderr.write(f"collab_gateway: cannot listen: {error}\n")
        return 1
    connections.watch(*options.status)
    while True:
        line = counting.read(log.recv(_DATAGRAM_BYTES))
        if line is not None:
            counting.count(line)


def _end(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)


def _hear(host: str, port: int) -> socket.socket:
    log = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    log.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _QUEUE_BYTES)
    log.bind((host, port))
    return log


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m collab_gateway", description=__doc__)
    for name, said in (
        ("log", "where nginx sends its log, UDP"),
        ("metrics", "where Prometheus asks"),
        ("status", "nginx's status page"),
    ):
        parser.add_argument(f"--{name}", type=_endpoint, required=True, metavar="HOST:PORT", help=said)
    return parser


def _endpoint(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65_536:
        raise argparse.ArgumentTypeError(f"{text!r} is not an IPv4 address with a port, as in 127.0.0.1:8514")
    return host, int(port)


if __name__ == "__main__":
    sys.exit(main())
