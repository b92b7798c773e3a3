"""A `pycrdt` client of the y-websocket protocol that comes back whenever it is cut off."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from picows import WSError, WSTransport, ws_connect  # pyright: ignore[reportUnknownVariableType]
from pycrdt import Doc, TransactionEvent

from tests.integration.collaboration.rawclient import STEP1, STEP2, UPDATE, Raw, read_sized, sized

__all__ = ["Wanderer", "wanderer"]

_PAUSE_S = 0.05


class _Visit(Raw):
    """One connection."""

    def __init__(self, owner: "Wanderer") -> None:
        super().__init__()
        self._owner = owner

    def on_ws_connected(self, transport: WSTransport) -> None:
        super().on_ws_connected(transport)
        self._owner.visit = self
        self.send(STEP1 + sized(self._owner.doc.get_state()))

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._owner.visit = None
        super().on_ws_disconnected(transport)

    def on_message(self, message: bytes) -> None:
        if message[0] != 0:
            return
        payload, _ = read_sized(message, 2)
        if message[1] == STEP1[1]:
            self.send(STEP2 + sized(self._owner.doc.get_update(payload)))
        else:
            self._owner.take(payload)


class Wanderer:
    def __init__(self, url: Callable[[], str]) -> None:
        self.doc: Doc[Any] = Doc()
        self.visit: _Visit | None = None
        self._url = url
        self._is_remote = False
        self.doc.observe(self._changed)

    def take(self, update: bytes) -> None:
        self._is_remote = True
        try:
            self.doc.apply_update(update)
        finally:
            self._is_remote = False

    async def run(self) -> None:
        while True:
            try:
                _, visit = await ws_connect(lambda: _Visit(self), self._url(), websocket_handshake_timeout=2)
            except (WSError, OSError, TimeoutError):
                await asyncio.sleep(_PAUSE_S)
                continue
            # There is none where the connection was cut right behind the handshake.
            if isinstance(visit, _Visit):
                try:
                    await asyncio.shield(visit.closed)
                finally:
                    visit.transport.disconnect(graceful=False)
            await asyncio.sleep(_PAUSE_S)

    def _changed(self, event: TransactionEvent) -> None:
        if not self._is_remote and self.visit is not None:
            self.visit.send(UPDATE + sized(event.update))


@asynccontextmanager
async def wanderer(url: Callable[[], str]) -> AsyncGenerator[Wanderer]:
    """`url` is asked for each connection anew."""
    client = Wanderer(url)
    task = asyncio.create_task(client.run())
    try:
        yield client
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
