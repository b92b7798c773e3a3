"""What the load client speaks: one class for each protocol, one connection for each client of each document."""

from typing import Final, Literal

from picows import ws_connect  # pyright: ignore[reportUnknownVariableType]  # its keywords are untyped

from bench.collaboration.clients.base import Client, Recorder
from bench.collaboration.clients.etherpad import EtherpadClient
from bench.collaboration.clients.sharedb import ShareDBClient
from bench.collaboration.clients.yjs import HocuspocusClient, YWebsocketClient
from bench.collaboration.doors import Door

__all__ = ["Client", "Protocol", "Recorder", "connect"]

Protocol = Literal["hocuspocus", "y-websocket", "sharedb", "etherpad"]

_CLIENTS: Final[dict[Protocol, type[Client]]] = {
    "hocuspocus": HocuspocusClient,
    "y-websocket": YWebsocketClient,
    "sharedb": ShareDBClient,
    "etherpad": EtherpadClient,
}
_MAX_FRAME_BYTES: Final = 64 * 1024 * 1024


async def connect(protocol: Protocol, recorder: Recorder, door: Door, document: str, ticket: str) -> Client:
    """A client that has said hello; await its `synced` for the document. Raises `OSError`."""
    kind = _CLIENTS[protocol]
    _, client = await ws_connect(
        lambda: kind(recorder, document, ticket),
        kind.url(door.url, document, ticket),
        max_frame_size=_MAX_FRAME_BYTES,
    )
    assert isinstance(client, Client)
    client.greet()
    return client
