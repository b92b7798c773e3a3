"""Messages of both protocols, on bytes as the JavaScript clients write them."""

from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collab_collaboration import wire
from collab_collaboration.frames import Assembler, Oversize, encode_frame
from collab_collaboration.lib0 import Malformed, write_bytes, write_string
from collab_collaboration.server import parse_path
from collab_collaboration.wire import Close, CloseReason, Kind, Message, document_of, read_address, read_message

DOCUMENT = UUID("0190a1b2-0000-7000-8000-000000000001")
ADDRESS = write_string(str(DOCUMENT))


@pytest.mark.parametrize("address", [b"", ADDRESS, write_string(f"{DOCUMENT}\0session")])
@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"\x00\x00\x01\x00", Message(Kind.SYNC_STEP1, b"\x00")),
        (b"\x00\x01\x02\x00\x00", Message(Kind.SYNC_STEP2, b"\x00\x00")),
        (b"\x00\x02\x03abc", Message(Kind.UPDATE, b"abc")),
        (b"\x01\x01\x00", Message(Kind.AWARENESS, b"\x00")),
        (b"\x02\x00\x03abc\x054.8.0", Message(Kind.TOKEN, b"abc")),
        (b"\x02\x00\x03abc", Message(Kind.TOKEN, b"abc")),
        (b"\x03", Message(Kind.QUERY_AWARENESS, b"")),
        (b"\x05\x02hi", Message(Kind.STATELESS, b"hi")),
        (b"\x07", Message(Kind.CLOSE, b"")),
    ],
)
def test_messages_are_the_same_behind_any_address(address: bytes, body: bytes, message: Message) -> None:
    received = address + body
    at = read_address(received) if address else 0
    assert received[:at] == address
    assert read_message(received, at) == message
    assert (document_of(address) if address else DOCUMENT) == DOCUMENT


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_noise_is_a_message_or_malformed(noise: bytes) -> None:
    for read in (read_message, read_address, document_of):
        try:
            read(noise)
        except Malformed:
            continue


@pytest.mark.parametrize("spoilt", [b"", b"\x04", b"\x06\x00", b"\x08\x01", b"\x00\x03\x00", b"\x02\x01\x00", b"\x03x"])
def test_what_no_client_sends_is_malformed(spoilt: bytes) -> None:
    with pytest.raises(Malformed):
        read_message(spoilt)


@pytest.mark.parametrize("name", ["", "nonsense", f"x{DOCUMENT}"])
def test_a_name_that_is_no_document(name: str) -> None:
    assert document_of(write_string(name)) is None


def test_what_is_sent_is_what_the_clients_read() -> None:
    assert wire.sync_step1(b"\x00") == b"\x00\x00\x01\x00"
    assert wire.sync_step2(b"ab") == b"\x00\x01\x02ab"
    assert wire.sync_update(b"ab") == b"\x00\x02\x02ab"
    assert wire.awareness_update(b"\x00") == b"\x01\x01\x00" == wire.KEEPALIVE_YWEBSOCKET
    assert wire.authenticated(can_write=True) == b"\x02\x02\x0aread-write"
    assert wire.authenticated(can_write=False) == b"\x02\x02\x08readonly"
    assert wire.permission_denied("no") == b"\x02\x01\x02no"
    assert wire.provider_close("bye") == b"\x07\x03bye"
    assert wire.ACKNOWLEDGED == b"\x08\x01"


def test_close_reasons_fit_into_a_close_frame() -> None:
    reasons = [reason for reason in vars(CloseReason).values() if isinstance(reason, Close)]
    assert len(reasons) > 10
    for reason in (*reasons, CloseReason.malformed("x" * 500)):
        assert len(reason.reason.encode()) <= 123


@pytest.mark.parametrize(
    ("length", "header"),
    [(0, b"\x82\x00"), (125, b"\x82\x7d"), (126, b"\x82\x7e\x00\x7e"), (65535, b"\x82\x7e\xff\xff")],
)
def test_frames_are_unmasked_and_of_the_shortest_form(length: int, header: bytes) -> None:
    assert encode_frame(b"", b"x" * length) == header + b"x" * length


def test_a_long_frame_counts_its_address() -> None:
    frame = encode_frame(ADDRESS, b"x" * 65536)
    assert frame[:10] == b"\x82\x7f" + (65536 + len(ADDRESS)).to_bytes(8)
    assert frame[10:] == ADDRESS + b"x" * 65536


@settings(deadline=None)
@given(st.lists(st.binary(), min_size=1, max_size=5))
def test_fragments_make_the_message(parts: list[bytes]) -> None:
    assembler = Assembler(10_000)
    for number, part in enumerate(parts):
        whole = assembler.add(part, first=number == 0, last=number == len(parts) - 1)
        assert (whole is None) == (number < len(parts) - 1)
    assert not assembler.is_open


def test_fragments_are_bounded_and_in_order() -> None:
    assembler = Assembler(10)
    with pytest.raises(Malformed, match="without its beginning"):
        assembler.add(b"x", first=False, last=False)
    assembler.add(b"123456", first=True, last=False)
    with pytest.raises(Malformed, match="inside another"):
        assembler.add(b"x", first=True, last=True)
    with pytest.raises(Oversize):
        assembler.add(write_bytes(b"789012"), first=False, last=True)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/collaboration", (None, None)),
        ("/collaboration/", (None, None)),
        ("/collaboration?ticket=x", (None, None)),
        (f"/collaboration/{DOCUMENT}", (DOCUMENT, None)),
        (f"/collaboration/{DOCUMENT}?ticket=a.b.c", (DOCUMENT, "a.b.c")),
        (f"/collaboration/{DOCUMENT}?other=1&ticket=a%2Eb", (DOCUMENT, "a.b")),
        ("/collaboration/nonsense", None),
        ("/collaborations", None),
        ("/", None),
    ],
)
def test_paths(path: str, found: object) -> None:
    assert parse_path(path) == found
