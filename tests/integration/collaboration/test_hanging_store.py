"""PostgreSQL is there and does not answer: what clients of each kind see meanwhile, and that all is saved after."""

import asyncio
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import uuid4

from tests.integration.collaboration.harness import Collaboration, JavaScript, closes, eventually

PATIENCE = {"COLLAB_STORE_PATIENCE_S": "120"}
"""More than any of these tests lasts: nobody is sent away for the store's sake."""


@asynccontextmanager
async def hanging_store(collaboration: Collaboration) -> AsyncGenerator[None]:
    collaboration.stage.postgres.signal(signal.SIGSTOP)
    try:
        yield
    finally:
        collaboration.stage.postgres.signal(signal.SIGCONT)


async def test_nobody_is_told_that_anything_is_saved_and_then_all_is(own: Collaboration, js: JavaScript) -> None:
    replica = own.start(**PATIENCE)
    document = str(uuid4())
    clients = {"ann": "hocuspocus", "bob": "hocuspocus", "cyd": "y-websocket", "dan": "y-websocket"}
    for name, kind in clients.items():
        ticket = own.office.ticket(document)
        await js.call("connect", client=name, kind=kind, url=replica.url, document=document, ticket=ticket)
        await js.until(name, lambda state: state["synced"], "being synced")
    await js.saved("ann")
    async with hanging_store(own):
        await js.call("insert", client="ann", text="A")
        await js.call("insert", client="cyd", text="C")
        await eventually(lambda: replica.metric("collab_store_away") == 1, "the store being seen to be away")
        assert (await js.state("ann"))["unsynced"] == 1, "a provider goes on saying that something is not saved"
        for name in ("bob", "dan"):
            assert (await js.state(name))["text"] == ""
        ticket = own.office.ticket(document)
        await js.call("connect", client="eve", kind="hocuspocus", url=replica.url, document=document, ticket=ticket)
        await asyncio.sleep(0.5)
        assert not (await js.state("eve"))["synced"], "who joins is not shown what may never be saved"
    for name in ("bob", "dan", "eve"):
        await js.until(name, lambda state: sorted(state["text"]) == ["A", "C"], "both edits")
    for name in ("ann", "bob", "eve"):
        await js.saved(name)
    for name in clients:
        assert closes(await js.state(name)) == []
    assert replica.metric("collab_store_away") == 0
    assert replica.process.stop() == 0


async def test_what_waits_for_the_store_is_bounded_and_kept_by_those_who_typed_it(
    own: Collaboration, js: JavaScript
) -> None:
    replica = own.start(**PATIENCE, COLLAB_MAX_PENDING_BYTES="100000")
    document = str(uuid4())
    connect = {"kind": "hocuspocus", "url": replica.url, "document": document}
    for name in ("ann", "bob"):
        await js.call("connect", client=name, ticket=own.office.ticket(document), **connect)
        await js.saved(name)
    async with hanging_store(own):
        for letter in "abcdefgh":
            await js.call("insert", client="ann", text=letter * 40_000)
        state = await js.until("ann", lambda state: bool(closes(state)), "being sent away")
        ended = next(event for event in state["events"] if event["name"] == "close")
        assert (ended["code"], ended["reason"]) == (1013, "too many edits are waiting to be saved")
        assert replica.metric("collab_pending_bytes") < 100_000 + 50_000
        assert (await js.state("bob"))["text"] == ""
        assert closes(await js.state("bob")) == [], "who typed nothing is left alone"
    await js.saved("ann", 60)
    await js.text("bob", "".join(letter * 40_000 for letter in "abcdefgh"))
    assert replica.metric("collab_pending_bytes") == 0
    assert replica.process.stop() == 0
