"""lib0's variable-length encoding, on bytes: what both protocols and Yjs updates are written in.

Unsigned integers come 7 bits a byte, lowest first, the high bit saying "more follows"; strings and byte arrays are
prefixed with their length **in bytes**. JavaScript reads integers as doubles, so nothing above 2^53 - 1 may pass: a
browser would throw.

Source: https://github.com/dmonad/lib0 `encoding.js`, `decoding.js`.
"""

__all__ = [
    "MAX_UINT",
    "Malformed",
    "read_bytes",
    "read_string",
    "read_uint",
    "skip_int",
    "write_bytes",
    "write_string",
    "write_uint",
]

MAX_UINT = 2**53 - 1
_MAX_SHIFT = 49
"""Eight bytes hold 2^53 - 1; a ninth would only be padding."""


class Malformed(Exception):  # noqa: N818  # named for what the input is
    """Bytes that no correct client sends; the message may be shown to it."""


def read_uint(buffer: bytes, at: int) -> tuple[int, int]:
    """The integer at `at`, and where the next item begins. Raises `Malformed`."""
    try:
        byte = buffer[at]
        at += 1
        if byte < 0x80:
            return byte, at
        value = byte & 0x7F
        shift = 7
        while True:
            byte = buffer[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                break
            shift += 7
            if shift > _MAX_SHIFT:
                raise Malformed("an integer is longer than 8 bytes")
    except IndexError:
        raise Malformed("an integer ends too early") from None
    if value > MAX_UINT:
        raise Malformed("an integer is above 2^53 - 1")
    return value, at


def skip_int(buffer: bytes, at: int) -> int:
    """Pass over a signed integer (6 bits, sign and continuation in the first byte) after checking its size."""
    try:
        byte = buffer[at]
        at += 1
        magnitude = byte & 0x3F
        shift = 6
        while byte & 0x80:
            if shift > _MAX_SHIFT:
                raise Malformed("a signed integer is longer than 9 bytes")
            byte = buffer[at]
            at += 1
            magnitude |= (byte & 0x7F) << shift
            shift += 7
    except IndexError:
        raise Malformed("a signed integer ends too early") from None
    if magnitude > MAX_UINT:
        raise Malformed("a signed integer is beyond 2^53 - 1")
    return at


def read_bytes(buffer: bytes, at: int) -> tuple[bytes, int]:
    """The length-prefixed bytes at `at`, and where the next item begins. Raises `Malformed`."""
    length, at = read_uint(buffer, at)
    end = at + length
    if end > len(buffer):
        raise Malformed(f"{length} bytes are announced and {len(buffer) - at} follow")
    return buffer[at:end], end


def read_string(buffer: bytes, at: int) -> tuple[str, int]:
    """The length-prefixed UTF-8 text at `at`, and where the next item begins. Raises `Malformed`."""
    raw, at = read_bytes(buffer, at)
    try:
        return raw.decode(), at
    except UnicodeDecodeError:
        raise Malformed("a string is not UTF-8") from None


def write_uint(value: int) -> bytes:
    if value < 0x80:
        return bytes((value,))
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def write_bytes(value: bytes) -> bytes:
    return write_uint(len(value)) + value


def write_string(value: str) -> bytes:
    return write_bytes(value.encode())
