"""The messages of both protocols, and how one differs from the other: by an address.

y-websocket sends bare messages, its document being in the URL. Hocuspocus puts the document's name in front of the same
messages, optionally followed by NUL and a session id, so that one socket carries many documents. That prefix, with its
length, is called the *address* here; y-websocket's is empty. A body is thus encoded once for every kind of receiver.

Sources: y-protocols `sync.js`, `awareness.js`; y-websocket `y-websocket.js`; @hocuspocus/provider 4.8 `types.ts`,
`MessageReceiver.ts`, @hocuspocus/common `auth.ts`, `routingKey.ts`.
"""

from enum import Enum
from typing import Final, NamedTuple
from uuid import UUID

from msgspec import Struct

from collab_collaboration.lib0 import Malformed, read_bytes, read_string, read_uint, write_bytes, write_string

__all__ = [
    "ACKNOWLEDGED",
    "KEEPALIVE_HOCUSPOCUS",
    "KEEPALIVE_YWEBSOCKET",
    "NOT_SAVED",
    "PONG_HOCUSPOCUS",
    "TOKEN_REQUEST",
    "Close",
    "CloseReason",
    "Kind",
    "Message",
    "authenticated",
    "awareness_update",
    "document_of",
    "permission_denied",
    "provider_close",
    "read_address",
    "read_message",
    "stateless",
    "sync_step1",
    "sync_step2",
    "sync_update",
]

_SYNC, _AWARENESS, _AUTH, _QUERY_AWARENESS, _STATELESS, _CLOSE, _SYNC_STATUS, _PING, _PONG = 0, 1, 2, 3, 5, 7, 8, 9, 10
_STEP1, _STEP2, _UPDATE = 0, 1, 2
_TOKEN, _DENIED, _AUTHENTICATED = 0, 1, 2

ACKNOWLEDGED: Final = bytes((_SYNC_STATUS, 1))
NOT_SAVED: Final = bytes((_SYNC_STATUS, 0))
TOKEN_REQUEST: Final = bytes((_AUTH, _TOKEN))
KEEPALIVE_HOCUSPOCUS: Final = bytes((_PING,))
KEEPALIVE_YWEBSOCKET: Final = bytes((_AWARENESS, 1, 0))
"""An awareness update about nobody: y-websocket reconnects when it hears nothing for 30 s, and has no ping."""
PONG_HOCUSPOCUS: Final = bytes((_PONG,))


class Kind(Enum):
    """What a client may send."""

    SYNC_STEP1 = "sync_step1"
    SYNC_STEP2 = "sync_step2"
    UPDATE = "update"
    AWARENESS = "awareness"
    QUERY_AWARENESS = "query_awareness"
    TOKEN = "token"  # noqa: S105  # the kind of message that carries one
    STATELESS = "stateless"
    CLOSE = "close"


class Message(NamedTuple):
    kind: Kind
    payload: bytes


class Close(Struct, frozen=True):
    """A WebSocket close code with its reason; `docs/interfaces.md` says what the client should do about each."""

    code: int
    reason: str


class CloseReason:
    """Every way in which this service ends a connection."""

    DRAINING: Final = Close(1001, "this server is being restarted")
    TOO_LARGE: Final = Close(1009, "the message is too large")
    INTERNAL: Final = Close(1011, "internal error")
    TOO_MANY_CONNECTIONS: Final = Close(1013, "too many connections")
    STORE_AWAY: Final = Close(1013, "the store is not available: what was not acknowledged is not saved")
    KEYS_AWAY: Final = Close(1013, "tickets cannot be verified at the moment")
    TOO_MANY_OF_USER: Final = Close(1013, "too many connections of one person")
    TOO_MANY_IN_DOCUMENT: Final = Close(1013, "too many connections in the document")
    BUSY: Final = Close(1013, "too many edits are waiting to be saved")
    TICKET_MISSING: Final = Close(4401, "ticket missing")
    TICKET_WRONG: Final = Close(4401, "ticket not valid")
    TICKET_EXPIRED: Final = Close(4401, "ticket expired")
    NO_LONGER_ALLOWED: Final = Close(4403, "no longer allowed")
    READ_ONLY: Final = Close(4403, "read only")
    DELETED: Final = Close(4404, "document deleted")
    REPLACED: Final = Close(4409, "document was replaced: reload")
    TOO_SLOW: Final = Close(4408, "too slow: resync")
    TOO_MANY_MESSAGES: Final = Close(4408, "too many messages: resync")
    DOCUMENT_TOO_LARGE: Final = Close(4413, "document too large: not saved")
    SILENT: Final = Close(4408, "no answer to a ping")

    @staticmethod
    def malformed(detail: object) -> Close:
        # A close frame holds 123 bytes of reason (RFC 6455, 5.5).
        return Close(4400, f"malformed: {detail}"[:123])


_SYNC_KINDS = (Kind.SYNC_STEP1, Kind.SYNC_STEP2, Kind.UPDATE)


def read_message(body: bytes, at: int = 0) -> Message:
    """Decode one message, `at` being where its address ends. Raises `Malformed`."""
    kind, at = read_uint(body, at)
    if kind == _SYNC:
        step, at = read_uint(body, at)
        if step > _UPDATE:
            raise Malformed(f"no sync message has the number {step}")
        payload, at = read_bytes(body, at)
        message = Message(_SYNC_KINDS[step], payload)
    elif kind == _AWARENESS:
        payload, at = read_bytes(body, at)
        message = Message(Kind.AWARENESS, payload)
    elif kind == _QUERY_AWARENESS:
        message = Message(Kind.QUERY_AWARENESS, b"")
    elif kind == _AUTH:
        return _read_auth(body, at)
    elif kind == _STATELESS:
        payload, at = read_bytes(body, at)
        message = Message(Kind.STATELESS, payload)
    elif kind == _CLOSE:
        return Message(Kind.CLOSE, b"")
    else:
        raise Malformed(f"no message has the number {kind}")
    if at != len(body):
        raise Malformed("bytes follow the end of the message")
    return message


def _read_auth(body: bytes, at: int) -> Message:
    step, at = read_uint(body, at)
    if step != _TOKEN:
        raise Malformed("only a token may be sent to authenticate")
    token, at = read_bytes(body, at)
    # Since version 3 the provider says its version after the token; it tells us nothing we act on.
    return Message(Kind.TOKEN, token)


def read_address(body: bytes) -> int:
    """Where the address ends and the message begins. Raises `Malformed`."""
    length, at = read_uint(body, 0)
    if length > 255:
        raise Malformed("a document name is longer than 255 bytes")
    return at + length


def document_of(address: bytes) -> UUID | None:
    """The document an address names; `None` when that is not a UUID. Raises `Malformed`."""
    name, _ = read_string(address, 0)
    try:
        return UUID(name.partition("\0")[0])
    except ValueError:
        return None


def sync_step1(state_vector: bytes) -> bytes:
    return bytes((_SYNC, _STEP1)) + write_bytes(state_vector)


def sync_step2(update: bytes) -> bytes:
    return bytes((_SYNC, _STEP2)) + write_bytes(update)


def sync_update(update: bytes) -> bytes:
    return bytes((_SYNC, _UPDATE)) + write_bytes(update)


def awareness_update(update: bytes) -> bytes:
    return bytes((_AWARENESS,)) + write_bytes(update)


def authenticated(*, can_write: bool) -> bytes:
    return bytes((_AUTH, _AUTHENTICATED)) + write_string("read-write" if can_write else "readonly")


def permission_denied(reason: str) -> bytes:
    return bytes((_AUTH, _DENIED)) + write_string(reason)


def stateless(payload: str) -> bytes:
    """A message to the application behind a provider, outside of the document."""
    return bytes((_STATELESS,)) + write_string(payload)


def provider_close(reason: str) -> bytes:
    """Ends one document of a connection; the socket stays for the others."""
    return bytes((_CLOSE,)) + write_string(reason)
