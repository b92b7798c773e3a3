"""The load client's operational transformations: one on its way at a time, what is typed meanwhile goes together."""

from typing import Any, cast

import msgspec
import pytest
from picows import WSTransport

from bench.collaboration.clients import Recorder
from bench.collaboration.clients.etherpad import EtherpadClient, base36, lengths
from bench.collaboration.clients.sharedb import ShareDBClient
from bench.collaboration.clients.yjs import update_of
from collab_collaboration.lib0 import write_bytes, write_string


class Wire:
    """In the place of a connection: keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def send(self, kind: object, message: bytes) -> None:
        assert kind is not None
        self.sent.append(message)

    def take(self) -> list[Any]:
        """What was sent since the last time, without socket.io's numbers in front."""
        found = [msgspec.json.decode(message.lstrip(b"0123456789") or b"null") for message in self.sent]
        self.sent.clear()
        return found


def say(message: object) -> bytes:
    return msgspec.json.encode(message)


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
async def sharedb(wire: Wire) -> ShareDBClient:
    """At version 7 of a document."""
    client = ShareDBClient(Recorder(running=True), "d", "")
    client.on_ws_connected(cast("WSTransport", wire))
    client.take(say({"a": "init", "protocol": 1, "id": "other"}))
    client.greet()
    client.take(say({"a": "hs", "protocol": 1, "id": "me"}))
    client.take(say({"a": "s", "c": "texts", "d": "d", "data": {"v": 7, "type": "t", "data": "abc"}}))
    wire.take()
    return client


async def test_a_sharedb_operation_is_for_the_version_last_seen(sharedb: ShareDBClient, wire: Wire) -> None:
    sharedb.take(say({"a": "op", "c": "texts", "d": "d", "v": 7, "src": "you", "seq": 1, "op": ["y"]}))
    sharedb.edit(0)
    (sent,) = wire.take()
    assert (sent["v"], sent["seq"], sent["op"]) == (8, 1, ["x"])


async def test_sharedb_edits_wait_for_the_acknowledgement_and_go_together(sharedb: ShareDBClient, wire: Wire) -> None:
    for number in range(4):
        sharedb.edit(number)
    assert [each["op"] for each in wire.take()] == [["x"]]
    sharedb.take(say({"a": "op", "c": "texts", "d": "d", "v": 9, "src": "me", "seq": 1}))
    assert [(each["v"], each["seq"], each["op"]) for each in wire.take()] == [(10, 2, ["xxx"])]
    assert (len(sharedb.acknowledged_at), sharedb.edits(1, 2)) == (1, range(1, 4))


async def test_an_older_sharedb_operation_that_comes_again_does_not_turn_the_version_back(
    sharedb: ShareDBClient, wire: Wire
) -> None:
    sharedb.edit(0)
    sharedb.take(say({"a": "op", "c": "texts", "d": "d", "v": 20, "src": "me", "seq": 1}))
    sharedb.take(say({"a": "op", "c": "texts", "d": "d", "v": 8, "src": "you", "seq": 1, "op": ["y"]}))
    sharedb.edit(1)
    assert wire.take()[-1]["v"] == 21


async def test_a_new_sharedb_document_is_made_by_who_finds_none(wire: Wire) -> None:
    client = ShareDBClient(Recorder(), "d", "")
    client.on_ws_connected(cast("WSTransport", wire))
    client.take(say({"a": "hs", "protocol": 1, "id": "me"}))
    client.take(say({"a": "s", "c": "texts", "d": "d", "data": {"v": 0}}))
    client.edit(0)
    assert [("create" in each, each.get("op")) for each in wire.take()] == [(False, None), (True, None)]
    client.take(say({"a": "op", "c": "texts", "d": "d", "v": 0, "src": "me", "seq": 1}))
    assert [(each["v"], each["seq"], each["op"]) for each in wire.take()] == [(1, 2, ["x"])]
    assert client.edits(1, 2) == range(1)


async def test_what_others_type_in_sharedb_is_recognised_by_its_source(sharedb: ShareDBClient) -> None:
    message = say({"a": "op", "c": "texts", "d": "d", "v": 7, "src": "you", "seq": 3, "op": ["y"]})
    sharedb.take(message)
    assert list(sharedb.arrived) == [0]
    assert sharedb.spans(message) == [("you", 2, 3)]


async def test_a_sharedb_error_ends_the_client(sharedb: ShareDBClient) -> None:
    sharedb.take(say({"error": {"code": "ERR_X", "message": "no"}, "a": "op"}))
    assert sharedb.closed is not None


@pytest.mark.parametrize(("number", "text"), [(0, "0"), (35, "z"), (36, "10"), (1295, "zz"), (5_000_000, "2z60w")])
def test_base36(number: int, text: str) -> None:
    assert base36(number) == text
    assert int(text, 36) == number


@pytest.mark.parametrize(
    ("changeset", "found"),
    [("Z:5>1*0+1$x", (5, 6)), ("Z:z>z+z$>", (35, 70)), ("Z:a<2-2$", (10, 8)), ("Z:1>0$", (1, 1))],
)
def test_lengths_of_a_changeset(changeset: str, found: tuple[int, int]) -> None:
    assert lengths(changeset) == found


def room(data: dict[str, object]) -> bytes:
    return b"42" + say(["message", {"type": "COLLABROOM", "data": data}])


@pytest.fixture
async def etherpad(wire: Wire) -> EtherpadClient:
    """At revision 3 of a pad of 5 characters."""
    client = EtherpadClient(Recorder(running=True), "p", "")
    client.on_ws_connected(cast("WSTransport", wire))
    client.take(b'0{"sid":"s"}')
    client.take(b"40")
    variables = {"rev": 3, "initialAttributedText": {"text": "abcd\n"}}
    client.take(
        b"42" + say(["message", {"type": "CLIENT_VARS", "data": {"userId": "a.me", "collab_client_vars": variables}}])
    )
    wire.take()
    return client


def changes(revision: int, changeset: str) -> bytes:
    return room({"type": "NEW_CHANGES", "newRev": revision, "changeset": changeset, "author": "a.you"})


def sent_changes(wire: Wire) -> list[tuple[int, str]]:
    return [(data["baseRev"], data["changeset"]) for data in (each[1]["data"] for each in wire.take())]


async def test_an_etherpad_changeset_names_revision_and_length(etherpad: EtherpadClient, wire: Wire) -> None:
    etherpad.take(changes(4, "Z:5>3+3$yyy"))
    etherpad.edit(0)
    assert sent_changes(wire) == [(4, "Z:8>1*0+1$x")]


async def test_etherpad_edits_wait_until_the_first_is_accepted(etherpad: EtherpadClient, wire: Wire) -> None:
    for number in range(3):
        etherpad.edit(number)
    assert sent_changes(wire) == [(3, "Z:5>1*0+1$x")]
    etherpad.take(changes(4, "Z:5>2+2$yy"))
    etherpad.take(room({"type": "ACCEPT_COMMIT", "newRev": 5}))
    assert sent_changes(wire) == [(5, "Z:8>2*0+2$xx")]
    assert (len(etherpad.acknowledged_at), etherpad.edits(5, 6)) == (1, range(1))


async def test_what_others_type_in_etherpad_is_recognised_by_its_revision(etherpad: EtherpadClient) -> None:
    message = changes(4, "Z:5>1*0+1$y")
    etherpad.take(message)
    assert list(etherpad.arrived) == [0]
    assert etherpad.spans(message) == [("a.you", 4, 5)]


async def test_etherpad_can_put_one_out(etherpad: EtherpadClient) -> None:
    etherpad.take(b"42" + say(["message", {"disconnect": "rateLimited"}]))
    assert etherpad.closed == "rateLimited"


def test_the_update_in_a_message_of_either_yjs_protocol() -> None:
    bare = b"\x00\x02" + write_bytes(b"update")
    address = write_string("00000000-0000-4000-8000-000000000005")
    assert (update_of(bare), update_of(address + bare)) == (b"update", b"update")
    assert update_of(address + b"\x00\x01" + write_bytes(b"state")) is None


async def test_a_connection_that_is_cut_is_told_to_who_waits_for_the_document(wire: Wire) -> None:
    client = ShareDBClient(Recorder(), "d", "")
    client.on_ws_connected(cast("WSTransport", wire))
    client.on_ws_disconnected(cast("WSTransport", wire))
    with pytest.raises(ConnectionError, match="cut"):
        await client.synced
