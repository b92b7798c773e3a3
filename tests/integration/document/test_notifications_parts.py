"""What is removed in time, and what is told and forgotten of a person, in the test's own process."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from collab_document.notifications.store import Notifications, notify
from collab_document.talk import export, forget
from collab_document.webhooks.delivery import Deliveries
from collab_document.webhooks.events import emit
from collab_document.webhooks.owners import Owners
from collab_document.webhooks.queries import SQL, ClaimedDelivery
from collab_document.webhooks.sending import Sender
from collab_kit.http import Peer
from collab_kit.sealing import Sealer
from collab_kit.settings import Secret
from tests.integration.document.parts import Parts
from tests.services import ed25519_pem


@pytest.fixture
def deliveries(parts: Parts) -> Deliveries:
    sealer = Sealer(Secret(ed25519_pem()), purpose="document/webhook-secrets")
    sender = Sender(ca_file=None, allow_private=False)
    days = timedelta(days=5)
    owners = Owners(Peer("user", "http://127.0.0.1:9", Secret("x")))
    return Deliveries(parts.database, sealer, sender, owners, edit_quiet=timedelta(seconds=60), disable_after=days)


async def count(parts: Parts, table: str, where: str = "true") -> int:
    found: int = await parts.connection.fetchval(f"select count(*) from {table} where {where}")  # noqa: S608  # ours
    return found


async def insert_webhook(parts: Parts, person: UUID, event: str = "document.renamed") -> UUID:
    webhook: UUID = await parts.connection.fetchval(
        "insert into webhook (id, person, url, events, reach, secret)"
        " values (uuidv7(), $1, 'https://example.org/', array[$2], 'owned', 'x') returning id",
        person,
        event,
    )
    return webhook


async def test_notifications_stay_for_ninety_days(parts: Parts):
    ada, bob = uuid4(), uuid4()
    document = await parts.insert_document("Plan", ada)
    async with parts.database.transaction() as connection:
        for _ in range(3):
            await notify(connection, kind="shared", people=[bob, ada, bob], document=document, actor=ada)
    assert await count(parts, "notification") == 3, "one each for Bob, none for Ada"
    await parts.connection.execute(
        "update notification set created_at = now() - interval '91 days'"
        " where id in (select id from notification order by id limit 2)"
    )
    await Notifications(parts.database).purge()
    assert await count(parts, "notification") == 1


async def test_nothing_is_told_of_what_was_rolled_back(parts: Parts):
    ada, bob = uuid4(), uuid4()
    document = await parts.insert_document("Plan", ada)
    await insert_webhook(parts, ada)
    try:
        async with parts.database.transaction() as connection:
            await notify(connection, kind="shared", people=[bob], document=document, actor=ada)
            await emit(connection, "document.renamed", document=document, by=ada)
            raise LookupError
    except LookupError:
        pass
    assert await count(parts, "notification") == await count(parts, "webhook_delivery") == 0


async def test_messages_that_are_done_stay_for_thirty_days(parts: Parts, deliveries: Deliveries):
    ada = uuid4()
    document = await parts.insert_document("Plan", ada)
    await insert_webhook(parts, ada)
    async with parts.database.transaction() as connection:
        for _ in range(3):
            await emit(connection, "document.renamed", document=document, by=ada)
    await parts.connection.execute("update webhook_delivery set created_at = now() - interval '31 days'")
    await parts.connection.execute(
        "update webhook_delivery set state = 'delivered' where id in (select id from webhook_delivery limit 2)"
    )
    await deliveries.purge()
    assert await count(parts, "webhook_delivery") == 1, "what still waits stays"


async def test_a_webhook_has_a_bounded_queue(parts: Parts):
    ada = uuid4()
    document = await parts.insert_document("Plan", ada)
    webhook = await insert_webhook(parts, ada)
    await parts.connection.execute(
        "insert into webhook_delivery (webhook_id, message_id, event, body)"
        " select $1, uuidv7(), 'document.renamed', '' from generate_series(1, 999)",
        webhook,
    )
    async with parts.database.transaction() as connection:
        for _ in range(3):
            await emit(connection, "document.renamed", document=document, by=ada)
    assert await count(parts, "webhook_delivery") == 1000


async def test_no_webhook_holds_up_another(parts: Parts):
    people = [uuid4() for _ in range(30)]
    webhooks = [await insert_webhook(parts, person) for person in people]
    await parts.connection.execute(
        "insert into webhook_delivery (webhook_id, message_id, event, body, next_attempt_at)"
        " select $1, uuidv7(), 'document.renamed', '', now() - interval '1 hour' from generate_series(1, 900)",
        webhooks[0],
    )
    await parts.connection.execute(
        "insert into webhook_delivery (webhook_id, message_id, event, body)"
        " select webhook, uuidv7(), 'document.renamed', '' from unnest($1::uuid[]) as webhook, generate_series(1, 2)",
        webhooks[1:],
    )
    lease = timedelta(seconds=60)
    claims = [await parts.database.fetch_all(ClaimedDelivery, SQL.claim_deliveries, 20, 4, lease) for _ in range(2)]
    claimed = [[delivery.webhook_id for delivery in claim] for claim in claims]
    assert [len(claim) for claim in claimed] == [20, 20]
    assert claimed[0].count(webhooks[0]) == 1
    assert set(claimed[0]) | set(claimed[1]) == set(webhooks), "each is served before any is served at length"
    plan = await parts.connection.fetch("explain " + SQL.claim_deliveries, 20, 4, lease)
    assert any("webhook_delivery_waiting" in row[0] for row in plan)


async def test_an_attempt_that_a_crash_cut_short_is_made_again_and_the_last_one_counts(parts: Parts):
    ada = uuid4()
    document = await parts.insert_document("Plan", ada)
    await insert_webhook(parts, ada)
    async with parts.database.transaction() as connection:
        await emit(connection, "document.renamed", document=document, by=ada)
    lease = timedelta(seconds=60)
    (first,) = await parts.database.fetch_all(ClaimedDelivery, SQL.claim_deliveries, 20, 4, lease)
    assert await parts.database.fetch_all(ClaimedDelivery, SQL.claim_deliveries, 20, 4, lease) == []
    await parts.connection.execute("update webhook_delivery set next_attempt_at = now()")
    (second,) = await parts.database.fetch_all(ClaimedDelivery, SQL.claim_deliveries, 20, 4, lease)
    assert (first.attempts, second.attempts, first.message_id) == (1, 2, second.message_id)
    # The first was not dead, only slow: it has nothing to say any more.
    assert await parts.database.execute(SQL.note_failure, first.id, 1, 500, 1, "late", "", timedelta(hours=1)) == 0
    assert await parts.database.execute(SQL.note_success, first.id, 2, 200, 1, "") == 1
    assert await count(parts, "webhook_delivery", "state = 'delivered' and attempts = 2") == 1


async def test_what_is_kept_of_a_person_is_told_and_forgotten(parts: Parts):
    ada, bob = uuid4(), uuid4()
    document = await parts.insert_document("Plan", ada)
    await parts.add_member(document, bob, "commenter")
    await insert_webhook(parts, bob)
    thread = await parts.connection.fetchval(
        "insert into comment_thread (id, document_id, anchor_start, anchor_end, quote, created_by, comments)"
        " values (uuidv7(), $1, 'AA==', 'AA==', '', $2, 2) returning id",
        document,
        bob,
    )
    for author in (bob, ada):
        await parts.connection.execute(
            "insert into comment (id, thread_id, author, body, mentions) values (uuidv7(), $1, $2, 'Words', '{}')",
            thread,
            author,
        )
    await parts.connection.execute(
        "insert into attachment (document_id, uploader, name, media_type, size_bytes, completed_at)"
        " values ($1, $2, 'a.png', 'image/png', 1, now())",
        document,
        bob,
    )
    async with parts.database.transaction() as connection:
        await notify(connection, kind="shared", people=[bob], document=document, actor=ada)
        found = await export(connection, bob)
    assert {name: len(items) for name, items in found.items() if items} == {
        "attachments": 1,
        "comments": 1,
        "notifications": 1,
        "webhooks": 1,
    }
    assert found["comments"][0]["body"] == "Words"
    assert "secret" not in found["webhooks"][0]

    async with parts.database.transaction() as connection:
        await forget(connection, bob)
        assert not any((await export(connection, bob)).values())
    assert await count(parts, "comment", "body = 'Words'") == 1, "what others wrote stays"
    assert await count(parts, "comment", "deleted_at is not null and body = ''") == 1
    assert await count(parts, "attachment", "uploader is null") == 1
