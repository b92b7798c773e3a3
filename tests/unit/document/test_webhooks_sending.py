"""One attempt to deliver, against real servers that mean well or not."""

import asyncio
import gzip
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from collab_document.webhooks.sending import Outcome, Sender
from tests.cluster.node.pki import Authority, Pair
from tests.ports import free_port

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pki")


@pytest.fixture(scope="module")
def authority(directory: Path) -> Authority:
    return Authority(directory, "inside")


def serving(pair: Pair) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    return context


@asynccontextmanager
async def server(answer: Answer, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> AsyncGenerator[int]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        except (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError):
            pass  # the client has what it wants
        finally:
            writer.close()

    listening = await asyncio.start_server(serve, host, 0, ssl=tls)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()


async def request_of(reader: asyncio.StreamReader) -> tuple[str, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = next(
        int(line.partition(":")[2]) for line in head.splitlines() if line.lower().startswith("content-length")
    )
    return head, await reader.readexactly(length)


def answering(content: bytes, heads: list[str] | None = None, *, more: str = "") -> Answer:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head, _ = await request_of(reader)
        if heads is not None:
            heads.append(head)
        writer.write(f"HTTP/1.1 200 OK\r\n{more}Content-Length: {len(content)}\r\n\r\n".encode() + content)
        await writer.drain()

    return answer


async def send(url: str, *, ca: Path | None = None, allow_private: bool = True, deadline_s: float = 10) -> Outcome:
    async with Sender(ca_file=str(ca) if ca else None, allow_private=allow_private, deadline_s=deadline_s) as sender:
        return await sender.send(url, {"webhook-id": "msg_1"}, '{"a":1}')


async def test_over_tls_the_name_is_asked_for_and_checked(authority: Authority):
    tls = serving(authority.issue("own", user="own", hosts=["localhost"]))
    names: list[str | None] = []
    tls.sni_callback = lambda _connection, name, _context: names.append(name)  # pyright: ignore[reportAttributeAccessIssue]
    heads: list[str] = []
    async with server(answering(b"fine", heads), tls=tls) as port:
        outcome = await send(f"https://localhost:{port}/hook?a=b", ca=authority.pair.certificate)
    assert (outcome.status, outcome.error, outcome.excerpt) == (200, None, "fine")
    assert names == ["localhost"]
    assert heads[0].startswith("POST /hook?a=b HTTP/1.1\r\n")
    assert f"Host: localhost:{port}\r\n" in heads[0]
    assert heads[0].lower().count("\r\nhost:") == 1
    assert "webhook-id: msg_1\r\n" in heads[0]


async def test_a_certificate_of_another_name_or_authority_is_refused(authority: Authority, directory: Path):
    elsewhere = authority.issue("elsewhere", user="elsewhere", hosts=["elsewhere.example.org"])
    stranger = Authority(directory, "other").issue("strange", user="strange", hosts=["localhost"])
    for pair in (elsewhere, stranger):
        heads: list[str] = []
        async with server(answering(b"", heads), tls=serving(pair)) as port:
            outcome = await send(f"https://localhost:{port}/", ca=authority.pair.certificate)
        assert outcome.status is None
        assert "certificate" in (outcome.error or "")
        assert heads == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f.1", "2130706433", "[::1]", "[::ffff:127.0.0.1]"])
async def test_what_leads_here_is_not_connected_to(host: str):
    heads: list[str] = []
    async with server(answering(b"", heads)) as port:
        outcome = await send(f"http://{host}:{port}/", allow_private=False)
    assert outcome.status is None
    assert outcome.error in {"The name leads to no public address.", "The name does not resolve."}
    assert heads == []


async def test_who_does_not_answer_is_left():
    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with server(silent) as port:
        outcome = await send(f"http://127.0.0.1:{port}/", deadline_s=0.3)
    assert (outcome.status, outcome.error) == (None, "No answer within 0.3 s.")


async def test_who_answers_without_end_is_left():
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    async with server(endless) as port:
        outcome = await send(f"http://127.0.0.1:{port}/")
    assert (outcome.status, outcome.error, outcome.excerpt) == (200, None, "x" * 500)


async def test_who_answers_a_byte_at_a_time_is_left():
    async def dripping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nX: ")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    async with server(dripping) as port:
        outcome = await send(f"http://127.0.0.1:{port}/", deadline_s=0.5)
    assert outcome.error == "No answer within 0.5 s."


async def test_nothing_is_decompressed():
    packed = gzip.compress(b"0" * 10_000_000)
    async with server(answering(packed, more="Content-Encoding: gzip\r\n")) as port:
        outcome = await send(f"http://127.0.0.1:{port}/")
    assert outcome.error is None
    assert "000" not in outcome.excerpt


async def test_who_is_not_there_or_talks_nonsense():
    nobody = await send(f"http://127.0.0.1:{free_port()}/")
    assert (nobody.error or "").startswith("The connection failed")

    async def nonsense(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH\r\n\r\n")
        await writer.drain()

    async with server(nonsense) as port:
        outcome = await send(f"http://127.0.0.1:{port}/")
    assert (outcome.status, (outcome.error or "")[:21]) == (None, "The connection failed")


async def test_a_name_that_nobody_has():
    outcome = await send("https://nowhere.invalid/", deadline_s=60)  # a name server may be asked more than once
    assert outcome.error == "The name does not resolve."
