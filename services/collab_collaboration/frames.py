"""WebSocket frames (RFC 6455) as a server sends them.

A server does not mask, so a frame is the same bytes for every receiver: it is encoded once and the same object is given
to each socket, also to one that reads slowly and has it waiting in its buffer.
"""

from collab_collaboration.lib0 import Malformed

__all__ = ["Assembler", "encode_frame", "frame_head"]

_FINAL_BINARY = 0x82


def encode_frame(address: bytes, body: bytes) -> bytes:
    """One binary message: `address` followed by `body`."""
    return frame_head(address, len(body)) + body


def frame_head(address: bytes, body_bytes: int) -> bytes:
    """How a message begins, up to its body: for a large body, which receivers of several addresses then share."""
    length = len(address) + body_bytes
    if length < 126:
        header = bytes((_FINAL_BINARY, length))
    elif length < 1 << 16:
        header = bytes((_FINAL_BINARY, 126)) + length.to_bytes(2)
    else:
        header = bytes((_FINAL_BINARY, 127)) + length.to_bytes(8)
    return header + address


class Oversize(Exception):  # noqa: N818  # named for the message
    """A message in fragments has grown beyond the limit."""


class Assembler:
    """Puts a fragmented message together; most connections never need one."""

    __slots__ = ("_limit", "_parts", "_size")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._parts: list[bytes] = []
        self._size = 0

    @property
    def is_open(self) -> bool:
        return bool(self._parts)

    def add(self, part: bytes, *, first: bool, last: bool) -> bytes | None:
        """The whole message once `last` has come. Raises `Malformed` when fragments of two are mixed, `Oversize`."""
        if first == self.is_open:
            raise Malformed("a fragment without its beginning" if not first else "a message begins inside another")
        self._size += len(part)
        if self._size > self._limit:
            raise Oversize
        self._parts.append(part)
        if not last:
            return None
        message = b"".join(self._parts)
        self._parts.clear()
        self._size = 0
        return message
