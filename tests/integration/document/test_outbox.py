"""Calls to other services that have to arrive."""

import asyncio
from uuid import uuid4

import pytest

from collab_document.outbox import Outbox
from collab_kit.http import Peer
from collab_kit.settings import Secret
from tests.datastores import wait_until
from tests.integration.document.parts import Parts
from tests.integration.document.peer import collaboration_peer
from tests.people import People
from tests.services import Stage

EARLIER = 4


async def due_now(parts: Parts) -> None:
    await parts.connection.execute("update outbox set next_attempt_at = now()")


async def tried_before(parts: Parts) -> None:
    """The wait after the first tries is two seconds and four, which may be over here before one has looked."""
    await parts.connection.execute("update outbox set attempts = $1", EARLIER)


async def test_a_call_that_was_rolled_back_is_not_made(parts: Parts):
    async def fail() -> None:
        async with parts.database.transaction() as connection:
            await parts.outbox.enqueue(connection, "collaboration", "DELETE", "/x", key="x")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await parts.connection.fetchval("select count(*) from outbox") == 0


async def test_calls_are_repeated_until_they_succeed_and_then_no_more(parts: Parts):
    document = uuid4()
    with collaboration_peer("secret") as server:
        async with Peer("collaboration", server.url, Secret("secret"), attempts=1, deadline_s=30) as peer:
            outbox = Outbox(parts.database, {"collaboration": peer})
            async with parts.database.transaction() as connection:
                path = f"/internal/documents/{document}"
                await outbox.enqueue(connection, "collaboration", "DELETE", path, key="one")
            await tried_before(parts)
            server.refusing = True
            for attempts in (EARLIER + 1, EARLIER + 2):
                assert await outbox.deliver_due() == 1
                row = await parts.connection.fetchrow(
                    "select attempts, last_error, next_attempt_at > now() as later from outbox"
                )
                assert row is not None
                assert (row["attempts"], row["later"]) == (attempts, True)
                assert row["last_error"]
                # Not before its time.
                assert await outbox.deliver_due() == 0
                await due_now(parts)
            server.refusing = False
            assert await outbox.deliver_due() == 1
            assert server.deleted == [str(document)]
            await due_now(parts)
            assert await outbox.deliver_due() == 0
    assert await parts.connection.fetchval("select count(*) from outbox") == 0


async def test_a_newer_call_takes_the_place_of_one_that_waits(parts: Parts):
    for body in ({"version": 1}, {"version": 2}):
        async with parts.database.transaction() as connection:
            await parts.outbox.enqueue(connection, "collaboration", "PUT", "/x", key="x", body=body)
    rows = await parts.connection.fetch("select body, generation from outbox")
    assert [(row["body"], row["generation"]) for row in rows] == [(b'{"version":2}', 2)]


async def test_replicas_do_not_make_the_same_call_at_once(parts: Parts):
    with collaboration_peer("secret") as server:
        async with Peer("collaboration", server.url, Secret("secret"), deadline_s=30) as peer:
            outboxes = [Outbox(parts.database, {"collaboration": peer}) for _ in range(3)]
            async with parts.database.transaction() as connection:
                for number in range(30):
                    path = f"/internal/documents/{uuid4()}"
                    await outboxes[0].enqueue(connection, "collaboration", "DELETE", path, key=str(number))
            await tried_before(parts)
            while sum(await asyncio.gather(*(outbox.deliver_due() for outbox in outboxes))):
                pass
    assert len(server.deleted) == len(set(server.deleted)) == 30


async def test_calls_to_a_service_that_is_not_there_wait(parts: Parts):
    async with parts.database.transaction() as connection:
        await parts.outbox.enqueue(connection, "collaboration", "DELETE", "/x", key="x")
    assert await Outbox(parts.database, {}).deliver_due() == 0
    assert await parts.connection.fetchval("select attempts from outbox") == 0


def test_collaboration_is_told_for_certain_what_is_gone(bare_stage: Stage):
    with collaboration_peer() as server:
        server.token = bare_stage.secret("internal-token")
        server.refusing = True
        bare_stage.start_all({"auth": {}, "user": {}, "document": {"COLLAB_COLLABORATION_URL": server.url}})
        with People(bare_stage) as people:
            ada = people.register("Ada")
            document = ada.create_document()
            ada.document("DELETE", f"/{document}")
            assert server.deleted == []
            assert ada.document("DELETE", f"/{document}/forever").status_code == 204
            wait_until(lambda: any(document in asked for asked in server.asked), "the first attempt")
            server.refusing = False
            wait_until(lambda: server.deleted == [document], "the call arriving")
