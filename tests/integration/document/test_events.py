"""Hints over Redis, both ways, and across an outage of it."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from redis.asyncio import Redis

from collab_kit.events import (
    CHANNEL,
    AccessChanged,
    DocumentDeleted,
    DocumentEdited,
    DocumentNews,
    Event,
    MemberChanged,
    Publisher,
    Subscriber,
    open_redis,
)
from tests.datastores import Datastores, wait_until
from tests.integration.document.hearing import left_about, next_about
from tests.people import People, Person
from tests.services import Stage, settings_for


@contextlib.asynccontextmanager
async def listening(redis: Redis) -> AsyncGenerator[asyncio.Queue[Event]]:
    heard: asyncio.Queue[Event] = asyncio.Queue(100)
    subscriber = Subscriber(redis, heard.put)
    task = asyncio.create_task(subscriber.run())
    try:
        await asyncio.wait_for(subscriber.subscribed.wait(), 30)
        yield heard
    finally:
        task.cancel()
        await asyncio.wait({task})


@pytest.fixture
async def redis(datastores: Datastores) -> AsyncGenerator[Redis]:
    client = open_redis(settings_for(datastores))
    yield client
    await client.aclose()


async def publish_until(noted: Callable[[], bool], publisher: Publisher, event: Event) -> None:
    """Again and again: an event may be lost, on its way or while somebody is not listening."""
    async with asyncio.timeout(60):
        while not await asyncio.to_thread(noted):
            await publisher.publish(event)
            await asyncio.sleep(0.2)


def edited_at(person: Person, document: str) -> datetime:
    return datetime.fromisoformat(person.document("GET", f"/{document}").json()["edited_at"])


async def test_sharing_removing_and_deleting_are_announced(people: People, redis: Redis):
    ada, bob = people.register("Ada"), people.register("Bob")
    async with listening(redis) as heard:
        document = ada.create_document()
        ada.share(document, bob, "viewer")
        ada.share(document, bob, "editor")
        ada.document("DELETE", f"/{document}/members/{bob.id}")
        ada.document("DELETE", f"/{document}")
        ada.document("DELETE", f"/{document}/forever")
        expected = [
            MemberChanged(UUID(document), UUID(bob.id), "viewer"),
            MemberChanged(UUID(document), UUID(bob.id), "editor"),
            MemberChanged(UUID(document), UUID(bob.id), None),
            AccessChanged(UUID(document)),
            DocumentDeleted(UUID(document)),
        ]
        assert [await next_about(heard, document) for _ in expected] == expected


async def test_another_title_is_news_and_the_trash_changes_everybodys_access(people: People, redis: Redis):
    ada = people.register("Ada")
    document = ada.create_document()
    async with listening(redis) as heard:
        ada.document("PATCH", f"/{document}", {"title": "Another"})
        ada.document("PATCH", f"/{document}", {})
        ada.document("DELETE", f"/{document}")
        for _ in range(2):
            ada.document("POST", f"/{document}/restore")
        ada.document("PATCH", f"/{document}", {"title": "And another"})
        id_ = UUID(document)
        news, access = DocumentNews(id_, "title"), AccessChanged(id_)
        expected = [news, access, access, news]
        assert [await next_about(heard, document) for _ in expected] == expected


async def test_what_was_refused_is_not_announced(people: People, redis: Redis):
    ada, bob = people.register("Ada"), people.register("Bob")
    document = ada.create_document()
    async with listening(redis) as heard:
        bob.document("DELETE", f"/{document}")
        bob.document("DELETE", f"/{document}/members/{bob.id}")
        bob.document("POST", f"/{document}/restore")
        bob.document("POST", f"/{document}/owner", {"user_id": bob.id})
        ada.document("DELETE", f"/{document}/forever")
        ada.document("DELETE", f"/{document}")
        assert await next_about(heard, document) == AccessChanged(UUID(document))
        assert left_about(heard, document) == []


async def test_an_edit_brings_a_document_to_the_top(people: People, redis: Redis):
    ada = people.register("Ada")
    first, second = ada.create_document("first"), ada.create_document("second")
    before = edited_at(ada, first)
    at = datetime.now(UTC)
    edit = DocumentEdited(UUID(first), UUID(ada.id), at)
    await publish_until(lambda: edited_at(ada, first) > before, Publisher(redis), edit)
    assert edited_at(ada, first) == at
    assert [item["id"] for item in ada.document("GET").json()["items"]] == [first, second]


async def test_neither_an_old_edit_nor_a_clock_ahead_counts(people: People, redis: Redis):
    ada = people.register("Ada")
    document = ada.create_document()
    before = edited_at(ada, document)
    publisher = Publisher(redis)
    await publisher.publish(DocumentEdited(UUID(document), UUID(ada.id), before - timedelta(hours=1)))
    await redis.publish(CHANNEL, b"not json")  # pyright: ignore[reportUnknownMemberType]
    await redis.publish(CHANNEL, b'{"type": "document.folded"}')  # pyright: ignore[reportUnknownMemberType]
    ahead = DocumentEdited(UUID(document), UUID(ada.id), before + timedelta(days=365))
    await publish_until(lambda: edited_at(ada, document) > before, publisher, ahead)
    assert edited_at(ada, document) <= datetime.now(UTC)


async def test_an_outage_of_redis_fails_no_request_and_the_subscription_comes_back(own_datastores: Datastores):
    stores = own_datastores
    stage = Stage.prepare(stores.directory, stores)
    try:
        stage.start_all()
        with People(stage) as people:
            ada, bob = people.register("Ada"), people.register("Bob")
            document = ada.create_document()
            before = edited_at(ada, document)
            stores.valkey.stop()
            assert ada.share(document, bob, "viewer").status_code == 200
            assert ada.client.get(f"{stage.url('document')}/readyz").status_code == 503

            stores.valkey.start()
            redis = open_redis(settings_for(stores))
            try:
                await asyncio.to_thread(wait_until, lambda: _subscribers(stores) > 0, "the subscription coming back")
                edit = DocumentEdited(UUID(document), UUID(ada.id), datetime.now(UTC))
                await publish_until(lambda: edited_at(ada, document) > before, Publisher(redis), edit)
            finally:
                await redis.aclose()
            lost = ada.client.get(f"{stage.url('document')}/metrics").text
            assert 'collab_events_published_total{outcome="failed",type="member.changed"} 1.0' in lost
    finally:
        stage.close()


def _subscribers(stores: Datastores) -> int:
    async def count() -> int:
        client = open_redis(settings_for(stores))
        try:
            return (await client.pubsub_numsub(CHANNEL))[0][1]  # pyright: ignore[reportUnknownMemberType]
        finally:
            await client.aclose()

    return asyncio.run(count())
