"""Every server that is measured, ours first, behind one interface."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Final, Protocol

from bench.collaboration.clients import Protocol as Dialect
from bench.collaboration.doors import Door
from bench.collaboration.peers import PEERS, running_peer
from bench.collaboration.standalone import standalone

__all__ = ["OURS", "SERVERS", "Server", "dialect", "open_server"]

OURS: Final = "collab"
SERVERS: Final = (OURS, *PEERS)


class Server(Protocol):
    @property
    def door(self) -> Door: ...

    def resident_mb(self) -> float: ...

    def peak_mb(self) -> float: ...

    def forget_peak(self) -> None: ...

    def cpu_seconds(self) -> tuple[float, float]:
        """Used so far by the server, and by its datastores."""
        ...


def dialect(server: str) -> Dialect:
    return "hocuspocus" if server == OURS else PEERS[server].protocol


@contextmanager
def open_server(name: str, processor: int | None, settings: Mapping[str, str] | None = None) -> Generator[Server]:
    """Start a server; `settings` are for ours, as environment variables.

    Raises:
        PeerFailed
    """
    if name == OURS:
        with standalone(processor=processor, settings=settings) as running:
            yield running
    else:
        with running_peer(PEERS[name], processor=processor) as running:
            yield running
