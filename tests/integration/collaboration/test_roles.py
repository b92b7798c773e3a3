"""Who may open a document and who may write: tickets, roles, and changes while connected."""

import json
import time
from collections.abc import Generator
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
import redis as redis_client

from tests.datastores import wait_until
from tests.integration.collaboration.harness import Collaboration, JavaScript, Replica, eventually
from tests.integration.collaboration.rawclient import STEP1, UPDATE, peer, raw, sized, typed


@pytest.mark.parametrize("role", ["viewer", "commenter"])
async def test_readers_read_but_do_not_write(
    collaboration: Collaboration, replica: Replica, js: JavaScript, role: str
) -> None:
    document = str(uuid4())
    connect = {"url": replica.url, "document": document}
    for name, kind, who in (("ann", "hocuspocus", "owner"), ("vic", "hocuspocus", role), ("wyn", "y-websocket", role)):
        ticket = collaboration.office.ticket(document, role=who)
        await js.call("connect", client=name, kind=kind, ticket=ticket, **connect)
    await js.call("insert", client="ann", text="hers")
    await js.text("vic", "hers")
    await js.text("wyn", "hers")
    await js.saved("vic")
    assert (await js.state("vic"))["scope"] == "readonly"
    await js.call("insert", client="vic", text=" his")
    await js.call("insert", client="wyn", text=" his too")
    closed = await js.until("wyn", lambda state: state["events"][-1]["name"] == "closed for good", "being closed")
    assert (closed["events"][-1]["code"], closed["events"][-1]["reason"]) == (4403, "read only")
    await js.call("insert", client="ann", text="!")
    await js.saved("ann")
    assert (await js.state("ann"))["text"] == "hers!"
    assert (await js.state("vic"))["unsynced"] == 1
    # Neither does coming back smuggle it in.
    await js.call("close", client="wyn")
    await js.call("connect", client="bob", kind="y-websocket", ticket=collaboration.office.ticket(document), **connect)
    await js.text("bob", "hers!")


async def test_a_reader_of_a_document_with_deletions_is_in_sync(
    collaboration: Collaboration, replica: Replica, js: JavaScript
) -> None:
    document = str(uuid4())
    connect = {"kind": "hocuspocus", "url": replica.url, "document": document}
    await js.call("connect", client="ann", ticket=collaboration.office.ticket(document), **connect)
    await js.call("insert", client="ann", text="much too long")
    await js.call("remove", client="ann", at=4, length=4)
    await js.saved("ann")
    await js.call("connect", client="vic", ticket=collaboration.office.ticket(document, role="viewer"), **connect)
    await js.text("vic", "much long")
    await js.saved("vic")


async def test_tickets_that_are_refused(collaboration: Collaboration, replica: Replica, js: JavaScript) -> None:
    document = str(uuid4())
    tickets = {
        "expired": collaboration.office.ticket(document, ttl_s=-60),
        "other": collaboration.office.ticket(uuid4()),
        "forged": collaboration.office.ticket(document)[:-8] + "AAAAAAAA",
    }
    for name, ticket in tickets.items():
        connect = {"url": replica.url, "document": document, "ticket": ticket}
        await js.call("connect", client=f"h-{name}", kind="hocuspocus", **connect)
        await js.call("connect", client=f"y-{name}", kind="y-websocket", **connect)
    await js.call("connect", client="y-none", kind="y-websocket", url=replica.url, document=document)
    reasons = {}
    for name in tickets:
        state = await js.until(f"h-{name}", lambda state: bool(state["events"]), "an answer")
        assert state["events"][0]["name"] == "denied"
        reasons[name] = state["events"][0]["reason"]
    for name in (*tickets, "none"):
        state = await js.until(f"y-{name}", lambda state: bool(state["events"]), "an answer")
        assert (state["events"][0]["name"], state["events"][0]["code"]) == ("close", 4401)
    assert reasons == {
        "expired": "The token has expired.",
        "other": "The ticket is for another document.",
        "forged": "The token is not valid.",
    }
    assert collaboration.document(document, "head") is None


async def test_a_hocuspocus_client_renews_its_ticket_and_a_y_websocket_client_has_to_come_again(
    collaboration: Collaboration, replica: Replica, js: JavaScript
) -> None:
    document = str(uuid4())
    connect = {"url": replica.url, "document": document, "ticket": collaboration.office.ticket(document, ttl_s=5)}
    await js.call("connect", client="ann", kind="hocuspocus", **connect)
    await js.call("connect", client="cyd", kind="y-websocket", **connect)
    await js.saved("ann")
    await js.call("ticket", client="ann", ticket=collaboration.office.ticket(document, role="viewer"))
    state = await js.until("ann", lambda state: state["scope"] == "readonly", "the new ticket's role")
    assert [event["name"] for event in state["events"]].count("close") == 0
    state = await js.until("cyd", lambda state: state["events"][-1]["name"] == "closed for good", "being closed")
    assert (state["events"][-1]["code"], state["events"][-1]["reason"]) == (4401, "ticket expired")


class Events:
    """What the document service would say and hear."""

    def __init__(self, collaboration: Collaboration) -> None:
        valkey = collaboration.stage.valkey
        # redis-py leaves **kwargs of its methods untyped.
        self._redis: Any = redis_client.Redis(port=valkey.port, password=valkey.password, socket_timeout=30)
        self._heard: Any = self._redis.pubsub(ignore_subscribe_messages=True)
        self._heard.subscribe("collab:events")

    def tell(self, **event: str | None) -> None:
        assert self._redis.publish("collab:events", json.dumps(event)) >= 2

    def is_heard_by(self, replica: Replica) -> bool:
        """Whether it hears what is told: ready it is before that."""
        handled = {"outcome": "handled", "type": "document.news"}
        before = replica.metric("collab_events_received_total", **handled)
        news = {"type": "document.news", "document": str(uuid4()), "topic": "title"}
        self._redis.publish("collab:events", json.dumps(news))
        return replica.metric("collab_events_received_total", **handled) > before

    def heard(self, kind: str) -> list[dict[str, str]]:
        events: list[dict[str, str]] = []
        while (message := cast("dict[str, bytes] | None", self._heard.get_message(timeout=0.05))) is not None:
            events.append(json.loads(message["data"]))
        return [event for event in events if event["type"] == kind]

    def close(self) -> None:
        self._heard.close()
        self._redis.close()


@pytest.fixture
def events(collaboration: Collaboration, replica: Replica) -> Generator[Events]:
    events = Events(collaboration)
    wait_until(lambda: events.is_heard_by(replica), "the replica's hearing of events")
    yield events
    events.close()


async def test_a_change_of_role_reaches_open_connections_and_later_tickets(
    collaboration: Collaboration, replica: Replica, js: JavaScript, events: Events
) -> None:
    document, user = str(uuid4()), uuid4()
    ticket = collaboration.office.ticket(document, user=user, role="viewer")
    connect = {"url": replica.url, "document": document, "ticket": ticket}
    await js.call("connect", client="vic", kind="hocuspocus", **connect)
    await js.call("connect", client="cyd", kind="y-websocket", **connect)
    for name in ("vic", "cyd"):
        await js.until(name, lambda state: state["synced"], "being synced")
    events.tell(type="member.changed", document=document, user=str(user), role="editor")
    await js.until("vic", lambda state: state["scope"] == "read-write", "being told of the new role")
    await js.call("insert", client="vic", text="now")
    await js.saved("vic")
    await js.text("cyd", "now")
    events.tell(type="member.changed", document=document, user=str(user), role=None)
    state = await js.until("cyd", lambda state: state["events"][-1]["name"] == "closed for good", "being closed")
    assert (state["events"][-1]["code"], state["events"][-1]["reason"]) == (4403, "no longer allowed")
    state = await js.until("vic", lambda state: state["events"][-1]["name"] == "denied", "being denied")
    # It came back by itself, with the ticket it still has.
    assert [event.get("reason") for event in state["events"] if event["name"] == "denied"][-1] == "no longer allowed"


async def test_only_the_document_that_ends_ends_on_a_shared_socket(
    collaboration: Collaboration, replica: Replica, js: JavaScript, events: Events
) -> None:
    kept, deleted = str(uuid4()), str(uuid4())
    await js.call("socket", name="shared", url=replica.url)
    for document in (kept, deleted):
        ticket = collaboration.office.ticket(document)
        await js.call("connect", client=document, kind="hocuspocus", socket="shared", document=document, ticket=ticket)
        await js.saved(document)
    ticket = collaboration.office.ticket(deleted)
    async with peer(f"{replica.url}/{deleted}?ticket={ticket}") as lonely:
        events.tell(type="document.deleted", document=deleted)
        assert await lonely.close_code() == 4404
    state = await js.until(deleted, lambda state: state["events"][-1]["name"] == "close", "the document ending")
    assert state["events"][-2] == {"name": "denied", "reason": "document deleted"}
    await js.call("insert", client=kept, text="still here")
    await js.saved(kept)
    async with raw(f"{replica.url}/{deleted}?ticket={ticket}") as late:
        late.send(STEP1 + sized(b"\x00"))
        assert await late.close_code() == 4404


async def test_an_edit_is_told_at_most_once_in_five_seconds(
    collaboration: Collaboration, replica: Replica, events: Events
) -> None:
    document, user = str(uuid4()), UUID(int=7)
    url = f"{replica.url}/{document}?ticket={collaboration.office.ticket(document, user=user)}"
    told: list[dict[str, str]] = []

    def told_of_this() -> bool:
        told.extend(event for event in events.heard("document.edited") if event["document"] == document)
        return bool(told)

    async with raw(url) as client:
        client.send(STEP1 + sized(b"\x00"))
        await client.until(lambda: len(client.messages) >= 2)
        state = None
        began = time.monotonic()
        for letter in "abcdef":
            update, state = typed(letter, after=state)
            client.send(UPDATE + sized(update))
        await eventually(told_of_this, "the event")
        update, state = typed("g", after=state)
        client.send(UPDATE + sized(update))
        await client.until(lambda: sum(message[:2] == UPDATE for message in client.messages) >= 2)
    assert told_of_this()
    assert len(told) <= 1 + (time.monotonic() - began) // 5
    assert told[0]["user"] == str(user)


async def test_a_change_that_names_nobody_is_asked_after(
    collaboration: Collaboration, replica: Replica, js: JavaScript, events: Events
) -> None:
    document, link = str(uuid4()), uuid4()
    ann, guest = uuid4(), uuid4()
    tickets = {
        "ann": collaboration.office.ticket(document, user=ann, role="viewer"),
        "guest": collaboration.office.ticket(document, user=guest, role="editor", link=link),
    }
    for name, ticket in tickets.items():
        await js.call("connect", client=name, kind="hocuspocus", url=replica.url, document=document, ticket=ticket)
        await js.saved(name)
    # The question is put again until it is answered.
    collaboration.office.is_away = True
    collaboration.office.roles[document] = {str(ann): "editor", str(link): "viewer"}
    events.tell(type="access.changed", document=document)
    await eventually(
        lambda: replica.metric("collab_peer_calls_total", outcome="failed", peer="document") >= 1, "a question"
    )
    collaboration.office.is_away = False
    await js.until("ann", lambda state: state["scope"] == "read-write", "the team's role")
    await js.until("guest", lambda state: state["scope"] == "readonly", "the link's role")
    # The link is withdrawn: the guest goes, and does not come back with the ticket that is still good.
    collaboration.office.roles[document][str(link)] = None
    events.tell(type="access.changed", document=document)
    state = await js.until("guest", lambda state: state["events"][-1]["name"] == "denied", "being denied")
    assert state["events"][-1]["reason"] == "no longer allowed"
    async with raw(f"{replica.url}/{document}?ticket={tickets['guest']}") as late:
        assert await late.close_code() == 4403
    await js.call("insert", client="ann", text="still here")
    await js.saved("ann")


async def test_a_document_in_the_trash_is_left_and_can_be_come_back_to(
    collaboration: Collaboration, replica: Replica, js: JavaScript, events: Events
) -> None:
    document, ann = str(uuid4()), uuid4()
    connect = {"kind": "y-websocket", "url": replica.url, "document": document}
    old = collaboration.office.ticket(document, user=ann, role="owner")
    await js.call("connect", client="ann", ticket=old, **connect)
    await js.call("insert", client="ann", text="kept")
    await eventually(lambda: collaboration.document(document, "head") == 1, "the edit being stored")
    collaboration.office.roles[document] = {"gone": None}
    events.tell(type="access.changed", document=document)
    state = await js.until("ann", lambda state: state["events"][-1]["name"] == "closed for good", "being closed")
    assert (state["events"][-1]["code"], state["events"][-1]["reason"]) == (4404, "document deleted")
    async with raw(f"{replica.url}/{document}?ticket={old}") as late:
        assert await late.close_code() == 4404
    collaboration.office.roles[document] = {str(ann): "owner"}
    events.tell(type="access.changed", document=document)
    await js.call("connect", client="again", ticket=old, **connect)
    await js.text("again", "kept")


async def test_an_account_that_ends_leaves_every_document(
    collaboration: Collaboration, replica: Replica, js: JavaScript, events: Events
) -> None:
    ann, documents = uuid4(), [str(uuid4()) for _ in range(2)]
    for document in documents:
        for name, user in (("ann", ann), ("bob", uuid4())):
            ticket = collaboration.office.ticket(document, user=user)
            connect = {"url": replica.url, "document": document, "ticket": ticket}
            await js.call("connect", client=name + document, kind="y-websocket", **connect)
            await js.until(name + document, lambda state: state["synced"], "being synced")
    old = collaboration.office.ticket(documents[0], user=ann)
    events.tell(type="account.ended", user=str(ann))
    for document in documents:
        state = await js.until(
            "ann" + document, lambda state: state["events"][-1]["name"] == "closed for good", "being closed"
        )
        assert state["events"][-1]["code"] == 4403
        await js.call("insert", client="bob" + document, text="b")
        await js.text("bob" + document, "b")
    async with raw(f"{replica.url}/{documents[0]}?ticket={old}") as late:
        assert await late.close_code() == 4403


async def test_news_beside_the_text_reaches_who_has_the_document_open(
    collaboration: Collaboration, replica: Replica, js: JavaScript, events: Events
) -> None:
    document, other = str(uuid4()), str(uuid4())
    for name, where in (("ann", document), ("bob", other)):
        ticket = collaboration.office.ticket(where, role="viewer")
        await js.call("connect", client=name, kind="hocuspocus", url=replica.url, document=where, ticket=ticket)
        await js.saved(name)
    events.tell(type="document.news", document=document, topic="comments")
    state = await js.until(
        "ann", lambda state: any(event["name"] == "stateless" for event in state["events"]), "the news"
    )
    (heard,) = [event for event in state["events"] if event["name"] == "stateless"]
    assert json.loads(heard["payload"]) == {"type": "news", "topic": "comments"}
    assert not [event for event in (await js.state("bob"))["events"] if event["name"] == "stateless"]
