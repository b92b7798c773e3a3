"""Thousands of hostile connections: the service stays up, logs no exception, leaks nothing, and harms no one else."""

import asyncio
import base64
import socket
import struct
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit
from uuid import uuid4

import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.effort import examples
from tests.integration.collaboration.harness import Collaboration, Replica, eventually
from tests.integration.collaboration.rawclient import STEP1, STEP2, UPDATE, peer, sized, typed, uint
from tests.integration.collaboration.reference import Reference
from tests.unit.collaboration.documents import history
from tests.unit.collaboration.yupdates import real, spoilt, written

_GAUGES = ("connections_open", "sessions_open", "documents_open", "tasks", "pending_bytes")
_MAX_GROWTH_BYTES = 64 * 1024 * 1024
_EXPECTED_ERRORS = ("update cannot be merged",)
"""What the CRDT refuses although the reader let it through is worth a line; it is no fault."""

_UPDATES = spoilt() | written() | real()


def _effort(bounded: int) -> settings:
    return settings(
        max_examples=examples(bounded),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )


@pytest.fixture(scope="module")
def victim(collaboration: Collaboration) -> Replica:
    return collaboration.start(COLLAB_IDLE_DOCUMENT_S="1", COLLAB_MAX_MESSAGE_BYTES="65536")


@asynccontextmanager
async def unharmed(victim: Replica) -> AsyncGenerator[None]:
    """Whatever is done meanwhile, afterwards the service is as it was."""

    def gauges() -> dict[str, float]:
        return {name: victim.metric(f"collab_{name}") for name in _GAUGES}

    service = psutil.Process(victim.process.process.pid)
    await eventually(lambda: victim.metric("collab_documents_open") == 0, "documents leaving memory")
    before, rss_before = gauges(), service.memory_info().rss
    logged = len(victim.process.logs())
    yield
    assert victim.process.process.poll() is None, "the service ended"

    def is_as_before() -> bool:
        # Or less: something short may have been going on just then.
        now = gauges()
        return all(now[name] <= before[name] for name in _GAUGES)

    await eventually(is_as_before, f"letting everything go, as {before},")
    assert service.memory_info().rss - rss_before < _MAX_GROWTH_BYTES
    for line in victim.process.logs()[logged:]:
        assert "exception" not in line, line
        assert line["level"] not in ("error", "critical") or line["event"] in _EXPECTED_ERRORS, line


def converse(victim: Replica, said: bytes) -> bytes:
    """Say it all at once, then nothing more; the answer is what the service says until it closes."""
    heard = bytearray()
    with socket.create_connection(("127.0.0.1", victim.websocket_port), timeout=60) as connection:
        try:
            connection.sendall(said)
            connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65536):
                heard += part
        except (ConnectionResetError, BrokenPipeError):
            pass  # it may stop listening before all is said
    return bytes(heard)


def upgrade(victim: Replica, path: str = "") -> bytes:
    url = urlsplit(victim.url)
    return (
        f"GET {url.path}{path} HTTP/1.1\r\nHost: {url.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {base64.b64encode(bytes(16)).decode()}\r\n\r\n"
    ).encode()


def frame(payload: bytes, *, first: int = 0x82, masked: bool = True, size: int | None = None) -> bytes:
    """A frame of a client, masked with zeros; `size` is what it says of its length."""
    length = len(payload) if size is None else size
    flag = 0x80 * masked
    if length < 126:
        head = bytes((first, flag | length))
    elif length < 65536:
        head = bytes((first, flag | 126)) + struct.pack(">H", length)
    else:
        head = bytes((first, flag | 127)) + struct.pack(">Q", length)
    return head + bytes(4) * masked + payload


_NOISE = st.binary(max_size=200)
_UINTS = st.sampled_from([0, 1, 2, 5, 127, 128, 2**31, 2**53, 2**60])


def _spoil_bytes(draw: st.DrawFn, message: bytes) -> bytes:
    at = draw(st.integers(0, len(message)))
    return message[:at] + draw(st.binary(max_size=3)) + message[at + draw(st.integers(0, 3)) :]


@st.composite
def presences(draw: st.DrawFn) -> bytes:
    """Awareness updates: of nobody, of many, of a state that is no JSON or much too deep."""
    text = draw(
        st.sampled_from([b"null", b"{}", b'{"a":1}', b"", b"{", b"[" * 5000 + b"]" * 5000, b'"\\ud800"', b"\xff"])
    )
    entry = uint(draw(_UINTS)) + uint(draw(_UINTS)) + sized(text)
    count = draw(st.integers(0, 3))
    return uint(draw(st.just(count) | _UINTS)) + entry * count


@st.composite
def messages(draw: st.DrawFn) -> bytes:
    """Of the kinds both protocols have, whole or spoilt."""
    message = draw(
        st.one_of(
            st.builds(bytes.__add__, st.sampled_from([UPDATE, STEP2]), _UPDATES.map(sized)),
            st.builds(
                bytes.__add__, st.just(STEP1), st.sampled_from([b"\x00", b"\x01\x05\x03", b"\xff\xff"]).map(sized)
            ),
            st.builds(bytes.__add__, st.just(b"\x01"), presences().map(sized)),
            st.builds(
                bytes.__add__, st.sampled_from([b"\x02\x00", b"\x05", b"\x07", b"\x08", b"\x09"]), _NOISE.map(sized)
            ),
            st.sampled_from([b"\x03", b"\x07", b"\x08\x01", b"\x0a", b""]),
            _NOISE,
        )
    )
    return _spoil_bytes(draw, message) if draw(st.booleans()) else message


@st.composite
def frames(draw: st.DrawFn) -> bytes:
    """Frames of every opcode and flag, of wrong lengths, fragments in any order, control frames too long."""
    return frame(
        draw(_NOISE | messages()),
        first=draw(st.sampled_from([0x82, 0x02, 0x00, 0x80, 0x81, 0x88, 0x89, 0x8A, 0xC2, 0xF2, 0x8F, 0x08, 0x83])),
        masked=draw(st.integers(0, 9)) > 0,
        size=draw(st.none() | st.sampled_from([0, 1, 125, 126, 65535, 65536, 2**31, 2**63 - 1, 2**64 - 1])),
    )


@st.composite
def requests(draw: st.DrawFn, whole: bytes) -> bytes:
    """HTTP that is none, or an upgrade spoilt in a few places."""
    if draw(st.booleans()):
        return draw(
            _NOISE | st.sampled_from([b"\x16\x03\x01\x02\x00", b"GET " + b"/" * 20_000, b"\r\n" * 500, whole[:-2]])
        )
    for _ in range(draw(st.integers(1, 3))):
        whole = _spoil_bytes(draw, whole)
    return whole


async def attack(victim: Replica, what: st.SearchStrategy[bytes], bounded: int) -> None:
    @_effort(bounded)
    @given(said=what)
    def go(said: bytes) -> None:
        converse(victim, said)

    async with unharmed(victim):
        await asyncio.to_thread(go)


async def test_requests_that_are_none(victim: Replica) -> None:
    await attack(victim, requests(upgrade(victim)), 100)


async def test_frames_in_every_disorder(collaboration: Collaboration, victim: Replica) -> None:
    document = str(uuid4())
    signed_in = upgrade(victim, f"/{document}?ticket={collaboration.office.ticket(document)}")
    await attack(victim, st.lists(frames(), max_size=8).map(lambda said: signed_in + b"".join(said)), 100)


def _y_websocket(collaboration: Collaboration, victim: Replica, document: str) -> tuple[bytes, bytes]:
    return upgrade(victim, f"/{document}?ticket={collaboration.office.ticket(document)}"), b""


def _hocuspocus(collaboration: Collaboration, victim: Replica, document: str) -> tuple[bytes, bytes]:
    address = sized(document.encode())
    token = address + b"\x02\x00" + sized(collaboration.office.ticket(document).encode()) + sized(b"4.8.0")
    return upgrade(victim) + frame(token), address


@pytest.mark.parametrize("protocol", [_y_websocket, _hocuspocus])
async def test_messages_of_an_editor_gone_mad(
    collaboration: Collaboration,
    victim: Replica,
    yjs: Reference,
    protocol: Callable[[Collaboration, Replica, str], tuple[bytes, bytes]],
) -> None:
    """The document it may write stays one that browsers can read and all can edit; others are as they were."""
    document, other = str(uuid4()), str(uuid4())

    def url(name: str) -> str:
        return f"{victim.url}/{name}?ticket={collaboration.office.ticket(name)}"

    original = history(1)[0].get_update()
    async with unharmed(victim):
        async with peer(url(other)) as bystander, peer(url(document)) as owner:
            bystander.text += "unharmed"
            await bystander.until(lambda: bool(bystander.echoes))
            owner.send(UPDATE + sized(original))
            await owner.until(lambda: bool(owner.echoes))
        hello, address = protocol(collaboration, victim, document)

        @_effort(120)
        @given(said=st.lists(messages(), min_size=1, max_size=6))
        def go(said: list[bytes]) -> None:
            converse(victim, hello + b"".join(frame(address + message) for message in said))

        await asyncio.to_thread(go)
        async with peer(url(other)) as bystander, peer(url(document)) as editor:
            assert str(bystander.text) == "unharmed"
            update, _ = typed("still editable")
            editor.send(UPDATE + sized(update))
            # Not just anything: what was said before may be stored only now.
            await editor.until(lambda: any(b"still editable" in echo for echo in editor.echoes))
            (view,) = yjs.merged([editor.doc.get_update()])
    assert view.error is None
    assert not view.pending
    assert "still editable" in view.content
