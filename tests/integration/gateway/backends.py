"""What stands behind the gateway in these tests: tiny real servers that say what reached them.

The gateway is the thing under test, so the services are stand-ins: :class:`HttpBackend` answers every request with
what it saw, :class:`WebSocketBackend` echoes frames.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from picows import (
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    ws_create_server,  # pyright: ignore[reportUnknownVariableType] - its **kwargs are not annotated
)

from tests.ports import free_port

GOOD_TOKEN = "good-token-5b1f"
USER = "0198c0de-0000-7000-8000-000000000001"

Headers = list[tuple[bytes, bytes]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]


async def eventually(holds: Callable[[], bool], *, timeout_s: float = 30) -> None:
    """Wait for something in another process or task. Raises ``TimeoutError``."""
    async with asyncio.timeout(timeout_s):
        for _ in itertools.count():
            if holds():
                return
            await asyncio.sleep(0.02)


@dataclass(slots=True)
class Seen:
    """One request as a service saw it."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Answer:
    """What a backend is to say instead of its echo."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict[str, str])
    body: bytes = b"{}"
    delay_s: float = 0


class HttpBackend:
    """A service. It answers with ``answer`` if set, else with what it saw; ``/internal/verify`` works as auth's
    does, unless there is a ``verdict``.
    """

    def __init__(self, name: str, tls: ssl.SSLContext | None = None) -> None:
        self.name = name
        self.port = 0
        self._tls = tls
        self.seen: list[Seen] = []
        self.answer: Answer | None = None
        self.verdict: Answer | None = None
        self._server: uvicorn.Server | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Listen, on the same port as before if there was one."""
        listener = socket.socket(proto=socket.IPPROTO_TCP)  # asyncio sets TCP_NODELAY only where it reads this
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.port = self.port or free_port()  # which nobody else gets while this is away
        listener.bind(("127.0.0.1", self.port))
        config = uvicorn.Config(
            self._app,
            interface="asgi3",
            log_config=None,
            lifespan="off",
            ws="none",
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=75,
            ssl_context_factory=self._own_tls if self._tls else None,
        )
        server = self._server = uvicorn.Server(config)
        server.install_signal_handlers = lambda: None  # pyright: ignore[reportAttributeAccessIssue]
        self._task = asyncio.create_task(server.serve(sockets=[listener]))
        await eventually(lambda: server.started)

    async def stop(self) -> None:
        """Close the port and every connection, at once."""
        server, self._server = self._server, None
        task, self._task = self._task, None
        if server is None or task is None:
            return
        server.should_exit = server.force_exit = True
        async with asyncio.timeout(30):
            await task

    def _own_tls(self, *_: object) -> ssl.SSLContext:
        assert self._tls is not None
        return self._tls

    def reset(self) -> None:
        self.seen.clear()
        self.answer = self.verdict = None

    async def _app(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        body = b""
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
        headers: Headers = scope["headers"]
        seen = Seen(
            method=scope["method"],
            path=scope["raw_path"].decode(),
            query=scope["query_string"].decode(),
            headers={name.decode().lower(): value.decode() for name, value in headers},
            body=body,
        )
        self.seen.append(seen)
        answer = self._verify(seen) if seen.path == "/internal/verify" else self.answer or self._echo(seen)
        await asyncio.sleep(answer.delay_s)
        raw = [(name.lower().encode(), value.encode()) for name, value in answer.headers.items()]
        if answer.status != 204:
            raw.append((b"content-length", str(len(answer.body)).encode()))
        await send({"type": "http.response.start", "status": answer.status, "headers": raw})
        await send({"type": "http.response.body", "body": b"" if answer.status == 204 else answer.body})

    def _echo(self, seen: Seen) -> Answer:
        said = {
            "component": self.name,
            "method": seen.method,
            "path": seen.path,
            "query": seen.query,
            "headers": seen.headers,
            "body_bytes": len(seen.body),
        }
        return Answer(
            headers={"content-type": "application/json", "x-request-id": "the-services-own", "x-powered-by": "python"},
            body=json.dumps(said).encode(),
        )

    def _verify(self, seen: Seen) -> Answer:
        if self.verdict is not None:
            return self.verdict
        if seen.headers.get("authorization") == f"Bearer {GOOD_TOKEN}":
            return Answer(status=204, headers={"x-collab-user": USER})
        return Answer(status=401, body=b'{"slug":"unauthenticated"}')


class _Echo(WSListener):
    def __init__(self, backend: WebSocketBackend) -> None:
        self._backend = backend

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._backend.open.add(transport)
        transport.send(WSMsgType.TEXT, self._backend.name.encode())

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code())
            transport.disconnect()
        else:
            transport.send(frame.msg_type, frame.get_payload_as_bytes())

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._backend.open.discard(transport)


class WebSocketBackend:
    """A replica of the collaboration service: says its name, then echoes."""

    def __init__(self, name: str, tls: ssl.SSLContext | None = None) -> None:
        self.name = name
        self.port = 0
        self._tls = tls
        self.paths: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.open: set[WSTransport] = set()
        self._server: asyncio.Server | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def start(self) -> None:
        self.port = self.port or free_port()
        self._server = await ws_create_server(
            self._accept, "127.0.0.1", self.port, websocket_handshake_timeout=30, ssl=self._tls
        )

    async def stop(self) -> None:
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        for transport in list(self.open):
            transport.disconnect()

    def _accept(self, request: WSUpgradeRequest) -> WSListener:
        self.paths.append(request.path.decode())
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        return _Echo(self)


@dataclass(slots=True)
class Backends:
    """Everything that the route table leads to."""

    auth: HttpBackend
    user: HttpBackend
    documents: list[HttpBackend]
    versions: HttpBackend
    objects: HttpBackend
    collaboration: list[WebSocketBackend]

    @property
    def document(self) -> HttpBackend:
        return self.documents[0]

    def addresses(self) -> dict[tuple[str, str], tuple[str, ...]]:
        return {
            ("auth", "http"): (self.auth.address,),
            ("user", "http"): (self.user.address,),
            ("document", "http"): tuple(backend.address for backend in self.documents),
            ("collaboration", "http"): (self.versions.address,),
            ("seaweedfs", "s3"): (self.objects.address,),
            ("collaboration", "websocket"): tuple(backend.address for backend in self.collaboration),
        }

    @property
    def http(self) -> list[HttpBackend]:
        return [self.auth, self.user, *self.documents, self.versions, self.objects]

    def reset(self) -> None:
        for backend in self.http:
            backend.reset()
        for replica in self.collaboration:
            replica.paths.clear()
            replica.headers.clear()


@asynccontextmanager
async def running_backends(
    *, documents: int = 1, collaboration: int = 3, tls: ssl.SSLContext | None = None
) -> AsyncGenerator[Backends]:
    """Started servers, stopped at the end."""
    backends = Backends(
        HttpBackend("auth", tls),
        HttpBackend("user", tls),
        [HttpBackend(f"document-{number}", tls) for number in range(1, documents + 1)],
        HttpBackend("versions", tls),
        HttpBackend("objects", tls),
        [WebSocketBackend(f"collaboration-{number}", tls) for number in range(1, collaboration + 1)],
    )
    try:
        await asyncio.gather(*(backend.start() for backend in (*backends.http, *backends.collaboration)))
        yield backends
    finally:
        await asyncio.gather(*(backend.stop() for backend in (*backends.http, *backends.collaboration)))
