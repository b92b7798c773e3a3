"""One document on one connection: signing in with a ticket, then speaking about that document."""

import asyncio
import time
from typing import TYPE_CHECKING, Final
from uuid import UUID

from collab_collaboration.epoch import Stale
from collab_collaboration.frames import encode_frame
from collab_collaboration.lib0 import Malformed
from collab_collaboration.metrics import REFUSED, SESSIONS, STALE
from collab_collaboration.snapshots import DamagedDocument, DeletedDocument
from collab_collaboration.tickets import Forbidden, Gone, Ticket, may_write
from collab_collaboration.wire import (
    ACKNOWLEDGED,
    NOT_SAVED,
    TOKEN_REQUEST,
    Close,
    CloseReason,
    Kind,
    Message,
    authenticated,
    permission_denied,
    provider_close,
    stateless,
)
from collab_kit.errors import PeerUnavailable, StoreUnavailable
from collab_kit.logging import get_logger
from collab_kit.tokens import InvalidToken, Role

if TYPE_CHECKING:
    from collab_collaboration.connection import Connection
    from collab_collaboration.room import Room

__all__ = ["Session"]

_MAX_INBOX: Final = 64
_MAX_INBOX_BYTES: Final = 256 * 1024
"""What may come before the ticket is verified and the document read: a stranger has no claim to more of our memory."""
_RENEWAL_INTERVAL_S: Final = 10.0
_RENEWAL_GRACE_S: Final = 60.0
_MAX_COMPARISONS: Final = 4
"""Of what a reader holds with the document: each costs milliseconds when that is large."""
_TOO_LARGE: Final = '{"type":"document-too-large","max_bytes":%d}'
_PERMANENT: Final = (4403, 4404, 4409)

_log = get_logger()


class Session:
    """Made for y-websocket with its connection, for Hocuspocus by the first message that names the document."""

    __slots__ = (
        "_acknowledgement",
        "_asked_for_missing",
        "_comparisons",
        "_connection",
        "_expires_at",
        "_inbox",
        "_opening",
        "_owed",
        "_owes_answer",
        "_renewal_asked_at",
        "_role",
        "_room",
        "address",
        "document",
        "link",
        "user",
        "write",
        "write_state",
    )

    def __init__(self, connection: "Connection", address: bytes, document: UUID) -> None:
        self._connection = connection
        self.address = address
        self.document = document
        self.user = UUID(int=0)
        self.link: UUID | None = None
        self.write = connection.write
        self.write_state = connection.write_state
        self._acknowledgement = encode_frame(address, ACKNOWLEDGED)
        self._role: Role = "viewer"
        self._room: Room | None = None
        self._inbox: list[Message] = []
        self._opening: asyncio.Task[None] | None = None
        self._expires_at = 0.0
        self._renewal_asked_at = 0.0
        self._owed = 0
        self._asked_for_missing = False
        self._owes_answer = False
        self._comparisons = 0

    @property
    def is_open(self) -> bool:
        return self._room is not None

    # To the client

    def send(self, body: bytes) -> None:
        self.write(encode_frame(self.address, body))

    def acknowledgement(self, messages: int) -> bytes:
        """The frames that say that as many messages are stored.

        The y-websocket protocol has none; there a client's own edit comes back to it once it is stored.
        """
        if not self.address:
            return b""
        frames = self._acknowledgement * messages
        if self._owed and not self._asked_for_missing and self._room is not None:
            # Something was refused because the document is at its limit; what is stored now may have made space.
            self._asked_for_missing = True
            frames += encode_frame(self.address, self._room.request())
        return frames

    def hold(self, seconds: float) -> None:
        self._connection.hold(seconds)

    def refuse(self) -> None:
        if self.address and self.is_open:
            self.send(NOT_SAVED)

    def end(self, close: Close) -> None:
        """Leave the document, and close the connection unless others of its documents can go on.

        A provider takes the end of one document for good, so only what is for good is said that way.
        """
        self.leave()
        if close == CloseReason.REPLACED:
            STALE.inc()
        if self.address and close.code in _PERMANENT:
            self.send(permission_denied(close.reason))
            self.send(provider_close(close.reason))
            # A provider comes back whatever the close code; its ticket is good, so it would be let in and told the same
            # for ever. Left with an open socket, it is quiet.
            if self._connection.has_open_sessions or close == CloseReason.REPLACED:
                return
        self._connection.close(close)

    # From the client

    def handle(self, message: Message) -> None:
        """Raises `Malformed`."""
        if self._room is None:
            self._handle_early(message)
            return
        try:
            self._handle(self._room, message)
        except Stale:
            _log.info("client of another life refused", document=str(self.document), user=str(self.user))
            self.end(CloseReason.REPLACED)

    def _handle(self, room: "Room", message: Message) -> None:
        kind, payload = message
        if kind is Kind.UPDATE:
            self._take_edit(room, payload, is_answer=False)
        elif kind is Kind.AWARENESS:
            room.presence.apply(payload, self, str(self.user), time.monotonic())
            self._connection.hub.show_presence(room)
        elif kind is Kind.SYNC_STEP1:
            self._owes_answer = True
            room.answer(self, payload)
        elif kind is Kind.SYNC_STEP2:
            self._take_edit(room, payload, is_answer=True)
        elif kind is Kind.QUERY_AWARENESS:
            room.send_presence(self)
        elif kind is Kind.TOKEN:
            self.sign_in(payload)
        elif kind is Kind.STATELESS:
            self._relay(room, payload)
        elif kind is Kind.CLOSE:
            self.leave()
            self.send(provider_close("provider_initiated"))

    def _relay(self, room: "Room", payload: bytes) -> None:
        """What only readers' applications say to each other would go round every permission: they are not heard."""
        try:
            text = payload.decode()
        except UnicodeDecodeError:
            raise Malformed("a stateless message is not UTF-8") from None
        if may_write(self._role):
            self._connection.hub.relay(room, text, self)
        else:
            REFUSED.labels("stateless").inc()

    def sign_in(self, token: bytes) -> None:
        """Verify a ticket and open the document, or renew the ticket of an open one."""
        if self._opening is None:
            self._opening = asyncio.create_task(self._sign_in(token), name=f"session-{self.document}")
            self._opening.add_done_callback(self._signed_in)

    def set_role(self, role: Role | None) -> None:
        """What the document service says this person may do from now on."""
        if role is None:
            self.end(CloseReason.NO_LONGER_ALLOWED)
        elif role != self._role:
            self._role = role
            if self.address:
                self.send(authenticated(can_write=may_write(role)))

    def check_ticket(self, now: float) -> None:
        """Ask for a new ticket when the old one has expired; `now` is wall-clock time."""
        if self._room is None or now < self._expires_at:
            return
        if not self.address or now > self._expires_at + _RENEWAL_GRACE_S:
            self._connection.close(CloseReason.TICKET_EXPIRED)
        elif now - self._renewal_asked_at >= _RENEWAL_INTERVAL_S:
            self._renewal_asked_at = now
            self.send(TOKEN_REQUEST)

    def leave(self) -> None:
        """Stop listening; safe to call again."""
        if self._opening is not None:
            self._opening.cancel()
        room, self._room = self._room, None
        if room is not None:
            SESSIONS.dec()
            room.leave(self, time.monotonic())
            self._connection.hub.show_presence(room)
        self._connection.forget(self)

    def _handle_early(self, message: Message) -> None:
        if message.kind is Kind.TOKEN:
            self.sign_in(message.payload)
        elif message.kind is Kind.CLOSE:
            self.leave()
        else:
            self._inbox.append(message)
            if len(self._inbox) > _MAX_INBOX or sum(len(each.payload) for each in self._inbox) > _MAX_INBOX_BYTES:
                self._connection.close(CloseReason.TOO_MANY_MESSAGES)

    async def _sign_in(self, token: bytes) -> None:
        hub = self._connection.hub
        try:
            ticket, role = await self._verify(token)
            notes = self._connection.tickets.notes
            room = self._room or await hub.open(self.document)
            if self._connection.tickets.notes != notes:  # while the document was being read
                ticket, role = await self._verify(token)
        except InvalidToken as error:
            self._deny(Close(CloseReason.TICKET_WRONG.code, str(error)))
        except (DeletedDocument, Gone):
            self._deny(CloseReason.DELETED)
        except Forbidden:
            self._deny(CloseReason.NO_LONGER_ALLOWED)
        except PeerUnavailable:
            self._connection.close(CloseReason.KEYS_AWAY)
        except StoreUnavailable:
            self._connection.close(CloseReason.STORE_AWAY)
        except DamagedDocument as error:
            _log.error("document not opened", document=str(self.document), reason=str(error))
            self._connection.close(CloseReason.INTERNAL)
        else:
            self._admit(room, ticket, role)

    def _admit(self, room: "Room", ticket: Ticket, role: Role) -> None:
        if room.is_closed:
            self._connection.close(CloseReason.STORE_AWAY)
            return
        if self._room is None and self._connection.hub.is_crowded(room):
            self._connection.close(CloseReason.TOO_MANY_IN_DOCUMENT)
            return
        if not self._connection.admit(ticket.sub):
            self._connection.close(CloseReason.TOO_MANY_OF_USER)
            return
        self.user = ticket.sub
        self.link = ticket.link
        self._role = role
        self._expires_at = float(ticket.exp)
        if self.address:
            self.send(authenticated(can_write=may_write(role)))
        if self._room is None:
            self._join(room)

    async def _verify(self, token: bytes) -> tuple[Ticket, Role]:
        return await self._connection.tickets.verify(token.decode(errors="replace"), self.document)

    def _join(self, room: "Room") -> None:
        SESSIONS.inc()
        self._connection.has_signed_in = True
        self._room = room
        room.join(self)
        if len(room.presence):
            room.send_presence(self)
        inbox, self._inbox = self._inbox, []
        for message in inbox:
            self._connection.dispatch(self, message)

    def _signed_in(self, task: "asyncio.Task[None]") -> None:
        self._opening = None
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("session failed", document=str(self.document), exc_info=error)
            self._connection.close(CloseReason.INTERNAL)

    def _deny(self, close: Close) -> None:
        self._opening = None
        if not self.address:
            self._connection.close(close)
            return
        self.leave()
        self.send(permission_denied(close.reason))

    def _take_edit(self, room: "Room", update: bytes, *, is_answer: bool) -> None:
        if not may_write(self._role):
            self._take_edit_of_reader(room, update, is_answer=is_answer)
            return
        hub = self._connection.hub
        if hub.is_full:
            REFUSED.labels("busy").inc()
            self._connection.close(CloseReason.BUSY)
            return
        messages = 1
        if is_answer:
            # A provider waits for the acknowledgement of an answer only where it asked for the state at the same time.
            messages = self._owed + self._owes_answer
            self._owes_answer = False
        if not room.has_space_for(update):
            self._refuse_growth(messages if is_answer else self._owed + 1)
            return
        if room.offer(self, update, messages=messages, now=time.monotonic(), reduce=is_answer):
            if is_answer:
                self._owed = 0
                self._asked_for_missing = False
            hub.submit(room)
            return
        # It builds on something that is not here, so it cannot be saved yet. Its sender has what is missing: asked for
        # everything, it answers with this edit and what it builds on, and saving that answer acknowledges this one.
        REFUSED.labels("incomplete").inc()
        if is_answer:
            _log.warning("a client lacks part of what it builds on", document=str(self.document), user=str(self.user))
            return
        self._owed += 1
        if not self._asked_for_missing:
            self._asked_for_missing = True
            self.send(room.request())

    def _refuse_growth(self, owed: int) -> None:
        """The document is at its limit: the client keeps its edit, and may go on deleting.

        A provider hears that it is not saved and why. A y-websocket client cannot be told, and would go on believing.
        """
        REFUSED.labels("too large").inc()
        if not self.address:
            self._connection.close(CloseReason.DOCUMENT_TOO_LARGE)
            return
        self._owed = owed
        self._asked_for_missing = False
        self.refuse()
        self.send(stateless(_TOO_LARGE % self._connection.hub.max_document_bytes))

    def _take_edit_of_reader(self, room: "Room", update: bytes, *, is_answer: bool) -> None:
        """A reader's answer to a sync request is fine while it holds nothing new."""
        if is_answer and self._comparisons < _MAX_COMPARISONS:
            self._comparisons += 1
            if room.adds_nothing(update):
                room.acknowledge_later(self, now=time.monotonic())
                self._connection.hub.submit(room)
                return
        REFUSED.labels("read-only").inc()
        if self.address:
            self.refuse()
        else:
            self._connection.close(CloseReason.READ_ONLY)
