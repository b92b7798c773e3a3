"""What one client may do to the service and to others: not much."""

import asyncio
import random
from uuid import uuid4

import httpx
import pytest
from picows import WSMsgType
from pycrdt import Doc, Text

from collab_collaboration.wire import KEEPALIVE_YWEBSOCKET
from tests.integration.collaboration.harness import Collaboration, Replica, eventually, locked_log
from tests.integration.collaboration.rawclient import STEP1, STEP2, UPDATE, peer, raw, read_sized, sized, typed, uint

NESTED = uint(1) * 2 + uint(5) + uint(0) + b"\x08\x01\x01a\x01" + b"\x75\x01" * 100_000 + b"\x7e\x00"
"""A valid update whose one value is 100,000 arrays in each other: it overflows the stack of a recursive decoder."""
HUGE_CLIENT = b"\x01\x01" + uint(2**60) + b"\x00\x04\x01\x01t\x01x\x00"
UNKNOWN_TYPE = b"\x01\x01\x05\x00\x07\x01\x01t\x0f\x00"
INSIDE = (
    b"\x02" + b"\x01\x06\x00\xc4\x05\x00\x05\x01\x01x" + b"\x01\x05\x00\x04\x01\x01t" + sized("🎉".encode()) + b"\x00"
)
"""An emoji of one client, and between its two code units a letter of another's."""

MALFORMED = {
    "an empty message": b"",
    "an unknown message": b"\x63",
    "an unknown sync message": b"\x00\x07\x00",
    "a length beyond the end": b"\x00\x02\xff\xff\x03abc",
    "an endless integer": b"\x00\x02" + b"\xff" * 20,
    "bytes after the end": UPDATE + sized(b"\x00\x00") + b"x",
    "an update that is noise": UPDATE + sized(bytes(range(200))),
    "an update cut short": UPDATE + sized(typed("hello")[0][:-3]),
    "values nested too deeply": UPDATE + sized(NESTED),
    "the same as an answer": STEP2 + sized(NESTED),
    "a client id no browser can read": UPDATE + sized(HUGE_CLIENT),
    "a shared type no browser knows": UPDATE + sized(UNKNOWN_TYPE),
    "an edit inside a character": UPDATE + sized(INSIDE),
    "a state vector that is none": STEP1 + sized(b"\x05\x01"),
    "presence that is not JSON": b"\x01" + sized(b"\x01\x05\x01" + sized(b"{nonsense")),
    "presence that is too large": b"\x01" + sized(b"\x01\x05\x01" + sized(b'"' + b"x" * 9000 + b'"')),
    "presence of too many": b"\x01" + sized(uint(2**40)),
}


def url_of(collaboration: Collaboration, replica: Replica, document: str, role: str = "editor") -> str:
    return f"{replica.url}/{document}?ticket={collaboration.office.ticket(document, role=role)}"


@pytest.mark.parametrize("name", MALFORMED)
async def test_malformed_messages_end_their_connection_and_nothing_else(
    collaboration: Collaboration, replica: Replica, name: str
) -> None:
    document = str(uuid4())
    async with peer(url_of(collaboration, replica, document)) as bystander:
        bystander.text += "unharmed"
        async with raw(url_of(collaboration, replica, document)) as client:
            client.send(STEP1 + sized(b"\x00"))
            await client.until(lambda: len(client.messages) >= 2)
            client.send(MALFORMED[name])
            code, reason = await client.closed
            assert code == 4400
            assert reason.startswith("malformed: ")
        async with peer(url_of(collaboration, replica, document)) as newcomer:
            assert str(newcomer.text) == "unharmed"
            newcomer.text += "!"
            await bystander.until(lambda: str(bystander.text) == "unharmed!")
    assert replica.process.process.poll() is None


async def test_text_messages_are_refused(collaboration: Collaboration, replica: Replica) -> None:
    async with raw(url_of(collaboration, replica, str(uuid4()))) as client:
        client.send(b"hello", WSMsgType.TEXT)
        assert await client.close_code() == 4400


async def test_noise_of_all_sorts_ends_connections_only(collaboration: Collaboration, replica: Replica) -> None:
    document = str(uuid4())
    chance = random.Random(4)
    good = [
        UPDATE + sized(typed("grüße 🎉")[0]),
        STEP1 + sized(b"\x00"),
        b"\x01" + sized(b"\x01\x05\x01" + sized(b'{"user":1}')),
        uint(36) + document.encode() + b"\x02\x00" + sized(b"a.b.c"),
        uint(36) + document.encode() + b"\x07",
    ]
    for attempt in range(150):
        url = url_of(collaboration, replica, document) if attempt % 2 else replica.url
        async with raw(url) as client:
            for _ in range(5):
                message = bytearray(chance.choice(good))
                for _ in range(chance.randrange(4)):
                    message[chance.randrange(len(message))] = chance.randrange(256)
                client.send(bytes(message[: chance.randrange(1, len(message) + 1)]))
    async with peer(url_of(collaboration, replica, document)) as client:
        client.text += "alive"
        await client.until(lambda: any(message[:2] == UPDATE for message in client.messages))
    assert replica.process.process.poll() is None
    assert not [line for line in replica.process.logs() if line["level"] == "error"]


async def test_a_message_in_fragments_is_put_together(collaboration: Collaboration, replica: Replica) -> None:
    document = str(uuid4())
    update, _ = typed("in pieces")
    message = UPDATE + sized(update)
    url = url_of(collaboration, replica, document)
    async with peer(url) as reader, raw(url) as client:
        client.send(STEP1 + sized(b"\x00"))
        await client.until(lambda: len(client.messages) >= 2)
        client.send(message[:5], fin=False)
        client.send(message[5:9], WSMsgType.CONTINUATION, fin=False)
        client.send(message[9:], WSMsgType.CONTINUATION)
        await reader.until(lambda: str(reader.text) == "in pieces")
        client.send(b"x", WSMsgType.CONTINUATION)
        assert await client.close_code() == 4400


@pytest.mark.parametrize("pieces", [1, 4])
async def test_a_message_may_be_so_large(collaboration: Collaboration, replica: Replica, pieces: int) -> None:
    document = str(uuid4())
    async with peer(url_of(collaboration, replica, document)) as client:
        client.text += "x" * 1_000_000
        await client.until(lambda: any(message[:2] == UPDATE for message in client.messages))
        part = b"x" * (1024 * 1024 // pieces + 1)
        client.send(part, fin=pieces == 1)
        for number in range(1, pieces):
            client.send(part, WSMsgType.CONTINUATION, fin=number == pieces - 1)
        assert await client.close_code() == 1009


async def test_too_many_messages(collaboration: Collaboration, replica: Replica) -> None:
    document = str(uuid4())
    # More than twice as many as may come at once: what is allowed is filled up every five seconds.
    async with raw(replica.url) as client:
        address = uint(36) + document.encode()
        client.send(address + b"\x02\x00" + sized(collaboration.office.ticket(document).encode()))
        for _ in range(2200):
            client.send(address + b"\x03")
        assert await client.close_code() == 4408
    async with raw(url_of(collaboration, replica, document)) as client:
        for _ in range(2200):
            client.send(b"\x03")
        assert await client.close_code() == 1013, "y-websocket would not come back after 4408"


async def test_strangers_cannot_fill_the_memory(collaboration: Collaboration, replica: Replica) -> None:
    async with raw(replica.url) as client:
        address = uint(36) + str(uuid4()).encode()
        client.send(address + UPDATE + sized(b"x" * 300_000))
        assert await client.close_code() == 4408
    async with raw(replica.url) as client:
        for _ in range(70):
            client.send(uint(36) + str(uuid4()).encode() + b"\x03")
        assert await client.close_code() == 4408
    ticket = collaboration.office.ticket(uuid4())
    async with raw(f"{replica.url}/{uuid4()}?ticket={ticket}") as client:
        assert await client.close_code() == 4401


async def test_too_many_connections(collaboration: Collaboration) -> None:
    replica = collaboration.start(COLLAB_MAX_CONNECTIONS="2")
    url = url_of(collaboration, replica, str(uuid4()))
    async with peer(url), peer(url), raw(url) as third:
        assert await third.close_code() == 1013
    await eventually(lambda: replica.metric("collab_connections_open") == 0, "the others leaving")
    async with peer(url):
        assert replica.metric("collab_connections_open") == 1
    assert replica.process.stop() == 0


async def test_too_many_edits_waiting(collaboration: Collaboration) -> None:
    replica = collaboration.start(COLLAB_MAX_PENDING_BYTES="100000", COLLAB_STORE_PATIENCE_S="120")
    async with peer(url_of(collaboration, replica, str(uuid4()))) as client, locked_log(collaboration):
        for _ in range(8):
            client.text += "x" * 40_000
        assert await client.close_code() == 1013
    assert replica.process.stop() == 0


async def test_a_receiver_that_does_not_read_is_cut_off_and_holds_up_nobody(collaboration: Collaboration) -> None:
    # The kernel takes many megabytes off the service's hands before anything waits in the service itself.
    replica = collaboration.start(COLLAB_MAX_RECEIVER_BYTES="200000", COLLAB_MAX_DOCUMENT_BYTES="100000000")
    url = url_of(collaboration, replica, str(uuid4()))
    async with peer(url) as writer, peer(url) as reader, raw(url) as deaf:
        deaf.send(STEP1 + sized(b"\x00"))
        await deaf.until(lambda: len(deaf.messages) >= 2)
        deaf.transport.underlying_transport.pause_reading()
        for number in range(100):
            writer.text += f"{number}" + "x" * 500_000
            await reader.until(lambda: len(reader.text) == len(writer.text))
            if replica.metric("collab_connections_open") == 2:
                break
        else:
            pytest.fail("the deaf receiver is still there")
    assert replica.process.stop() == 0


async def test_a_large_state_does_not_make_its_reader_a_slow_one(collaboration: Collaboration) -> None:
    replica = collaboration.start(COLLAB_MAX_RECEIVER_BYTES="100000")
    document = str(uuid4())
    async with peer(url_of(collaboration, replica, document)) as writer:
        for _ in range(4):
            writer.text += "x" * 900_000
            await writer.until(lambda: sum(message[:2] == UPDATE for message in writer.messages) > 0)
            writer.messages.clear()
    async with peer(url_of(collaboration, replica, document)) as reader:
        assert len(str(reader.text)) == 3_600_000
    assert replica.process.stop() == 0


async def test_other_paths_are_not_found(replica: Replica) -> None:
    base = f"http://127.0.0.1:{replica.websocket_port}"
    headers = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "x" * 22 + "==",
    }
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        for path in ("/", "/other", "/collaboration/not-a-uuid", "/collaborations"):
            assert (await client.get(base + path, headers=headers)).status_code == 404


async def test_http_side(replica: Replica) -> None:
    async with httpx.AsyncClient(base_url=replica.process.url, trust_env=False, timeout=30) as client:
        assert (await client.get("/livez")).status_code == 200

        async def is_ready() -> bool:
            return (await client.get("/readyz")).json()["ready"]

        await eventually(is_ready, "a database that answers within the second it is given")
        assert "collab_commit_seconds_bucket" in (await client.get("/metrics")).text
        assert (await client.get("/api/collaboration/schema")).json()["info"]["title"] == "collab collaboration"


async def test_what_clients_echo_is_not_what_they_claim(collaboration: Collaboration, replica: Replica) -> None:
    """Nobody takes another person's caret away, or moves it."""
    document = str(uuid4())
    ann_state = b"\x01\x05\x01" + sized(b'{"user":"ann"}')
    async with (
        raw(url_of(collaboration, replica, document)) as ann,
        raw(url_of(collaboration, replica, document)) as eve,
    ):
        ann.send(b"\x01" + sized(ann_state))
        await eve.until(lambda: any(b"ann" in message for message in eve.messages))
        eve.send(b"\x01" + sized(b"\x01\x05\x09" + sized(b'{"user":"eve"}')))
        eve.send(b"\x01" + sized(b"\x01\x05\x01" + sized(b"null")))
        await asyncio.sleep(0.3)
        eve.send(b"\x03")
        count = len(eve.messages)

        def told() -> list[bytes]:
            return [message for message in eve.messages[count:] if message != KEEPALIVE_YWEBSOCKET]

        await eve.until(lambda: bool(told()))
        payload, _ = read_sized(told()[-1], 1)
        assert payload == ann_state


async def test_python_documents_converge(collaboration: Collaboration, replica: Replica) -> None:
    document = str(uuid4())
    chance = random.Random(1)
    async with (
        peer(url_of(collaboration, replica, document)) as one,
        peer(url_of(collaboration, replica, document)) as two,
        peer(url_of(collaboration, replica, document)) as three,
    ):
        for _ in range(100):
            writer = chance.choice((one, two, three))
            if len(writer.text) > 5 and chance.random() < 0.3:
                at = chance.randrange(len(writer.text) - 2)
                del writer.text[at : at + 2]
            else:
                writer.text.insert(chance.randrange(len(writer.text) + 1), chance.choice(("a", "bc", "def")))
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.2)
        for each in (one, two, three):
            await each.until(lambda each=each: str(each.text) == str(one.text))
    async with peer(url_of(collaboration, replica, document)) as late:
        restored: Doc[Text] = Doc()
        restored.apply_update(late.doc.get_update())
        assert str(late.text) == str(one.text) == str(restored.get("text", type=Text))
