"""A document that was replaced is never doubled by a client of its former life, whatever that client is."""

import base64
import random
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from pycrdt import Doc, Text

from collab_collaboration.crdt import apply_observed, clocks_of, new_doc
from collab_collaboration.epoch import in_epoch, marker_deletion, marker_of, marker_update, without_markers
from collab_collaboration.lib0 import Malformed
from collab_collaboration.oplog import Append, OperationLog
from collab_collaboration.snapshots import DamagedDocument, DeletedDocument, Documents
from collab_collaboration.yupdate import read_extent, read_state_vector
from collab_kit.errors import StoreUnavailable
from tests.integration.collaboration.harness import Collaboration, JavaScript, Replica, TicketOffice, closes, eventually
from tests.integration.collaboration.rawclient import STEP1, UPDATE, peer, raw, sized
from tests.integration.collaboration.store import Store, written
from tests.unit.collaboration.documents import edit, history

REASON = "document was replaced: reload"
KINDS = ["hocuspocus", "y-websocket"]


class CrashingLog(OperationLog):
    """Ends the work where a former life would be removed."""

    async def trim(self, document: UUID, *, settle: timedelta) -> int:
        raise StoreUnavailable(f"while trimming {document} ({settle})")


@dataclass
class Clients:
    """Real clients of one document."""

    js: JavaScript
    office: TicketOffice
    document: str = field(default_factory=lambda: str(uuid4()))

    async def connect(self, name: str, kind: str, replica: Replica, *, role: str = "editor") -> None:
        ticket = self.office.ticket(self.document, role=role)
        await self.js.call("connect", client=name, kind=kind, url=replica.url, document=self.document, ticket=ticket)
        await self.js.until(name, lambda state: state["synced"], "being synced")

    async def refused(self, name: str) -> dict[str, Any]:
        return await self.js.until(name, was_refused, "being refused")


@pytest.fixture(scope="module")
def replicas(stored: Collaboration) -> tuple[Replica, Replica]:
    return stored.start(), stored.start()


@pytest.fixture
def clients(stored: Collaboration, js: JavaScript) -> Clients:
    return Clients(js, stored.office)


def was_refused(state: dict[str, Any]) -> bool:
    """As each protocol says it, for good."""
    return {"name": "denied", "reason": REASON} in state["events"] or {
        "name": "closed for good",
        "code": 4409,
        "reason": REASON,
    } in state["events"]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_client_that_was_away_while_the_document_was_replaced_is_refused(
    stored: Collaboration, replicas: tuple[Replica, Replica], clients: Clients, store: Store, kind: str
) -> None:
    js = clients.js
    replica, document = replicas[0], clients.document
    await clients.connect("ann", kind, replica)
    await clients.connect("witness", "hocuspocus", replica)
    await js.call("insert", client="ann", text="shared text")
    await eventually(lambda: stored.document(document, "head") == 1, "the edit being saved")
    await js.call("disconnect", client="ann")
    await js.call("insert", client="ann", text=", and what she wrote on the train")
    await store.replace(document, "shared text")
    await clients.refused("witness")
    refused = replica.metric("collab_stale_clients_total")
    await js.call("reconnect", client="ann")
    # The end of the document is what a provider hears of last.
    state = await js.until(
        "ann", lambda state: was_refused(state) and state["events"][-1]["name"].startswith("close"), "being refused"
    )
    assert state["text"] == "shared text, and what she wrote on the train", "hers is hers to keep"
    assert replica.metric("collab_stale_clients_total") == refused + 1
    # A fresh client gets the text once, and can go on.
    await clients.connect("bob", kind, replica)
    await js.text("bob", "shared text")
    await js.call("insert", client="bob", text="!")
    await js.text("bob", "shared text!")
    await eventually(lambda: len(stored.operations(document)) == 1, "the fresh client's edit being saved")
    async with peer(f"{replica.url}/{document}?ticket={stored.office.ticket(document)}") as reader:
        assert str(reader.text) == "shared text!"
    # It does not come back by itself, to be told the same again.
    assert (await js.state("ann"))["events"] == state["events"]
    assert replica.metric("collab_stale_clients_total") == refused + 1


@pytest.mark.parametrize("announced", [True, False])
async def test_every_replica_that_has_the_document_open_ends_its_former_life(
    replicas: tuple[Replica, Replica], clients: Clients, store: Store, *, announced: bool
) -> None:
    """Told over Redis, or finding out by itself."""
    js = clients.js
    names: list[str] = []
    for number, replica in enumerate(replicas):
        for kind, role in (("hocuspocus", "editor"), ("hocuspocus", "viewer"), ("y-websocket", "viewer")):
            names.append(f"{kind}-{role}-{number}")
            await clients.connect(names[-1], kind, replica, role=role)
    await js.call("insert", client=names[0], text="before")
    for name in names:
        await js.text(name, "before")
    await store.replace(clients.document, "after", announced=announced)
    for name in names:
        await clients.refused(name)
    for number, replica in enumerate(replicas):
        await clients.connect(f"fresh-{number}", "hocuspocus", replica)
        await js.text(f"fresh-{number}", "after")


async def test_an_edit_under_way_while_the_document_is_replaced_is_neither_stored_nor_acknowledged(
    stored: Collaboration, replicas: tuple[Replica, Replica], clients: Clients, store: Store
) -> None:
    js, replica = clients.js, replicas[0]
    await clients.connect("ann", "hocuspocus", replica)
    await js.call("insert", client="ann", text="before")
    await js.saved("ann")
    await store.replace(clients.document, "after", announced=False)
    # The replica has not heard of it; its commit is what finds out.
    await js.call("insert", client="ann", text=" too late")
    assert (await clients.refused("ann"))["unsynced"] == 1
    assert stored.operations(clients.document) == []
    await clients.connect("bob", "y-websocket", replica)
    await js.text("bob", "after")


async def test_an_edit_under_way_while_the_document_is_deleted_is_told_from_that(
    replicas: tuple[Replica, Replica], clients: Clients, store: Store
) -> None:
    js = clients.js
    await clients.connect("ann", "hocuspocus", replicas[0])
    await js.call("insert", client="ann", text="before")
    await js.saved("ann")
    await store.log.delete(UUID(clients.document))
    await js.call("insert", client="ann", text=" too late")
    state = await js.until("ann", lambda state: bool(closes(state)), "being told")
    assert {"name": "denied", "reason": "document deleted"} in state["events"]
    assert state["unsynced"] >= 1


@pytest.mark.parametrize("kind", KINDS)
async def test_a_client_of_the_time_before_there_were_markers_goes_on_as_ever(
    stored: Collaboration, replicas: tuple[Replica, Replica], clients: Clients, store: Store, kind: str
) -> None:
    replica, document = replicas[0], clients.document
    await store.database.execute("insert into document (id, epoch) values ($1, 0)", UUID(document))
    doc: Doc[Text] = Doc()
    text = doc.get("text", type=Text)
    text += "old "
    async with raw(f"{replica.url}/{document}?ticket={stored.office.ticket(document)}") as old:
        old.send(UPDATE + sized(doc.get_update()))
        await old.until(lambda: any(message[:2] == UPDATE for message in old.messages))
    assert clocks_of(doc) == {doc.client_id: 4}
    before = doc.get_state()
    text += "client"
    async with raw(f"{replica.url}/{document}?ticket={stored.office.ticket(document)}") as old:
        old.send(STEP1 + sized(doc.get_state()))
        old.send(UPDATE + sized(doc.get_update(before)))
        await old.until(lambda: any(message[:2] == UPDATE for message in old.messages))
    await clients.connect("ann", kind, replica)
    await clients.js.text("ann", "old client")
    state = new_doc(base64.b64decode(await clients.js.call("update", client="ann")))
    assert clocks_of(state) == {doc.client_id: 10, marker_of(0): 1}


async def test_who_wrote_before_the_first_connection_is_no_stranger(
    replicas: tuple[Replica, Replica], clients: Clients, store: Store
) -> None:
    js, document = clients.js, clients.document
    await store.replace(document, "there ")
    ticket = clients.office.ticket(document)
    connecting = {"kind": "y-websocket", "url": replicas[0].url, "document": document, "ticket": ticket}
    await js.call("connect", client="ann", **connecting)
    await js.call("insert", client="ann", text="hers ")
    await clients.connect("bob", "hocuspocus", replicas[1])
    await js.until("bob", lambda state: sorted(state["text"].split()) == ["hers", "there"], "both texts")


async def test_one_replaced_document_on_a_shared_socket_ends_alone(
    stored: Collaboration, replicas: tuple[Replica, Replica], js: JavaScript, store: Store
) -> None:
    kept, replaced = str(uuid4()), str(uuid4())
    await js.call("socket", name="shared", url=replicas[0].url)
    for document in (kept, replaced):
        ticket = stored.office.ticket(document)
        await js.call("connect", client=document, kind="hocuspocus", socket="shared", document=document, ticket=ticket)
        await js.saved(document)
    await store.replace(replaced, "x")
    await js.until(replaced, was_refused, "being told")
    await js.call("insert", client=kept, text="still here")
    await js.saved(kept)
    assert 4409 not in closes(await js.state(kept))


# The store


async def test_a_new_life_begins_with_its_state_and_nothing_else(stored: Collaboration, store: Store) -> None:
    document, replica = uuid4(), stored.start(COLLAB_COMPACT_AFTER="10")
    url = f"{replica.url}/{document}?ticket={stored.office.ticket(document)}"
    async with peer(url) as client:
        for number in range(1, 26):
            client.messages.clear()
            client.text += "x"
            await client.until(lambda: any(message[:2] == UPDATE for message in client.messages))
            if number % 10 == 0:
                await eventually(lambda number=number: stored.document(str(document), "base") == number, "a snapshot")
    former = [key for _, key in stored.snapshots(str(document))]
    first = await store.documents.replace(document, written("first"))
    state = written("second")
    second = await store.documents.replace(document, in_epoch(state, 5))
    assert first is not None
    assert second is not None
    assert first != second
    assert stored.document(str(document), "epoch") == second
    assert (stored.document(str(document), "head"), stored.document(str(document), "base")) == (27, 27)
    assert stored.operations(str(document)) == []
    ((seq, key),) = stored.snapshots(str(document))
    assert seq == 27
    assert await store.objects.some_below(f"documents/{document}/") == [key], "former objects are gone"
    assert len(former) == 2
    loaded = await store.documents.load(document)
    assert str(loaded.doc.inner.get("text", type=Text)) == "second"
    assert clocks_of(loaded.doc) == {**clocks_of(new_doc(state)), marker_of(second): 1}
    # And it grows and is compacted like any other.
    replica.process.stop()
    stored.restart(replica)
    async with peer(url) as client:
        for _ in range(20):
            client.messages.clear()
            client.text += "y"
            await client.until(lambda: any(message[:2] == UPDATE for message in client.messages))
    await eventually(lambda: (stored.document(str(document), "base") or 0) >= 37, "a snapshot of the new life")
    assert str((await store.documents.load(document)).doc.inner.get("text", type=Text)) == "second" + "y" * 20


async def test_a_state_is_replaced_only_over_what_was_meant(stored: Collaboration, store: Store) -> None:
    document = uuid4()
    epoch = await store.documents.replace(document, written("one"))
    assert epoch is not None
    assert await store.documents.replace(document, written("two"), over_epoch=epoch - 1) is None
    assert await store.documents.replace(document, written("two"), over_epoch=epoch, over_head=0) is None
    assert stored.document(str(document), "epoch") == epoch
    assert len(await store.objects.some_below(f"documents/{document}/")) == 1, "what was not used is not kept"
    assert await store.documents.replace(document, written("two"), over_epoch=epoch, over_head=1)
    for nonsense in (b"", b"\x01", b"\x01\x01\x05\x00\x84\x05\x00\x01a\x00"):
        with pytest.raises(Malformed):
            await store.documents.replace(document, nonsense)
    await store.log.delete(document)
    with pytest.raises(DeletedDocument):
        await store.documents.replace(document, written("three"))


async def test_a_former_life_is_never_read_again(stored: Collaboration, store: Store) -> None:
    """Not even when the present one cannot be read, nor if a crash left all of it there."""
    document = uuid4()
    author, life = uuid4(), (await store.log.open(document)).epoch
    assert await store.log.append([Append(document, life, [(author, written("former"))])]) == {document: 0}
    crashing = Documents(CrashingLog(store.database), store.objects, settle_s=0)
    assert await crashing.replace(document, written("present"))
    assert len(stored.operations(str(document))) == 1, "left behind"
    assert await store.log.append([Append(document, life, [(author, written("late"))])]) == {}
    assert str((await store.documents.load(document)).doc.inner.get("text", type=Text)) == "present"
    ((_, key),) = stored.snapshots(str(document))
    content = await store.objects.get(key)
    await store.objects.delete(key)
    with pytest.raises(DamagedDocument):
        await store.documents.load(document)
    await store.objects.put(key, content)
    assert await store.documents.compact(document, min_operations=0) is None
    assert await store.documents.replace(document, content)
    assert stored.operations(str(document)) == []


# Yjs and pycrdt about the marker


@pytest.mark.parametrize("seed", range(3))
async def test_yjs_and_pycrdt_agree_about_markers(js: JavaScript, seed: int) -> None:
    epoch = random.Random(seed).randrange(2**26)
    doc, updates = history(seed)
    edit(doc, random.Random(seed))
    state = doc.get_update()
    given = [*updates, state, marker_update(epoch)]
    random.Random(seed).shuffle(given)
    expected = {**clocks_of(doc), marker_of(epoch): 1}
    ours = new_doc(in_epoch(state, epoch))
    seen = await js.call(
        "yjs",
        updates=[base64.b64encode(update).decode() for update in given],
        known=base64.b64encode(ours.get_state()).decode(),
    )
    assert not seen["pending"]
    assert seen["text"] == seen["past"] == str(doc.get("text", type=Text))
    for form in ("vector", "mergedVector"):
        assert read_state_vector(base64.b64decode(seen[form])) == expected, form
    for form in ("state", "merged", "v2"):
        theirs = base64.b64decode(seen[form])
        assert clocks_of(new_doc(theirs)) == expected, form
        read_extent(theirs)
        assert apply_observed(ours, theirs) is None, form
        assert clocks_of(new_doc(without_markers(theirs))) == clocks_of(doc), form
    for form in ("diff", "answer"):
        assert apply_observed(ours, base64.b64decode(seen[form])) is None, form


async def test_the_answer_of_a_yjs_client_that_has_nothing_new_is_what_we_expect(js: JavaScript) -> None:
    marked = new_doc(marker_update(7))
    seen = await js.call(
        "yjs",
        updates=[base64.b64encode(marked.get_update()).decode()],
        known=base64.b64encode(marked.get_state()).decode(),
    )
    assert base64.b64decode(seen["answer"]) == marker_deletion(7)
