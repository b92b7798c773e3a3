"""What the protocols have beside edits, with the real clients: stateless messages, one socket's documents, resync."""

import asyncio
from typing import Any
from uuid import uuid4

from tests.integration.collaboration.harness import Collaboration, JavaScript, Replica, closes, eventually, have_met
from tests.integration.collaboration.rawclient import STEP1, peer, raw, sized


def told(state: dict[str, Any]) -> list[str]:
    """The stateless messages a client has heard."""
    return [event["payload"] for event in state["events"] if event["name"] == "stateless"]


async def hocuspocus(
    collaboration: Collaboration, js: JavaScript, replica: Replica, document: str, *, name: str, role: str = "editor"
) -> None:
    """A provider of its own socket, in sync."""
    ticket = collaboration.office.ticket(document, role=role)
    await js.call("connect", client=name, kind="hocuspocus", url=replica.url, document=document, ticket=ticket)
    await js.saved(name)


async def test_a_stateless_message_reaches_all_others_on_any_replica(own: Collaboration, js: JavaScript) -> None:
    first, second = own.start(), own.start()
    document = str(uuid4())
    for name, replica in (("ann", first), ("bob", first), ("cyd", second)):
        await hocuspocus(own, js, replica, document, name=name)
    await have_met(first, second)
    await js.call("stateless", client="ann", payload='{"saved": "grüße 🎉"}')
    for name in ("bob", "cyd"):
        await js.until(name, lambda state: told(state) == ['{"saved": "grüße 🎉"}'], "being told")
    await js.call("stateless", client="cyd", payload="answer")
    await js.until("ann", lambda state: told(state) == ["answer"], "being told, and not what it said itself")


async def test_stateless_messages_of_readers_and_to_y_websocket_are_dropped(
    collaboration: Collaboration, replica: Replica, js: JavaScript
) -> None:
    document = str(uuid4())
    await hocuspocus(collaboration, js, replica, document, name="ann")
    await hocuspocus(collaboration, js, replica, document, name="vic", role="viewer")
    ticket = collaboration.office.ticket(document)
    async with raw(f"{replica.url}/{document}?ticket={ticket}") as plain:
        plain.send(STEP1 + sized(b"\x00"))
        await plain.until(lambda: len(plain.messages) >= 2)
        await js.call("stateless", client="vic", payload="not heard")
        await eventually(
            lambda: replica.metric("collab_updates_refused_total", reason="stateless") > 0, "the reader's being refused"
        )
        await js.call("stateless", client="ann", payload="heard")
        await js.until("vic", lambda state: told(state) == ["heard"], "being told")
        await js.call("insert", client="ann", text="after it")
        await plain.until(lambda: any(b"after it" in message for message in plain.messages))
        assert not any(message[0] == 5 for message in plain.messages)
    assert told(await js.state("ann")) == []
    assert closes(await js.state("vic")) == []


async def test_a_stateless_message_that_is_no_text_ends_its_connection(
    collaboration: Collaboration, replica: Replica
) -> None:
    document = str(uuid4())
    address = sized(document.encode())
    async with raw(replica.url) as client:
        client.send(address + b"\x02\x00" + sized(collaboration.office.ticket(document).encode()))
        await client.until(lambda: any(message[len(address) :].startswith(b"\x02\x02") for message in client.messages))
        client.send(address + b"\x05" + sized(b"\xff"))
        assert await client.close_code() == 4400


async def test_documents_of_one_socket_have_roles_and_ends_of_their_own(
    collaboration: Collaboration, replica: Replica, js: JavaScript
) -> None:
    mine, theirs, refused = (str(uuid4()) for _ in range(3))
    await js.call("socket", name="shared", url=replica.url)
    tickets = {
        "writer": (mine, collaboration.office.ticket(mine)),
        "reader": (theirs, collaboration.office.ticket(theirs, role="viewer")),
        "stranger": (refused, collaboration.office.ticket(mine)),
    }
    for name, (document, ticket) in tickets.items():
        await js.call("connect", client=name, kind="hocuspocus", socket="shared", document=document, ticket=ticket)
    await js.until("writer", lambda state: state.get("scope") == "read-write", "the scope of an editor")
    await js.until("reader", lambda state: state.get("scope") == "readonly", "the scope of a reader")
    await js.until("stranger", lambda state: any(each["name"] == "denied" for each in state["events"]), "being denied")
    await js.call("insert", client="reader", text="never saved")
    await js.call("insert", client="writer", text="saved")
    await js.saved("writer")
    state = await js.state("reader")
    assert state["unsynced"] > 0
    assert collaboration.document(theirs, "head") == 0
    for name in tickets:
        assert closes(await js.state(name)) == []


async def test_y_websocket_resyncs_again_and_again(
    collaboration: Collaboration, replica: Replica, js: JavaScript
) -> None:
    """With `resyncInterval` it sends its state vector every so often, must be answered each time, and harms nothing."""
    document = str(uuid4())
    url = {"url": replica.url, "document": document, "ticket": collaboration.office.ticket(document)}
    await js.call("connect", client="ann", kind="y-websocket", resyncMs=50, **url)
    await js.until("ann", lambda state: state["synced"], "being synced")
    before = replica.metric("collab_messages_received_total", kind="sync_step1")
    async with peer(f"{replica.url}/{document}?ticket={collaboration.office.ticket(document)}") as python:
        for number in range(5):
            await js.call("insert", client="ann", text=f"{number} ")
            python.text.insert(0, "x")
            await asyncio.sleep(0.05)
        await eventually(
            lambda: replica.metric("collab_messages_received_total", kind="sync_step1") > before + 5, "resyncing"
        )
        await js.until("ann", lambda state: len(state["text"]) == 15, "all edits")
        await python.until(lambda: len(python.text) == 15)
        await js.text("ann", str(python.text))
    assert closes(await js.state("ann")) == []
