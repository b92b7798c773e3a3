"""What clients must not send: each a clear refusal, and nobody else notices."""

import os
import secrets
import socket
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.system.api import ApiError, Person
from tests.system.local import Local
from tests.system.processes import proportional_memory_bytes
from tests.system.running import Running, writers
from tests.system.tokens import expired
from tests.system.typist import probe

GIB = 1 << 30
CHUNK = b"x" * 65_536
ANSWER_S = 30
"""For whatever has to be answered, on a machine that does much else."""
AT_ONCE_S = 12
"""Well within what the gateway waits for the rest of a body: 15 s."""
AUTH_MESSAGE = 2  # of the Hocuspocus protocol


@pytest.fixture
def ann(environment: Running) -> Person:
    return environment.person("Ann")


def test_an_expired_access_token_is_refused_and_a_refreshed_one_accepted(environment: Running, ann: Person):
    token = expired(ann.access_token, signed_with=environment.secret("auth-signing-key"))
    with pytest.raises(ApiError) as refused:
        ann.request("GET", "/api/documents", token=token)
    assert refused.value.problem.status == 401
    assert refused.value.problem.title
    response = ann.http.post("/api/auth/refresh")
    assert response.status_code == 200
    ann.request("GET", "/api/documents", token=response.json()["access_token"])


def test_an_expired_ticket_closes_the_connection_with_4401(environment: Running, ann: Person):
    document = ann.create_document("Ticketed").id
    good = ann.ticket(document)
    stale = expired(good.ticket, signed_with=environment.secret("document-signing-key"))
    seen = probe(f"{_websocket(environment)}{good.path}?ticket={stale}", [], wait_s=ANSWER_S)
    assert (seen.code, bool(seen.reason)) == (4401, True)
    assert probe(f"{_websocket(environment)}{good.path}?ticket={good.ticket}", [], wait_s=0.5).code is None


@pytest.mark.parametrize(
    "frame",
    [b"\xff" * 12, b"\x00\x02\x40truncated", b"\x00\x02\x05\xde\xad\xbe\xef\x99", b""],
    ids=["no message type", "truncated update", "no Yjs update", "empty"],
)
def test_a_malformed_frame_closes_its_connection_only(environment: Running, frame: bytes):
    with writers(environment) as people:
        people.start()
        ticket = people.owner.ticket(people.shared)
        seen = probe(f"{_websocket(environment)}{ticket.path}?ticket={ticket.ticket}", [frame], wait_s=ANSWER_S)
        assert seen.code == 4400
        assert seen.reason
        people.wait_saving(ANSWER_S)
        for typist in (people.ann, people.ben):
            assert not [event for event in typist.events if event["event"] == "closed"]
        people.settle()


def test_a_message_above_the_limit_closes_its_connection_with_1009(environment: Running, ann: Person):
    ticket = ann.ticket(ann.create_document("Large").id)
    url = f"{_websocket(environment)}{ticket.path}?ticket={ticket.ticket}"
    seen = probe(url, [b"\x00" * (2 << 20)], wait_s=ANSWER_S)
    assert seen.code == 1009


@pytest.mark.parametrize("framing", ["content-length", "chunked"])
@pytest.mark.parametrize("path", ["/api/documents", "/api/auth/sign-in"])
def test_a_gigabyte_is_refused_before_it_is_read(local: Local, ann: Person, path: str, framing: str):
    state, gateway = local.project.state_directory, psutil.Process(local.project.pid("gateway"))
    disk, memory = _size(state), _memory(gateway)
    started = time.monotonic()
    with _connected(local.url) as connection:
        length = f"Content-Length: {GIB}" if framing == "content-length" else "Transfer-Encoding: chunked"
        head = f"POST {path} HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {ann.access_token}\r\n{length}\r\n\r\n"
        sent, answer = _pour(connection, head.encode(), _chunked() if framing == "chunked" else _plain())
    assert answer.startswith(b"HTTP/1.1 413 "), answer[:200]
    assert b"application/problem+json" in answer
    assert time.monotonic() - started < AT_ONCE_S
    assert sent < 32 << 20, "the gateway read on after it knew"
    assert _memory(gateway) - memory < 16 << 20
    assert _size(state) - disk < 16 << 20


def _websocket(environment: Running) -> str:
    return environment.url.replace("http", "ws", 1)


@contextmanager
def _connected(url: str) -> Generator[socket.socket]:
    host, _, port = url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=ANSWER_S) as connection:
        yield connection


def _plain() -> Iterator[bytes]:
    for _ in range(GIB // len(CHUNK)):
        yield CHUNK


def _chunked() -> Iterator[bytes]:
    size = f"{len(CHUNK):x}\r\n".encode()
    for body in _plain():
        yield size + body + b"\r\n"
    yield b"0\r\n\r\n"


def _pour(connection: socket.socket, head: bytes, body: Iterator[bytes]) -> tuple[int, bytes]:
    """Send until an answer comes or the peer will have no more. Returns what was sent and the answer."""
    connection.sendall(head)
    connection.settimeout(0.2)
    sent = 0
    for chunk in body:
        try:
            connection.sendall(chunk)
        except OSError:
            break
        sent += len(chunk)
        connection.setblocking(False)
        try:
            if answer := connection.recv(65_536):
                return sent, answer
        except BlockingIOError:
            pass
        connection.settimeout(0.2)
    connection.settimeout(ANSWER_S)
    return sent, connection.recv(65_536)


def _memory(process: psutil.Process) -> int:
    return sum(proportional_memory_bytes(each) for each in (process, *process.children(recursive=True)))


def _size(folder: Path) -> int:
    total = 0
    for root, folders, files in os.walk(folder):
        # PostgreSQL's log grows by 16 MB at once, whenever that is due.
        folders[:] = [name for name in folders if name != "pg_wal"]
        for name in files:
            try:
                total += (Path(root) / name).lstat().st_blocks * 512
            except FileNotFoundError:
                continue
    return total


def test_a_password_that_is_wrong_says_no_more_than_an_address_that_is_unknown(ann: Person):
    answers = [
        ann.http.post("/api/auth/sign-in", json={"email": email, "password": secrets.token_hex(8)})
        for email in (ann.email, f"{secrets.token_hex(8)}@example.org")
    ]
    assert [answer.status_code for answer in answers] == [401, 401]
    wrong, unknown = (answer.json() | {"instance": ""} for answer in answers)
    assert wrong == unknown
