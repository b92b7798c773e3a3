"""Saved means saved: nothing is acknowledged or shown before its commit, and nothing acknowledged is ever lost."""

import asyncio
import signal
import string
from uuid import UUID, uuid4

import pytest

from collab_collaboration.epoch import FIRST_MARKER
from collab_collaboration.yupdate import additions, read_extent, read_state_vector
from tests.integration.collaboration.harness import (
    Collaboration,
    JavaScript,
    Replica,
    closes,
    eventually,
    locked_log,
)
from tests.integration.collaboration.rawclient import STEP1, UPDATE, Raw, peer, raw, read_sized, sized, typed


async def test_nothing_is_acknowledged_or_shown_before_the_commit(
    collaboration: Collaboration, replica: Replica, js: JavaScript
) -> None:
    document = str(uuid4())
    connect = {"kind": "hocuspocus", "url": replica.url, "document": document}
    for name in ("ann", "bob"):
        await js.call("connect", client=name, ticket=collaboration.office.ticket(document), **connect)
        await js.saved(name)
    async with locked_log(collaboration):
        await js.call("insert", client="ann", text="not yet")
        await asyncio.sleep(1.5)
        assert (await js.state("ann"))["unsynced"] == 1
        assert (await js.state("bob"))["text"] == ""
        # Nor does a newcomer see what is not stored: the state it asks for has to wait.
        await js.call("connect", client="cyd", ticket=collaboration.office.ticket(document), **connect)
        await asyncio.sleep(0.5)
        cyd = await js.state("cyd")
        assert (cyd["text"], cyd["synced"]) == ("", False)
        assert collaboration.operations(document) == []
    await js.saved("ann")
    for name in ("bob", "cyd"):
        await js.text(name, "not yet")
    assert collaboration.document(document, "head") == 1


async def test_every_operation_is_stored_once_with_its_author_and_number(
    collaboration: Collaboration, replica: Replica, js: JavaScript
) -> None:
    document, ann, bob = str(uuid4()), UUID(int=1), UUID(int=2)
    connect = {"kind": "hocuspocus", "url": replica.url, "document": document}
    await js.call("connect", client="ann", ticket=collaboration.office.ticket(document, user=ann), **connect)
    await js.call("connect", client="bob", ticket=collaboration.office.ticket(document, user=bob), **connect)
    for name in ("ann", "bob", "ann"):
        await js.call("insert", client=name, text="x")
        await js.saved(name)
    # Coming back repeats what is known, deletions above all; that is no new operation.
    await js.call("remove", client="ann", at=0, length=1)
    await js.saved("ann")
    await js.call("close", client="bob")
    await js.call("connect", client="bob", ticket=collaboration.office.ticket(document, user=bob), **connect)
    await js.saved("bob")
    assert collaboration.operations(document) == list(enumerate(map(str, (ann, bob, ann, ann)), 1))


async def test_edits_made_offline_by_two_are_merged_and_stored(collaboration: Collaboration, js: JavaScript) -> None:
    replica = collaboration.start()
    document = str(uuid4())
    connect = {"url": replica.url, "document": document}
    for name, kind in (("ann", "hocuspocus"), ("cyd", "y-websocket")):
        await js.call("connect", client=name, kind=kind, ticket=collaboration.office.ticket(document), **connect)
    await js.call("insert", client="ann", text="base ")
    await js.text("cyd", "base ")
    replica.process.stop(signal.SIGKILL)
    await js.call("insert", client="ann", text="ann ")
    await js.call("insert", client="cyd", text="cyd ")
    await js.call("remove", client="cyd", at=0, length=5)
    collaboration.restart(replica)
    await js.saved("ann")
    for name in ("ann", "cyd"):
        await js.until(name, lambda state: sorted(state["text"].split()) == ["ann", "cyd"], "both edits")
    assert (await js.state("ann"))["text"] == (await js.state("cyd"))["text"]
    replica.process.stop()


async def test_a_kill_while_typing_loses_no_acknowledged_edit(own: Collaboration) -> None:
    replica = own.start()
    document = str(uuid4())
    url = f"{replica.url}/{document}?ticket={own.office.ticket(document)}"
    for enough in (1, 20, 52):
        async with raw(url) as client:
            client.send(STEP1 + sized(b"\x00"))
            await client.until(lambda: len(client.messages) >= 2)
            state: bytes | None = None
            for letter in string.ascii_letters:
                update, state = typed(letter, after=state)
                client.send(UPDATE + sized(update))
            # y-websocket's acknowledgement is the edit coming back.
            await client.until(lambda enough=enough: letters(acknowledged(client)) >= enough)
            replica.process.stop(signal.SIGKILL)
            edits = acknowledged(client)
        own.restart(replica)
        async with peer(url) as reader:
            clocks = read_state_vector(reader.doc.get_state())
            assert all(additions(read_extent(edit), clocks) == {} for edit in edits)


def acknowledged(client: Raw) -> list[bytes]:
    return [read_sized(message, 2)[0] for message in client.messages if message[:2] == UPDATE]


def synced(client: Raw) -> list[bytes]:
    """What it has heard of the document: not what keeps its connection alive, which may come at any time."""
    return [message for message in client.messages if message[:1] == STEP1[:1]]


def letters(updates: list[bytes]) -> int:
    return sum(end - start for update in updates for _, start, end in read_extent(update).spans)


async def test_typing_goes_on_over_kills_of_the_service(own: Collaboration, js: JavaScript) -> None:
    replica = own.start()
    document = str(uuid4())
    connect = {"url": replica.url, "document": document}
    for name, kind in (("ann", "hocuspocus"), ("bob", "hocuspocus"), ("cyd", "y-websocket")):
        await js.call("connect", client=name, kind=kind, ticket=own.office.ticket(document), **connect)
        await js.until(name, lambda state: state["synced"], "being synced")
    for letter in "abc":
        for name in ("ann", "bob", "cyd"):
            await js.call("type", client=name, text=letter * 40, everyMs=10)
        await asyncio.sleep(0.2)
        replica.process.stop(signal.SIGKILL)
        own.restart(replica)
    for name in ("ann", "bob", "cyd"):
        await js.until(name, lambda state: len(state["text"]) == 360 and state["synced"], "all letters")
    for name in ("ann", "bob"):
        await js.saved(name)
    assert len({(await js.state(name))["text"] for name in ("ann", "bob", "cyd")}) == 1
    replica.process.stop()
    own.restart(replica)
    await js.call("connect", client="dan", kind="hocuspocus", ticket=own.office.ticket(document), **connect)
    await js.text("dan", (await js.state("ann"))["text"])


async def test_postgresql_killed_and_back_again_is_waited_for(own: Collaboration, js: JavaScript) -> None:
    replica = own.start(COLLAB_STORE_PATIENCE_S="120")
    document = str(uuid4())
    connect = {"kind": "hocuspocus", "url": replica.url, "document": document}
    for name in ("ann", "bob"):
        await js.call("connect", client=name, ticket=own.office.ticket(document), **connect)
        await js.saved(name)
    own.stage.postgres.stop(signal.SIGQUIT)
    await js.call("insert", client="ann", text="patience")
    await eventually(lambda: replica.metric("collab_store_away") == 1, "the store being seen to be away")
    assert (await js.state("ann"))["unsynced"] == 1
    assert (await js.state("bob"))["text"] == ""
    own.stage.postgres.start()
    await js.saved("ann")
    await js.text("bob", "patience")
    assert closes(await js.state("ann")) == []
    assert replica.metric("collab_store_away") == 0


async def test_a_store_away_for_long_sends_clients_away_and_all_resumes(own: Collaboration, js: JavaScript) -> None:
    replica = own.start(COLLAB_STORE_PATIENCE_S="1")
    document, other = str(uuid4()), str(uuid4())
    connect = {"kind": "hocuspocus", "url": replica.url}
    for name, which in (("ann", document), ("bob", document), ("cyd", other)):
        await js.call("connect", client=name, document=which, ticket=own.office.ticket(which), **connect)
        await js.saved(name)
    own.stage.postgres.stop(signal.SIGQUIT)
    await js.call("insert", client="ann", text="kept by ann")
    state = await js.until("ann", lambda state: bool(closes(state)), "being sent away")
    assert closes(state)[0] == 1013
    assert (await js.state("bob"))["text"] == ""
    assert closes(await js.state("cyd")) == [], "who did not edit is left alone"
    await eventually(lambda: replica.metric("collab_pending_bytes") == 0, "memory being given back")
    own.stage.postgres.start()
    await js.saved("ann")
    await js.text("bob", "kept by ann")


async def test_an_edit_whose_predecessor_is_missing_is_asked_for_and_not_stored(
    collaboration: Collaboration, replica: Replica
) -> None:
    document = str(uuid4())
    _, state = typed("first")
    second, state = typed(" second", after=state)
    async with raw(f"{replica.url}/{document}?ticket={collaboration.office.ticket(document)}") as client:
        client.send(STEP1 + sized(b"\x00"))
        await client.until(lambda: len(synced(client)) == 2)
        client.send(UPDATE + sized(second))
        await client.until(lambda: len(synced(client)) == 3)
        assert synced(client)[2][:2] == STEP1
        vector = read_state_vector(read_sized(synced(client)[2], 2)[0])
        assert [client for client in vector if client < FIRST_MARKER] == [], "it is asked for all it has"
        assert collaboration.document(document, "head") == 0
        client.send(b"\x00\x01" + sized(state))
        await client.until(lambda: len(synced(client)) == 4)
    async with peer(f"{replica.url}/{document}?ticket={collaboration.office.ticket(document)}") as reader:
        assert str(reader.text) == "first second"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_stop_saves_what_came_and_says_so(
    collaboration: Collaboration, js: JavaScript, number: signal.Signals
) -> None:
    replica = collaboration.start(COLLAB_DRAIN_TIMEOUT_S="60", COLLAB_STORE_PATIENCE_S="120")
    document = str(uuid4())
    connect = {"kind": "hocuspocus", "url": replica.url, "document": document}
    await js.call("connect", client="ann", ticket=collaboration.office.ticket(document), **connect)
    await js.saved("ann")
    async with locked_log(collaboration):
        await js.call("insert", client="ann", text="just in time")
        await eventually(lambda: replica.metric("collab_messages_received_total", kind="update") >= 1, "its arrival")
        replica.process.process.send_signal(number)
        await asyncio.sleep(0.5)
        assert replica.process.process.poll() is None, "it waits for the commit"
    assert replica.process.process.wait(60) == 0
    state = await js.until("ann", lambda state: bool(closes(state)), "being sent away")
    assert closes(state)[0] == 1001
    assert collaboration.document(document, "head") == 1
