"""The WebSocket listener: who may connect, what ticks for all connections, and how they are moved away when we stop."""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable
from typing import Final
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from picows import WSUpgradeRequest, ws_create_server  # pyright: ignore[reportUnknownVariableType]  # **kwargs

from collab_collaboration.connection import TICK_S, Connection
from collab_collaboration.hub import Hub
from collab_collaboration.metrics import CONNECTIONS, RECEIVED, RECEIVED_BYTES, TASKS
from collab_collaboration.receiver import Receiver
from collab_collaboration.roles import RoleSource, Roster
from collab_collaboration.settings import CollaborationSettings
from collab_collaboration.tickets import Tickets
from collab_collaboration.wire import CloseReason, Kind
from collab_kit.events import (
    AccessChanged,
    AccountEnded,
    DocumentDeleted,
    DocumentEdited,
    DocumentNews,
    Event,
    MemberChanged,
)
from collab_kit.logging import get_logger
from collab_kit.serve import listen, server_tls
from collab_kit.tokens import Role

__all__ = ["Server", "parse_path"]

_PATH: Final = "collaboration"
_SLICES: Final = 10
"""Connections tick in turn, a tenth of them at a time."""
_BACKLOG: Final = 1024
_READ_BUFFER_BYTES: Final = 4096
_MOVED_AWAY_DEADLINE_S: Final = 2.5
_TLS_HANDSHAKE_DEADLINE_S: Final = 5.0
_TLS_SHUTDOWN_DEADLINE_S: Final = 2.0
_NEWS: Final = '{"type":"news","topic":"%s"}'

_log = get_logger()
# Whatever a stranger sends is an error to picows; it is a metric to us.
logging.getLogger("picows").setLevel(logging.CRITICAL)


def parse_path(path: str) -> tuple[UUID | None, str | None] | None:
    """Document and ticket of `/collaboration/{document}?ticket=…`; `None` when the path is none of ours."""
    parts = urlsplit(path)
    base, _, name = parts.path.removeprefix("/").partition("/")
    if base != _PATH:
        return None
    if not name:
        return None, None
    try:
        document = UUID(name)
    except ValueError:
        return None
    tickets = parse_qs(parts.query, max_num_fields=10).get("ticket")
    return document, tickets[0] if tickets else None


class Server:
    def __init__(self, settings: CollaborationSettings, hub: Hub, tickets: Tickets, roles: RoleSource) -> None:
        self.settings = settings
        self.hub = hub
        self.tickets = tickets
        self._connections: dict[Connection, int] = {}
        self._listener: asyncio.Server | None = None
        self._is_draining = False
        self._all_gone = asyncio.Event()
        self._of_user: Counter[UUID] = Counter()
        self._received: Counter[Kind] = Counter()
        self._received_bytes = 0
        self._admitted = 0
        self._slice = 0
        self._roster = Roster(roles, present=hub.sessions_in, on_role=self._set_role, on_gone=hub.end_document)
        CONNECTIONS.set_function(lambda: len(self._connections))
        TASKS.set_function(lambda: len(asyncio.all_tasks()))

    async def start(self) -> None:
        """Raises `ListenError`."""
        settings = self.settings
        tls = server_tls(settings)
        self._listener = await ws_create_server(
            self._accept,
            sock=listen(settings.host, settings.websocket_port, backlog=_BACKLOG),
            ssl=None if tls is None else tls.context,
            ssl_handshake_timeout=None if tls is None else _TLS_HANDSHAKE_DEADLINE_S,
            ssl_shutdown_timeout=None if tls is None else _TLS_SHUTDOWN_DEADLINE_S,
            websocket_handshake_timeout=5,
            enable_auto_pong=False,  # pings count as messages: see `Connection`
            max_frame_size=settings.max_message_bytes,
            read_buffer_init_size=_READ_BUFFER_BYTES,
            backlog=_BACKLOG,
        )
        _log.info("listening for WebSockets", host=settings.host, port=self.port)

    @property
    def port(self) -> int:
        return int(self._listener.sockets[0].getsockname()[1]) if self._listener is not None else 0

    async def drain(self) -> None:
        """Take no more, let what came be saved and acknowledged, and send everybody to another replica."""
        self._is_draining = True
        await self._roster.close()
        if self._listener is not None:
            self._listener.close()
        for connection in self._connections:
            connection.pause()
        try:
            async with asyncio.timeout(max(0.1, self.settings.drain_timeout_s - _MOVED_AWAY_DEADLINE_S)):
                await self.hub.flush()
        except TimeoutError:
            _log.error("stopping with edits that are not saved; their clients still have them")
        for connection in list(self._connections):
            connection.close(CloseReason.DRAINING)
        if self._connections:
            try:
                async with asyncio.timeout(_MOVED_AWAY_DEADLINE_S):
                    await self._all_gone.wait()
            except TimeoutError:
                _log.warning("connections cut that did not close", connections=len(self._connections))
        for connection in list(self._connections):
            connection.abort()
        self._count_received()

    async def tick(self) -> None:
        """To be called every tenth of `TICK_S`."""
        self._count_received()
        self._slice = (self._slice + 1) % _SLICES
        for connection, number in list(self._connections.items()):
            if number % _SLICES == self._slice:
                connection.tick()

    def admit(self, connection: Connection) -> bool:
        if self._is_draining or len(self._connections) >= self.settings.max_connections:
            return False
        self._admitted += 1
        self._connections[connection] = self._admitted
        return True

    def admit_user(self, user: UUID) -> bool:
        """Count one more connection of a person; false when there are too many."""
        if self._of_user[user] >= self.settings.max_user_connections:
            return False
        self._of_user[user] += 1
        return True

    def forget(self, connection: Connection, users: Iterable[UUID]) -> None:
        self._connections.pop(connection, None)
        for user in users:
            self._of_user[user] -= 1
            if not self._of_user[user]:
                del self._of_user[user]
        if self._is_draining and not self._connections:
            self._all_gone.set()

    def count(self, kind: Kind, size_bytes: int) -> None:
        self._received[kind] += 1
        self._received_bytes += size_bytes

    async def on_event(self, event: Event) -> None:
        """What other services say; raises `StoreUnavailable` when a deletion cannot be written down."""
        match event:
            case MemberChanged():
                self._note_member(event)
            case AccessChanged():
                self.tickets.note_doubt(event.document)
                self._roster.review(event.document)
            case AccountEnded():
                self.tickets.note_end(event.user)
                for session in self.hub.all_sessions_of(event.user):
                    session.end(CloseReason.NO_LONGER_ALLOWED)
            case DocumentNews():
                self.hub.tell_here(event.document, _NEWS % event.topic)
            case DocumentDeleted():
                await self.hub.delete(event.document)
            case DocumentEdited():
                pass  # what replicas themselves say

    def _note_member(self, event: MemberChanged) -> None:
        self.tickets.note_change(event.document, event.user, event.role)
        sessions = self.hub.sessions_of(event.document, event.user)
        if any(session.link is not None for session in sessions):
            # The event does not know what a link gives.
            self._roster.review(event.document)
        self._roster.overtaken(event.document)
        for session in sessions:
            if session.link is None:
                session.set_role(event.role)

    def _set_role(self, document: UUID, session: Receiver, role: Role | None) -> None:
        self.tickets.note_change(document, session.user, role)
        session.set_role(role)

    def _accept(self, request: WSUpgradeRequest) -> Connection | None:
        found = parse_path(request.path.decode("latin-1"))
        if found is None:
            return None
        document, ticket = found
        return Connection(self, document=document, ticket=ticket)

    def _count_received(self) -> None:
        for kind, count in self._received.items():
            RECEIVED.labels(kind.value).inc(count)
        RECEIVED_BYTES.inc(self._received_bytes)
        self._received.clear()
        self._received_bytes = 0


TICK_INTERVAL_S: Final = TICK_S / _SLICES
