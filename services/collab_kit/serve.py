"""Runs an application on uvicorn; `docs/adr/0003-asgi-server.md` has the measurement behind that choice."""

import asyncio
import math
import signal
import socket
import ssl
import sys
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from functools import lru_cache, partial
from typing import NoReturn, TypeVar

import uvicorn
import uvloop
from litestar import Litestar
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from collab_kit.errors import Problem
from collab_kit.logging import configure_logging, get_logger
from collab_kit.settings import ServiceSettings, SettingsError, exit_with, load_settings
from collab_kit.tasks import background
from collab_kit.tls import Certificate

__all__ = ["ListenError", "listen", "run", "serve", "server_tls", "stop_on_signals"]

KEEP_ALIVE_S = 75
"""Longer than the gateway keeps idle connections (60 s): else it may send a request into one we are just closing."""

CUT_OFF_DEADLINE_S = 2.0
RENEWAL_INTERVAL_S = 60.0

_log = get_logger()
SettingsT = TypeVar("SettingsT", bound=ServiceSettings)


class ListenError(Exception):
    """The address to listen on cannot be had."""


class _TlsProtocol(HttpToolsProtocol):
    def shutdown(self) -> None:
        """Let go of an idle connection without the farewell of TLS.

        Its other end, an idle client, does not listen for one, and the drain would wait for its answer for 30 s.
        """
        idle = not self.cycle or self.cycle.response_complete  # there is none before the first request
        if idle and self.transport.get_write_buffer_size() == 0:
            self.transport.abort()
        else:
            super().shutdown()


def _context(tls: Certificate, *_: object) -> ssl.SSLContext:
    return tls.context


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Signals are the process's, not the server's: a second listener may have to drain with it."""
        yield


async def serve(app: Litestar, settings: ServiceSettings, *, stop: asyncio.Event) -> None:
    """Serve `app` inside the running loop until `stop` is set, then drain.

    Draining closes the listening socket, lets open requests finish for `drain_timeout_s`, and then ends the
    application's lifespan. Nothing is accepted from the moment that `stop` is set: where others have to learn first
    that this replica is leaving (Kubernetes' endpoints), whoever signals waits for that (a preStop sleep).

    Raises:
        ListenError: the address is taken or not ours.
    """
    listener = listen(settings.host, settings.port, backlog=512)
    tls = server_tls(settings)
    config = uvicorn.Config(
        app,
        lifespan="off",  # entered below: there a failure is an exception with a cause, in uvicorn it is an exit code
        loop="none",
        http="httptools" if tls is None else _TlsProtocol,
        ws="none",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=math.ceil(settings.drain_timeout_s),
        ssl_context_factory=None if tls is None else partial(_context, tls),
    )
    server = _Server(config)
    started = asyncio.Event()
    with listener:
        living = asyncio.create_task(_live(app, server, listener, started, tls), name="http-server")
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


async def _live(
    app: Litestar,
    server: uvicorn.Server,
    listener: socket.socket,
    started: asyncio.Event,
    tls: Certificate | None,
) -> None:
    # One task from start to end: what the lifespan opens must be closed by the task that opened it.
    async with app.lifespan(), _renewed(tls):
        host, port = listener.getsockname()[:2]
        _log.info("listening", host=host, port=port, tls=tls is not None)
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


def listen(host: str, port: int, *, backlog: int) -> socket.socket:
    """A socket that listens; on `::` to IPv4 as well, where the system can. Raises `ListenError`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    both = host == "::" and socket.has_dualstack_ipv6()
    try:
        listener = socket.create_server((host, port), family=family, backlog=backlog, dualstack_ipv6=both)
    except OSError as error:
        raise ListenError(f"cannot listen on {host}:{port}: {error.strerror or error}") from error
    # Accepted connections inherit it: a small answer must not wait for the acknowledgement of the one before.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def server_tls(settings: ServiceSettings) -> Certificate | None:
    """The certificate of this process, one for all of its listeners; `None` where it speaks plainly."""
    if settings.tls_cert_file is None or settings.tls_key_file is None:
        return None
    return _certificate(settings.tls_cert_file, settings.tls_key_file)


@lru_cache(maxsize=1)
def _certificate(cert_file: str, key_file: str) -> Certificate:
    return Certificate(cert_file, key_file)


@asynccontextmanager
async def _renewed(tls: Certificate | None) -> AsyncGenerator[None]:
    if tls is None:
        yield
        return

    async def watch() -> None:
        while True:
            await asyncio.sleep(RENEWAL_INTERVAL_S)
            try:
                if tls.renew():
                    _log.info("certificate renewed")
            except OSError as error:
                _log.error("certificate not renewed", error=error.strerror or str(error))

    async with background(watch, name="certificate"):
        yield
