"""One WebSocket: frames in, limits, and which session a message is for."""

import asyncio
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final
from uuid import UUID

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

from collab_collaboration.frames import Assembler, Oversize, encode_frame
from collab_collaboration.lib0 import Malformed
from collab_collaboration.metrics import CLOSED, HELD
from collab_collaboration.session import Session
from collab_collaboration.wire import (
    KEEPALIVE_HOCUSPOCUS,
    KEEPALIVE_YWEBSOCKET,
    PONG_HOCUSPOCUS,
    Close,
    CloseReason,
    Message,
    document_of,
    read_address,
    read_message,
)
from collab_kit.logging import get_logger

if TYPE_CHECKING:
    from collab_collaboration.hub import Hub
    from collab_collaboration.server import Server
    from collab_collaboration.tickets import Tickets

__all__ = ["Connection"]

SIGN_IN_DEADLINE_S: Final = 30.0
TICK_S: Final = 10.0
"""How often `tick` is called."""
_MAX_SESSIONS: Final = 64
_BURST_S: Final = 5
_CLOSE_DEADLINE_S: Final = 2.0
_SILENT_TICKS_TO_PING: Final = 2
_SILENT_TICKS_TO_CLOSE: Final = 5
_TOO_SLOW_FOR_YWEBSOCKET: Final = 1013
"""y-websocket takes 4400 to 4499 for good and never comes back; a client that was only too slow must."""

_WORTH_A_LINE: Final = (1009, 1011, 4400, 4408)
"""A client that misbehaves, or we do; the rest is everyday business, and counted."""

_KEEPALIVE_HOCUSPOCUS: Final = encode_frame(b"", KEEPALIVE_HOCUSPOCUS)
_KEEPALIVE_YWEBSOCKET: Final = encode_frame(b"", KEEPALIVE_YWEBSOCKET)

_log = get_logger()


class Connection(WSListener):
    """Speaks y-websocket when it came with `ticket` (and the document in its path), else Hocuspocus."""

    def __init__(self, server: "Server", *, document: UUID | None, ticket: str | None) -> None:
        super().__init__()
        self.hub: Hub = server.hub
        self.tickets: Tickets = server.tickets
        self._server = server
        self._limits = server.settings
        self._document = document
        self._ticket = ticket
        self._sessions: dict[bytes, Session] = {}
        self._assembler = Assembler(self._limits.max_message_bytes)
        self.has_signed_in = False
        self._is_closing = False
        self._is_paused = False
        self._is_held = False
        self._users: set[UUID] = set()
        self._silent_ticks = 0
        self._opened_at = self._refilled_at = time.monotonic()
        self._allowance = self._limits.max_messages_per_s * _BURST_S

    # What picows calls

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        self.write = transport.underlying_transport.write
        transport.underlying_transport.set_write_buffer_limits(high=self._limits.max_receiver_bytes)
        if not self._server.admit(self):
            self.close(CloseReason.TOO_MANY_CONNECTIONS)
        elif self._ticket is not None:
            if self._document is None:
                self.close(CloseReason.TICKET_MISSING)
                return
            session = Session(self, b"", self._document)
            self._sessions[b""] = session
            session.sign_in(self._ticket.encode())

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        # After a frame it refuses, picows may deliver what follows it in the same buffer.
        if self._is_closing or transport.is_close_frame_sent:
            if frame.msg_type is WSMsgType.CLOSE:
                transport.disconnect()
            return
        self._silent_ticks = 0
        kind = frame.msg_type
        if kind is WSMsgType.PONG:
            return
        if kind is WSMsgType.PING:
            if self._may_send():
                transport.send_pong(frame.get_payload_as_bytes())
            return
        if kind is WSMsgType.CLOSE:
            transport.send_close(WSCloseCode.OK)
            transport.disconnect()
            return
        try:
            if kind is WSMsgType.TEXT:
                raise Malformed("text where only binary messages are expected")
            data: bytes | None = frame.get_payload_as_bytes()
            if kind is WSMsgType.CONTINUATION or not frame.fin or self._assembler.is_open:
                data = self._assembler.add(data, first=kind is WSMsgType.BINARY, last=frame.fin)
            if data is not None and self._may_send():
                self._receive(data)
        except Malformed as error:
            self.close(CloseReason.malformed(error))
        except Oversize:
            self.close(CloseReason.TOO_LARGE)
        except Exception as error:  # noqa: BLE001  # whatever one client sends must end no more than its own connection
            _log.error("message not handled", exc_info=error)
            self.close(CloseReason.INTERNAL)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._is_closing = True
        for session in list(self._sessions.values()):
            session.leave()
        self._server.forget(self, self._users)
        handshake = transport.close_handshake
        told = handshake and (handshake.sent or handshake.recv)
        # Its enum knows no 4xxx: such a code is a plain number.
        code = told.code if told else 1006
        CLOSED.labels(str(code.value if isinstance(code, WSCloseCode) else code)).inc()

    def pause_writing(self) -> None:
        # Called from inside `write`, which a room may be doing for all its receivers.
        asyncio.get_running_loop().call_soon(self.close, CloseReason.TOO_SLOW)

    def resume_writing(self) -> None:
        pass

    # What sessions and the server call

    @property
    def has_open_sessions(self) -> bool:
        return any(session.is_open for session in self._sessions.values())

    def write_state(self, frames: Sequence[bytes]) -> None:
        """Send a document's state: its size is on top of what may wait for a slow receiver."""
        transport = self._transport.underlying_transport
        transport.set_write_buffer_limits(high=self._limits.max_receiver_bytes + sum(map(len, frames)))
        transport.writelines(frames)

    def admit(self, user: UUID) -> bool:
        """Count the connection among those of a person; false when that has too many."""
        if user not in self._users:
            if not self._server.admit_user(user):
                return False
            self._users.add(user)
        return True

    def dispatch(self, session: Session, message: Message) -> None:
        """Let `session` handle a message that had to wait."""
        try:
            session.handle(message)
        except Malformed as error:
            self.close(CloseReason.malformed(error))

    def forget(self, session: Session) -> None:
        if self._sessions.get(session.address) is session:
            del self._sessions[session.address]

    def close(self, close: Close) -> None:
        """Say why and end; the peer has a moment to answer."""
        if self._is_closing:
            return
        self._is_closing = True
        if close.code in _WORTH_A_LINE:
            documents = [str(session.document) for session in self._sessions.values()]
            _log.info("connection closed", code=close.code, reason=close.reason, documents=documents)
        for session in list(self._sessions.values()):
            session.leave()
        if self._is_paused or self._is_held:
            self._transport.underlying_transport.resume_reading()
        code = _TOO_SLOW_FOR_YWEBSOCKET if self._ticket is not None and close.code == 4408 else close.code
        self._transport.send_close(code, close.reason)  # pyright: ignore[reportArgumentType]  # its enum knows no 4xxx
        asyncio.get_running_loop().call_later(_CLOSE_DEADLINE_S, self.abort)

    def pause(self) -> None:
        """Read nothing more; what is not read is not acknowledged, and sent again to another replica."""
        if not self._is_closing:
            if not self._is_held:
                self._transport.underlying_transport.pause_reading()
            self._is_paused = True

    def hold(self, seconds: float) -> None:
        """Read nothing for a moment; the client's messages wait on its side."""
        if self._is_closing or self._is_paused or self._is_held:
            return
        HELD.inc()
        self._is_held = True
        self._transport.underlying_transport.pause_reading()
        asyncio.get_running_loop().call_later(seconds, self._release)

    def _release(self) -> None:
        if self._is_held and not self._is_closing and not self._is_paused:
            self._transport.underlying_transport.resume_reading()
        self._is_held = False

    def abort(self) -> None:
        if not self._transport.is_disconnected:
            self._transport.disconnect(graceful=False)

    def tick(self) -> None:
        """Keep the client from thinking us gone, find out whether it is, and see to its tickets."""
        if self._is_closing:
            return
        self.write(_KEEPALIVE_YWEBSOCKET if self._ticket is not None else _KEEPALIVE_HOCUSPOCUS)
        self._silent_ticks += 1
        if self._silent_ticks > _SILENT_TICKS_TO_CLOSE:
            self.close(CloseReason.SILENT)
        elif self._silent_ticks > _SILENT_TICKS_TO_PING:
            self._transport.send_ping()
        now = time.time()
        for session in list(self._sessions.values()):
            session.check_ticket(now)
        if not self.has_signed_in and time.monotonic() - self._opened_at > SIGN_IN_DEADLINE_S:
            self.close(CloseReason.TICKET_MISSING)

    def _may_send(self) -> bool:
        self._allowance -= 1
        if self._allowance > 0:
            return True
        now = time.monotonic()
        if now - self._refilled_at < _BURST_S:
            self.close(CloseReason.TOO_MANY_MESSAGES)
            return False
        self._refilled_at = now
        self._allowance = self._limits.max_messages_per_s * _BURST_S
        return True

    def _receive(self, data: bytes) -> None:
        at = 0
        address = b""
        if self._ticket is None:
            if data == PONG_HOCUSPOCUS:
                return
            at = read_address(data)
            address = data[:at]
        message = read_message(data, at)
        self._server.count(message.kind, len(data))
        session = self._sessions.get(address)
        if session is None:
            session = self._add_session(address)
        if session is not None:
            session.handle(message)

    def _add_session(self, address: bytes) -> Session | None:
        document = document_of(address) if address else None
        if document is None:
            # Among others, a y-websocket client without a ticket: what it sends looks like the name of no document.
            self.close(CloseReason.TICKET_MISSING)
            return None
        if len(self._sessions) >= _MAX_SESSIONS:
            self.close(CloseReason.TOO_MANY_MESSAGES)
            return None
        session = self._sessions[address] = Session(self, address, document)
        return session
