"""The real npm clients against the real service: convergence, several documents, presence."""

from uuid import uuid4

from tests.integration.collaboration.harness import Collaboration, JavaScript, Replica, closes
from tests.integration.collaboration.rawclient import peer


async def test_clients_of_both_protocols_and_of_python_converge(
    collaboration: Collaboration, replica: Replica, js: JavaScript
) -> None:
    document = str(uuid4())
    names = ("ann", "bob", "cyd")
    for name, kind in zip(names, ("hocuspocus", "hocuspocus", "y-websocket"), strict=True):
        ticket = collaboration.office.ticket(document)
        await js.call("connect", client=name, kind=kind, url=replica.url, document=document, ticket=ticket)
    for name in names:
        await js.until(name, lambda state: state["synced"], "being synced")
    await js.call("insert", client="ann", text="one ")
    for name in names:
        await js.text(name, "one ")
    async with peer(f"{replica.url}/{document}?ticket={collaboration.office.ticket(document)}") as python:
        assert str(python.text) == "one "
        python.text += "grüße 🎉 "
        await js.text("cyd", "one grüße 🎉 ")
        await js.call("insert", client="cyd", text="two")
        await python.until(lambda: str(python.text) == "one grüße 🎉 two")
    await js.call("rich", client="bob")
    wanted = (await js.state("bob"))["xml"]
    for name in ("ann", "cyd"):
        await js.until(name, lambda state: state["xml"] == wanted and state["map"] == 1, "rich content arriving")
    await js.saved("ann")
    await js.saved("bob")
    assert len({(await js.state(name))["vector"] for name in names}) == 1


async def test_one_socket_carries_several_documents_and_one_of_them_twice(
    collaboration: Collaboration, replica: Replica, js: JavaScript
) -> None:
    first, second = str(uuid4()), str(uuid4())
    await js.call("socket", name="shared", url=replica.url)
    for name, document in (("a", first), ("b", second), ("again", first)):
        await js.call(
            "connect",
            client=name,
            kind="hocuspocus",
            socket="shared",
            document=document,
            ticket=collaboration.office.ticket(document),
            sessionAware=name != "b",
        )
    for name in ("a", "b", "again"):
        await js.saved(name)
    await js.call("insert", client="a", text="first")
    await js.call("insert", client="b", text="second")
    await js.text("again", "first")
    await js.text("b", "second")
    await js.saved("a")
    await js.call("close", client="a")
    await js.call("insert", client="again", text="!")
    await js.saved("again")
    assert collaboration.document(first, "head") == 2


async def test_presence_is_shared_by_both_protocols_and_ends_with_the_connection(
    collaboration: Collaboration, replica: Replica, js: JavaScript
) -> None:
    document = str(uuid4())
    for name, kind, role in (
        ("ann", "hocuspocus", "editor"),
        ("vic", "hocuspocus", "viewer"),
        ("cyd", "y-websocket", "commenter"),
    ):
        ticket = collaboration.office.ticket(document, role=role)
        await js.call("connect", client=name, kind=kind, url=replica.url, document=document, ticket=ticket)
        await js.call("presence", client=name, state=name)
    for name in ("ann", "vic", "cyd"):
        await js.until(name, lambda state: state["people"] == ["ann", "cyd", "vic"], "all three being present")
    await js.call("close", client="cyd")
    await js.call("close", client="vic")
    await js.until("ann", lambda state: state["people"] == ["ann"], "being alone")


async def test_a_document_is_there_again_after_a_restart(collaboration: Collaboration, js: JavaScript) -> None:
    replica = collaboration.start()
    document = str(uuid4())
    connect = {"kind": "hocuspocus", "url": replica.url, "document": document}
    await js.call("connect", client="ann", ticket=collaboration.office.ticket(document), **connect)
    await js.call("insert", client="ann", text="kept")
    await js.saved("ann")
    assert replica.process.stop() == 0
    state = await js.until("ann", lambda state: bool(closes(state)), "being sent away")
    assert closes(state)[0] == 1001
    collaboration.restart(replica)
    await js.saved("ann")
    await js.call("connect", client="bob", ticket=collaboration.office.ticket(document), **connect)
    await js.text("bob", "kept")
    replica.process.stop()
