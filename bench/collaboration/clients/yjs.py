"""Editors of real Yjs documents, in both of their protocols."""

from picows import WSMsgType
from pycrdt import Doc, Text, TransactionEvent

from bench.collaboration.clients.base import Client, Recorder, Span
from collab_collaboration.lib0 import read_bytes, write_bytes, write_string
from collab_collaboration.yupdate import read_extent

__all__ = ["HocuspocusClient", "YWebsocketClient", "YjsClient", "update_of"]

_STEP_1 = b"\x00\x00"
_STEP_2 = b"\x00\x01"
_UPDATE = b"\x00\x02"
_SYNC_STATUS = b"\x08\x01"
_UUID_CHARACTERS = 36


class YjsClient(Client):
    """Hocuspocus' messages are those of y-websocket behind an address: the document's name."""

    def __init__(self, recorder: Recorder, document: str, ticket: str, address: bytes) -> None:
        super().__init__(recorder, document, ticket)
        self._address = address
        self._acknowledgement = address + _SYNC_STATUS
        self._state_prefix = address + _STEP_2
        self._updates: list[bytes] = []

    def greet(self) -> None:
        self.say(_STEP_1 + write_bytes(b"\x00"))

    def say(self, body: bytes) -> None:
        self.transport.send(WSMsgType.BINARY, self._address + body)

    def take(self, message: bytes) -> None:
        if message == self._acknowledgement:
            self.acknowledged_at.append(self.now)
        elif self.synced.done():
            self.note(message)
        elif message.startswith(self._state_prefix):
            state = read_bytes(message, len(self._state_prefix))[0]
            self.note_state(state, len(state))

    def pasted(self, text: str) -> bytes:
        """The update that inserts a text into the document as it was found."""
        doc: Doc[Text] = Doc()
        doc.apply_update(self.synced.result())
        known = doc.get_state()
        doc.get("text", type=Text).insert(0, text)
        return doc.get_update(known)

    def prepare(self, count: int) -> None:
        doc: Doc[Text] = Doc()
        doc.apply_update(self.synced.result())
        text = doc.get("text", type=Text)

        def keep(event: TransactionEvent) -> None:
            self._updates.append(event.update)

        subscription = doc.observe(keep)
        for at in range(count):
            text.insert(at, "x")
        doc.unobserve(subscription)
        self.author = doc.client_id

    def edit(self, number: int) -> None:
        self.send_update(self._updates[number])

    def send_update(self, update: bytes) -> None:
        self.say(_UPDATE + write_bytes(update))

    def edits(self, first: int, end: int) -> range:
        return range(first, end)

    @staticmethod
    def spans(message: bytes) -> list[Span]:
        update = update_of(message)
        return [] if update is None else [Span(*span) for span in read_extent(update).spans]


class HocuspocusClient(YjsClient):
    def __init__(self, recorder: Recorder, document: str, ticket: str) -> None:
        super().__init__(recorder, document, ticket, write_string(document))

    @staticmethod
    def url(base: str, document: str, ticket: str) -> str:  # noqa: ARG004  # the protocol's first message has them
        return base

    def greet(self) -> None:
        self.say(b"\x02\x00" + write_string(self.ticket) + write_string("4.8.0"))
        super().greet()


class YWebsocketClient(YjsClient):
    acknowledges = False

    def __init__(self, recorder: Recorder, document: str, ticket: str) -> None:
        super().__init__(recorder, document, ticket, b"")

    @staticmethod
    def url(base: str, document: str, ticket: str) -> str:
        return f"{base}/{document}?ticket={ticket}"


def update_of(message: bytes) -> bytes | None:
    """The Yjs update in a message, with or without an address; `None` when it is none, and for a state."""
    at = 1 + _UUID_CHARACTERS if message[:1] == bytes((_UUID_CHARACTERS,)) else 0
    if message[at : at + 2] != _UPDATE:
        return None
    return read_bytes(message, at + 2)[0]
