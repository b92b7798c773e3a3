"""pycrdt-websocket as its documentation starts it: documents in memory, behind Hypercorn. HOST and PORT say where."""

import asyncio
import os
import signal

from hypercorn import Config
from hypercorn.asyncio import serve  # pyright: ignore[reportUnknownVariableType]  # its WSGI side is untyped
from pycrdt.websocket import ASGIServer, WebsocketServer


async def main() -> None:
    server = WebsocketServer()
    config = Config()
    config.bind = [f"{os.environ['HOST']}:{os.environ['PORT']}"]
    config.websocket_max_message_size = 64 * 1024 * 1024
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with server:
        await serve(ASGIServer(server), config, shutdown_trigger=stop.wait)  # pyright: ignore[reportArgumentType]


asyncio.run(main())
