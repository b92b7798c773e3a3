"""Runs an application on uvicorn; `docs/adr/0003-asgi-server.md` has the measurement behind that choice."""

import asyncio
import math
import signal
import socket
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import NoReturn, TypeVar

import uvicorn
import uvloop
from litestar import Litestar

from collab_kit.errors import Problem
from collab_kit.logging import configure_logging, get_logger
from collab_kit.settings import ServiceSettings, SettingsError, exit_with, load_settings

__all__ = ["ListenError", "run", "serve", "stop_on_signals"]

KEEP_ALIVE_S = 75
"""Longer than the gateway keeps idle connections (60 s): else it may send a request into one we are just closing."""

CUT_OFF_DEADLINE_S = 2.0

_log = get_logger()
SettingsT = TypeVar("SettingsT", bound=ServiceSettings)


class ListenError(Exception):
    """The address to listen on cannot be had."""


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Signals are the process's, not the server's: a second listener may have to drain with it."""
        yield


async def serve(app: Litestar, settings: ServiceSettings, *, stop: asyncio.Event) -> None:
    """Serve `app` inside the running loop until `stop` is set, then drain.

    Draining closes the listening socket, lets open requests finish for `drain_timeout_s`, and then ends the
    application's lifespan.

    Raises:
        ListenError: the address is taken or not ours.
    """
    listener = _listen(settings.host, settings.port)
    config = uvicorn.Config(
        app,
        lifespan="off",  # entered below: there a failure is an exception with a cause, in uvicorn it is an exit code
        loop="none",
        http="httptools",
        ws="none",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=math.ceil(settings.drain_timeout_s),
    )
    server = _Server(config)
    started = asyncio.Event()
    with listener:
        living = asyncio.create_task(_live(app, server, listener, started), name="http-server")
        stopping = asyncio.create_task(stop.wait(), name="http-stop")
        try:
            await asyncio.wait({living, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if started.is_set() and not living.done():
                _log.info("draining", timeout_s=settings.drain_timeout_s)
                server.should_exit = True
            if started.is_set() or living.done():
                await living
        finally:
            stopping.cancel()
            # Still starting, say waiting for PostgreSQL, or cancelled ourselves.
            living.cancel()
            await asyncio.wait({living})
    _log.info("stopped")


async def _live(app: Litestar, server: uvicorn.Server, listener: socket.socket, started: asyncio.Event) -> None:
    # One task from start to end: what the lifespan opens must be closed by the task that opened it.
    async with app.lifespan():
        host, port = listener.getsockname()[:2]
        _log.info("listening", host=host, port=port)
        started.set()
        await server.serve(sockets=[listener])
        # uvicorn cancels what outlives the drain and does not wait; closing the pools under it would.
        if cut_off := set(server.server_state.tasks):
            await asyncio.wait(cut_off, timeout=CUT_OFF_DEADLINE_S)


def run(create: Callable[[SettingsT], Litestar], kind: type[SettingsT], *, service: str) -> NoReturn:
    """Be the service's process: settings from the environment, logs on standard output, drain on SIGTERM or SIGINT.

    Exit codes: 0 drained, 1 could not start or failed, 78 wrongly configured.
    """
    try:
        settings = load_settings(kind)
        configure_logging(service=service, instance=settings.instance, level=settings.log_level)
        app = create(settings)
    except SettingsError as error:
        exit_with(error)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve_until_signalled(app, settings))
    except (ListenError, Problem) as error:
        _log.critical("not started", reason=str(error))
        sys.exit(1)
    except Exception as error:  # noqa: BLE001  # the process's last word has to be a line of its log too
        _log.critical("failed", exc_info=error)
        sys.exit(1)
    sys.exit(0)


async def _serve_until_signalled(app: Litestar, settings: ServiceSettings) -> None:
    await serve(app, settings, stop=stop_on_signals())


def stop_on_signals() -> asyncio.Event:
    """An event of the running loop that SIGTERM or SIGINT sets."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=512)
    except OSError as error:
        raise ListenError(f"cannot listen on {host}:{port}: {error.strerror or error}") from error
