"""A receiver that keeps what it is told."""

from collections.abc import Sequence
from uuid import UUID

from pycrdt import Doc, Text

from collab_collaboration.lib0 import read_bytes
from collab_collaboration.wire import Close
from collab_kit.tokens import Role

__all__ = ["FakeReceiver"]


class FakeReceiver:
    """Frames are taken apart; acknowledgements are one byte each, so that they can be told from messages."""

    def __init__(self, number: int = 1, address: bytes = b"") -> None:
        self.address = address
        self.user = UUID(int=number)
        self.link: UUID | None = None
        self.bodies: list[bytes] = []
        self.states: list[list[bytes]] = []
        self.held_s: list[float] = []
        self.acknowledged = 0
        self.refused = 0
        self.ended: Close | None = None
        self.role: Role | None = None

    def write(self, frames: bytes, /) -> None:
        while frames:
            length, header = frames[1], 2
            if length == 126:
                length, header = int.from_bytes(frames[2:4]), 4
            body = frames[header : header + length].removeprefix(self.address)
            if body == b"\x08\x01":
                self.acknowledged += 1
            else:
                self.bodies.append(body)
            frames = frames[header + length :]

    def write_state(self, frames: Sequence[bytes], /) -> None:
        self.states.append(list(frames))
        self.write(b"".join(frames))

    def acknowledgement(self, messages: int) -> bytes:
        return (bytes((0x82, len(self.address) + 2)) + self.address + b"\x08\x01") * messages

    def refuse(self) -> None:
        self.refused += 1

    def hold(self, seconds: float) -> None:
        self.held_s.append(seconds)

    def set_role(self, role: Role | None) -> None:
        self.role = role

    def end(self, close: Close) -> None:
        self.ended = close

    @property
    def text(self) -> str:
        """The document's text as this receiver has it."""
        doc: Doc[Text] = Doc()
        for body in self.bodies:
            if body[:2] in (b"\x00\x01", b"\x00\x02"):
                doc.apply_update(read_bytes(body, 2)[0])
        return str(doc.get("text", type=Text))
