"""Any replica serves any document: edits and presence travel through Redis, and without it through PostgreSQL."""

import asyncio
import signal
from uuid import uuid4

from collab_collaboration.neighbours import ANSWER_S
from tests.integration.collaboration.harness import Collaboration, JavaScript, Replica, eventually, have_met
from tests.integration.collaboration.rawclient import peer

ROUNDS = 5


async def connected(collaboration: Collaboration, js: JavaScript, document: str, *replicas: Replica) -> list[str]:
    """A Hocuspocus client at each replica, in sync."""
    names = [f"client-{number}" for number in range(len(replicas))]
    for name, replica in zip(names, replicas, strict=True):
        ticket = collaboration.office.ticket(document)
        await js.call("connect", client=name, kind="hocuspocus", url=replica.url, document=document, ticket=ticket)
        await js.saved(name)
    return names


async def test_a_replica_hears_nothing_of_documents_it_has_not_open(own: Collaboration, js: JavaScript) -> None:
    """Once the answers can be in: with twice the replicas there are then twice the documents."""
    first, second = own.start(), own.start()
    # Who has just begun to listen asks once more who has what open.
    await have_met(first, second)
    document = str(uuid4())
    (ann,) = await connected(own, js, document, first)
    await asyncio.sleep(ANSWER_S)

    def operations_told() -> float:
        return first.metric("collab_fanout_items_total", kind="operations")

    await js.call("insert", client=ann, text="before ")
    await js.saved(ann)
    assert operations_told() == 0
    ticket = own.office.ticket(document)
    await js.call("connect", client="bob", kind="hocuspocus", url=second.url, document=document, ticket=ticket)
    await js.saved("bob")
    await have_met(first, second)
    compared = second.metric("collab_catch_ups_total", reason="compared")
    text = "before "
    for number in range(ROUNDS):
        text += f"after {number} "
        await js.call("insert", client=ann, text=f"after {number} ")
        await js.text("bob", text)
    assert operations_told() == ROUNDS
    # Comparing, every few seconds, may find one just before it is told of; but not each of them.
    assert second.metric("collab_catch_ups_total", reason="compared") - compared < ROUNDS, "it was told"
    await js.call("close", client="bob")


async def test_two_replicas_converge_through_redis(own: Collaboration, js: JavaScript) -> None:
    first, second = own.start(), own.start()
    document = str(uuid4())
    ann, bob = await connected(own, js, document, first, second)
    await have_met(first, second)
    compared = second.metric("collab_catch_ups_total", reason="compared")
    await js.call("presence", client=ann, state="ann")
    await js.until(bob, lambda state: state["people"] == ["ann"], "presence across replicas")
    for round_ in range(ROUNDS):
        await js.call("insert", client=ann, text=f"a{round_} ")
        await js.call("insert", client=bob, text=f"b{round_} ")
        for name in (ann, bob):
            await js.saved(name)
            await js.until(name, lambda state, done=round_ + 1: len(state["text"]) == 6 * done, "all edits")
    await js.text(ann, (await js.state(bob))["text"])
    assert [seq for seq, _ in own.operations(document)] == list(range(1, 11))
    # As above: not each of them had to be read.
    assert second.metric("collab_catch_ups_total", reason="compared") - compared < ROUNDS, "they came through Redis"
    await js.call("close", client=ann)
    await js.until(bob, lambda state: state["people"] == [], "ann leaving")


async def test_both_replicas_write_at_once_and_the_log_has_no_gap(own: Collaboration) -> None:
    replicas = [own.start(), own.start()]
    document = str(uuid4())
    url = f"/{document}?ticket={own.office.ticket(document)}"
    async with peer(replicas[0].url + url) as one, peer(replicas[1].url + url) as two:
        for number in range(200):
            for each in (one, two):
                each.text.insert(number % (len(each.text) + 1), "x")
            await asyncio.sleep(0.001)
        for each in (one, two):
            await each.until(lambda each=each: len(each.text) == 400)
        assert str(one.text) == str(two.text)
    assert [seq for seq, _ in own.operations(document)] == list(range(1, 401))


async def test_a_replica_that_misses_messages_catches_up(own: Collaboration, js: JavaScript) -> None:
    first, second = own.start(), own.start()
    document = str(uuid4())
    ann, bob = await connected(own, js, document, first, second)
    own.stage.valkey.stop(signal.SIGKILL)
    await js.call("insert", client=ann, text="without redis ")
    await js.saved(ann)
    await js.text(bob, "without redis ")
    await js.call("insert", client=bob, text="both ways ")
    await js.text(ann, "without redis both ways ")
    own.stage.valkey.start()
    await eventually(lambda: second.metric("collab_catch_ups_total", reason="compared") > 0, "catching up")
    await js.call("insert", client=ann, text="and with")
    await js.text(bob, "without redis both ways and with")


async def test_a_replica_killed_is_taken_over_by_the_other(own: Collaboration, js: JavaScript) -> None:
    first, second = own.start(), own.start()
    document = str(uuid4())
    ann, bob = await connected(own, js, document, first, second)
    await js.call("presence", client=ann, state="ann")
    await js.call("insert", client=ann, text="kept")
    await js.saved(ann)
    first.process.stop(signal.SIGKILL)
    await js.text(bob, "kept")
    ticket = own.office.ticket(document)
    await js.call("connect", client="cyd", kind="y-websocket", url=second.url, document=document, ticket=ticket)
    await js.text("cyd", "kept")
    await js.call("insert", client="cyd", text="!")
    await js.text(bob, "kept!")
