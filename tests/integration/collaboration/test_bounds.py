"""What one document and one person may take of the service, what their clients see, and that it passes."""

import json
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

import psutil

from tests.integration.collaboration.harness import Collaboration, JavaScript, Replica, closes, eventually
from tests.integration.collaboration.rawclient import STEP1, STEP2, UPDATE, peer, raw, read_sized, sized

LIMIT = 20_000
"""`COLLAB_MAX_DOCUMENT_BYTES` of these tests; 12,000 letters fit, and not 10,000 more."""


async def join(js: JavaScript, collaboration: Collaboration, replica: Replica, document: str, **clients: str) -> None:
    """Connect a client of the kind named for each, and wait until it is synced."""
    for name, kind in clients.items():
        ticket = collaboration.office.ticket(document)
        await js.call("connect", client=name, kind=kind, url=replica.url, document=document, ticket=ticket)
        await js.until(name, lambda state: state["synced"], "being synced")


def told(state: dict[str, Any]) -> list[dict[str, Any]]:
    """The stateless messages a provider has got."""
    return [json.loads(event["payload"]) for event in state["events"] if event["name"] == "stateless"]


async def test_a_document_at_its_limit_takes_deletions_and_then_what_it_refused(
    collaboration: Collaboration, js: JavaScript
) -> None:
    replica = collaboration.start(COLLAB_MAX_DOCUMENT_BYTES=str(LIMIT))
    document = str(uuid4())
    await join(js, collaboration, replica, document, ann="hocuspocus", bob="hocuspocus")
    await js.call("insert", client="ann", text="x" * 12_000)
    await js.saved("ann")
    await js.call("insert", client="ann", text="y" * 10_000)
    state = await js.until("ann", lambda state: bool(told(state)), "being told")
    assert told(state)[0] == {"type": "document-too-large", "max_bytes": LIMIT}
    assert state["unsynced"] == 1
    # Typing on builds on what was refused: as little saved, as honestly said.
    await js.call("insert", client="ann", text="!")
    await js.until("ann", lambda state: len(told(state)) == 2 and state["unsynced"] == 2, "being told again")
    await js.call("remove", client="bob", at=0, length=7_000)
    await js.saved("bob")
    await js.text("ann", "x" * 5_000 + "y" * 10_000 + "!")
    assert (await js.state("bob"))["text"] == "x" * 5_000
    await js.call("remove", client="ann", at=0, length=1)
    await js.saved("ann")
    await js.text("bob", "x" * 4_999 + "y" * 10_000 + "!")
    assert closes(await js.state("ann")) == []
    assert replica.metric("collab_largest_document_bytes") <= LIMIT
    assert replica.process.stop() == 0


async def test_what_was_too_large_can_be_undone(collaboration: Collaboration, js: JavaScript) -> None:
    replica = collaboration.start(COLLAB_MAX_DOCUMENT_BYTES=str(LIMIT))
    document = str(uuid4())
    await join(js, collaboration, replica, document, ann="hocuspocus", bob="hocuspocus")
    await js.call("insert", client="ann", text="x" * 12_000)
    await js.call("insert", client="ann", text="y" * 10_000)
    await js.until("ann", lambda state: bool(told(state)), "being told")
    await js.call("remove", client="ann", at=12_000, length=10_000)
    await js.saved("ann")
    await js.call("insert", client="ann", text="z")
    await js.saved("ann")
    await js.text("bob", "x" * 12_000 + "z")
    assert replica.process.stop() == 0


async def test_y_websocket_clients_are_sent_away_from_a_document_at_its_limit(
    collaboration: Collaboration, js: JavaScript
) -> None:
    replica = collaboration.start(COLLAB_MAX_DOCUMENT_BYTES=str(LIMIT))
    document = str(uuid4())
    await join(js, collaboration, replica, document, cyd="y-websocket", bob="y-websocket")
    await js.call("insert", client="cyd", text="x" * 12_000)
    await js.text("bob", "x" * 12_000)
    await js.call("insert", client="cyd", text="y" * 10_000)
    state = await js.until("cyd", lambda state: bool(closes(state)), "being sent away")
    ended = [event for event in state["events"] if event["name"] == "closed for good"]
    assert [(event["code"], event["reason"]) for event in ended] == [(4413, "document too large: not saved")]
    await js.call("remove", client="bob", at=0, length=2_000)
    await join(js, collaboration, replica, document, dan="y-websocket")
    await js.text("dan", "x" * 10_000)
    assert closes(await js.state("bob")) == []
    assert replica.process.stop() == 0


async def test_a_person_has_so_many_connections(collaboration: Collaboration, js: JavaScript) -> None:
    replica = collaboration.start(COLLAB_MAX_USER_CONNECTIONS="2")
    ann = uuid4()
    kinds = {"one": "y-websocket", "two": "hocuspocus", "three": "y-websocket"}
    for name, kind in kinds.items():
        document = str(uuid4())
        ticket = collaboration.office.ticket(document, user=ann)
        await js.call("connect", client=name, kind=kind, url=replica.url, document=document, ticket=ticket)
        if name != "three":
            await js.until(name, lambda state: state["synced"], "being synced")
    state = await js.until("three", lambda state: bool(closes(state)), "being sent away")
    ended = next(event for event in state["events"] if event["name"] == "close")
    assert (ended["code"], ended["reason"]) == (1013, "too many connections of one person")
    await join(js, collaboration, replica, str(uuid4()), somebody_else="hocuspocus")
    await js.call("close", client="two")
    await js.until("three", lambda state: state["synced"], "being let in")
    assert replica.process.stop() == 0


async def test_a_document_has_so_many_connections(collaboration: Collaboration, js: JavaScript) -> None:
    replica = collaboration.start(COLLAB_MAX_DOCUMENT_CONNECTIONS="2")
    document = str(uuid4())
    await join(js, collaboration, replica, document, one="y-websocket", two="hocuspocus")
    ticket = collaboration.office.ticket(document)
    await js.call("connect", client="three", kind="hocuspocus", url=replica.url, document=document, ticket=ticket)
    state = await js.until("three", lambda state: bool(closes(state)), "being sent away")
    ended = next(event for event in state["events"] if event["name"] == "close")
    assert (ended["code"], ended["reason"]) == (1013, "too many connections in the document")
    await js.call("close", client="one")
    await js.until("three", lambda state: state["synced"], "being let in")
    assert replica.process.stop() == 0


async def test_writers_of_a_document_at_its_rate_are_slowed_and_lose_nothing(
    collaboration: Collaboration, js: JavaScript
) -> None:
    replica = collaboration.start(COLLAB_MAX_DOCUMENT_MESSAGES_PER_S="100")
    document = str(uuid4())
    clients = {"ann": "hocuspocus", "bob": "hocuspocus", "cyd": "y-websocket"}
    await join(js, collaboration, replica, document, **clients)
    for name in clients:
        await js.call("type", client=name, text=name[0] * 150, everyMs=2)
    for name in clients:
        await js.until(name, lambda state: len(state["text"]) == 450, "all letters")
    for name in ("ann", "bob"):
        await js.saved(name)
    assert len({(await js.state(name))["text"] for name in clients}) == 1
    for name in clients:
        assert closes(await js.state(name)) == []
    assert replica.metric("collab_writers_held_total") > 0
    assert replica.process.stop() == 0


async def test_a_storm_of_joiners_shares_one_state_while_people_type(collaboration: Collaboration) -> None:
    replica = collaboration.start()
    document = str(uuid4())

    def url() -> str:
        return f"{replica.url}/{document}?ticket={collaboration.office.ticket(document)}"

    async with peer(url()) as writer, AsyncExitStack() as stack:
        for _ in range(4):
            writer.text += "x" * 900_000
            await writer.until(lambda: any(message[:2] == UPDATE for message in writer.messages))
            writer.messages.clear()
        process = psutil.Process(replica.process.process.pid)
        async with peer(url()) as first:
            assert len(first.text) == 3_600_000
        encoded = replica.metric("collab_states_encoded_total")
        before = process.memory_info().rss
        joiners = [await stack.enter_async_context(raw(url())) for _ in range(50)]
        for number, joiner in enumerate(joiners):
            joiner.transport.underlying_transport.pause_reading()
            joiner.send(STEP1 + sized(b"\x00"))
            if number % 5 == 0:
                writer.text += "!"
                await writer.until(lambda: any(message[:2] == UPDATE for message in writer.messages))
                writer.messages.clear()
        await eventually(
            lambda: replica.metric("collab_messages_received_total", kind="sync_step1") >= 52, "their asking"
        )
        assert process.memory_info().rss - before < 60_000_000, "50 copies would be 180 MB"
        assert replica.metric("collab_states_encoded_total") == encoded
        for joiner in joiners:
            joiner.transport.underlying_transport.resume_reading()
        for joiner in joiners:
            await joiner.until(lambda joiner=joiner: any(message[:2] == STEP2 for message in joiner.messages))
            state, _ = read_sized(next(message for message in joiner.messages if message[:2] == STEP2), 2)
            assert len(state) > 3_600_000
        async with peer(url()) as last:
            assert str(last.text) == str(writer.text)
    assert replica.process.stop() == 0
