"""Attachments: uploaded to and fetched from the object store itself, checked in between, and cleaned up after."""

import asyncio
import hashlib
import signal
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import httpx
import pytest

from collab_document.access import Access
from collab_document.attachments.objects import BucketSettings, ObjectMissing, Objects
from collab_document.attachments.service import Attachments
from collab_document.attachments.store import AttachmentStore, Quotas
from collab_document.idempotency import Idempotency
from collab_kit.database import Database
from collab_kit.errors import StoreUnavailable
from collab_kit.events import DocumentNews, Publisher, open_redis
from collab_kit.settings import Secret, ServiceSettings
from tests.datastores import Datastores, wait_until
from tests.integration.document.hearing import listening, next_about
from tests.people import People, Person
from tests.problems import assert_problem, wrong_fields
from tests.services import Stage

CONTENT = b"a few bytes, not many"
PNG = {"name": "Übersicht 1.png", "size": len(CONTENT), "type": "image/png"}
QUOTAS = {"COLLAB_ATTACHMENT_DOCUMENT_BYTES": "10240", "COLLAB_ATTACHMENT_OWNER_BYTES": "15360"}


@pytest.fixture(scope="module")
def storing(datastores: Datastores, tmp_path_factory: pytest.TempPathFactory) -> Generator[Stage]:
    """Services with an object store, which is reached from outside under the same address."""
    stage = Stage.prepare(tmp_path_factory.mktemp("attachments"), datastores)
    store = datastores.object_store
    secret = stage.write_secret("s3-secret-key", store.secret_key)
    bucket = {
        "COLLAB_S3_ENDPOINT": store.endpoint,
        "COLLAB_S3_PUBLIC_URL": store.endpoint.replace("127.0.0.1", "localhost"),
        "COLLAB_S3_BUCKET": "collab",
        "COLLAB_S3_ACCESS_KEY": store.access_key,
        "COLLAB_S3_SECRET_KEY_FILE": str(secret),
    }
    try:
        stage.start_all({"auth": {}, "user": {}, "document": bucket | QUOTAS})
        yield stage
    finally:
        stage.close()


@pytest.fixture
def here(storing: Stage) -> Generator[People]:
    with People(storing) as people:
        yield people


@pytest.fixture
def objects(datastores: Datastores) -> Objects:
    store = datastores.object_store
    return Objects(
        BucketSettings(
            endpoint=store.endpoint,
            public_url=store.endpoint,
            bucket="collab",
            region="us-east-1",
            access_key=store.access_key,
            secret_key=Secret(store.secret_key),
            ca_file=None,
        )
    )


def announce(person: Person, document: str, **change: Any) -> dict[str, Any]:
    response = person.document("POST", f"/{document}/attachments", {**PNG, **change})
    assert response.status_code == 201, response.text
    assert response.headers["cache-control"] == "no-store"
    return response.json()


def upload(made: dict[str, Any], content: bytes = CONTENT, **headers: str) -> httpx.Response:
    target = made["upload"]
    assert target["method"] == "PUT"
    sent = target["headers"] | {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.put(target["url"], content=content, headers=sent, timeout=60, trust_env=False)


def complete(person: Person, document: str, attachment: str) -> httpx.Response:
    return person.document("POST", f"/{document}/attachments/{attachment}/complete")


def attach(person: Person, document: str, content: bytes = CONTENT, **change: Any) -> dict[str, Any]:
    made = announce(person, document, size=len(content), **change)
    assert upload(made, content).status_code == 200
    done = complete(person, document, made["id"])
    assert done.status_code == 200, done.text
    return done.json()


def listed(person: Person, document: str) -> list[str]:
    return [item["id"] for item in person.document("GET", f"/{document}/attachments").json()["items"]]


async def is_there(objects: Objects, key: str) -> bool:
    try:
        await objects.stat(key)
    except ObjectMissing:
        return False
    return True


def test_a_file_goes_past_us_and_comes_back(here: People):
    ada, bob = here.register("Ada"), here.register("Bob")
    document = ada.create_document()
    ada.share(document, bob, "viewer")
    digest = hashlib.sha256(CONTENT).hexdigest()
    made = announce(ada, document, sha256=digest)
    assert made["upload"]["headers"]["Content-Type"] == "image/png"
    assert listed(bob, document) == [], "not yet"
    assert upload(made).status_code == 200
    done = complete(ada, document, made["id"]).json()
    assert (done["name"], done["type"], done["size"], done["sha256"]) == ("Übersicht 1.png", "image/png", 21, digest)
    assert done["uploaded_by"]["id"] == ada.id
    assert complete(ada, document, made["id"]).json() == done, "again it changes nothing"
    assert bob.document("GET", f"/{document}/attachments").json() == {"items": [done], "next_cursor": None}

    found = bob.document("GET", f"/{document}/attachments/{done['id']}")
    assert found.status_code == 303
    assert found.headers["cache-control"] == "no-store"
    location = found.headers["location"]
    assert urlsplit(location).hostname == "localhost", "as it is reached from outside"
    assert parse_qs(urlsplit(location).query)["X-Amz-Expires"] == ["60"]
    for url in (location, bob.document("GET", f"/{document}/attachments/{done['id']}/url").json()["url"]):
        file = httpx.get(url, timeout=60, trust_env=False)
        assert (file.status_code, file.content) == (200, CONTENT)
        assert file.headers["content-type"] == "image/png"
        assert file.headers["content-disposition"] == "attachment; filename*=UTF-8''%C3%9Cbersicht%201.png"
    unsigned = httpx.get(location.partition("?")[0], timeout=60, trust_env=False)
    assert unsigned.status_code == 403
    assert httpx.put(location, content=b"mine", timeout=60, trust_env=False).status_code == 403
    elsewhere = location.replace(done["id"], str(uuid4()))
    assert httpx.get(elsewhere, timeout=60, trust_env=False).status_code == 403


ROUTES = {
    ("GET", ""): (200, 200, 200, 200, 404),
    ("POST", ""): (201, 201, 403, 403, 404),
    ("POST", "/{id}/complete"): (200, 200, 403, 403, 404),
    ("GET", "/{id}"): (303, 303, 303, 303, 404),
    ("GET", "/{id}/url"): (200, 200, 200, 200, 404),
    ("DELETE", "/{id}"): (204, 204, 403, 403, 404),
}
ROLES = ("owner", "editor", "commenter", "viewer", "stranger")


@pytest.mark.parametrize(("route", "expected"), ROUTES.items(), ids=[f"{verb}{path}" for verb, path in ROUTES])
def test_every_role_on_every_route(here: People, route: tuple[str, str], expected: tuple[int, ...]):
    verb, path = route
    cast = {role: here.register(role.title()) for role in ROLES}
    document = cast["owner"].create_document()
    for role in ("editor", "commenter", "viewer"):
        cast["owner"].share(document, cast[role], role)
    body = PNG if (verb, path) == ("POST", "") else None
    for role, status in zip(ROLES, expected, strict=True):
        done = attach(cast["owner"], document)
        response = cast[role].document(verb, f"/{document}/attachments{path.replace('{id}', done['id'])}", body)
        if status >= 400:
            assert_problem(response, status, {403: "role-too-low", 404: "no-such-document"}[status])
        else:
            assert response.status_code == status, response.text


@pytest.mark.parametrize(
    ("content", "headers", "differs"),
    [
        (CONTENT + b"more", {}, "size"),
        (CONTENT[:-1], {}, "size"),
        (CONTENT, {"Content_Type": "text/html"}, "Content-Type"),
        (CONTENT, {"Content_Disposition": "inline"}, "Content-Disposition"),
        (CONTENT[::-1], {}, "SHA-256"),
    ],
)
async def test_what_is_not_as_announced_is_refused_and_gone(
    here: People, objects: Objects, content: bytes, headers: dict[str, str], differs: str
):
    ada = here.register("Ada")
    document = ada.create_document()
    made = announce(ada, document, sha256=hashlib.sha256(CONTENT).hexdigest())
    assert upload(made, content, **headers).status_code == 200
    problem = assert_problem(complete(ada, document, made["id"]), 409, "upload-differs")
    assert differs in problem["detail"]
    assert_problem(complete(ada, document, made["id"]), 404, "no-such-attachment")
    assert listed(ada, document) == []
    assert not await is_there(objects, f"uploads/{made['id']}")
    assert not await is_there(objects, f"attachments/{document}/{made['id']}")


def test_what_has_not_come_may_still_come(here: People):
    ada = here.register("Ada")
    document = ada.create_document()
    made = announce(ada, document)
    assert_problem(complete(ada, document, made["id"]), 409, "upload-missing")
    assert_problem(ada.document("GET", f"/{document}/attachments/{made['id']}"), 404, "no-such-attachment")
    upload(made)
    assert complete(ada, document, made["id"]).status_code == 200


def test_uploading_again_afterwards_changes_nothing(here: People):
    ada = here.register("Ada")
    document = ada.create_document()
    made = announce(ada, document)
    upload(made)
    assert complete(ada, document, made["id"]).status_code == 200
    assert upload(made, b"something else, longer than it was").status_code == 200
    assert complete(ada, document, made["id"]).status_code == 200
    location = ada.document("GET", f"/{document}/attachments/{made['id']}").headers["location"]
    assert httpx.get(location, timeout=60, trust_env=False).content == CONTENT


async def test_completed_by_many_at_once_it_is_complete_once(here: People):
    ada = here.register("Ada")
    document = ada.create_document()
    made = announce(ada, document)
    upload(made)
    answers = await asyncio.gather(*(asyncio.to_thread(complete, ada, document, made["id"]) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert listed(ada, document) == [made["id"]]


async def test_an_expired_url_is_refused(objects: Objects):
    url = await objects.sign("GET", "attachments/x", life=timedelta(seconds=1))
    key = f"uploads/{uuid4()}"
    put = await objects.sign("PUT", key, life=timedelta(seconds=1))

    def refused() -> bool:
        found = [
            httpx.get(url, timeout=60, trust_env=False),
            httpx.put(put, content=b"late", timeout=60, trust_env=False),
        ]
        return [each.status_code for each in found] == [403, 403]

    await asyncio.to_thread(wait_until, refused, "both URLs expiring")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "../../etc/passwd"}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"type": "text/html"}, "type"),
        ({"type": "image/svg+xml"}, "type"),
        ({"type": "application/x-msdownload"}, "type"),
        ({"size": 0}, "size"),
        ({"size": -1}, "size"),
        ({"size": 50 * 1024 * 1024 + 1}, "size"),
        ({"size": 2**70}, "size"),
        ({"sha256": "abc"}, "sha256"),
    ],
)
def test_wrong_input_names_its_field(here: People, change: dict[str, Any], field: str):
    ada = here.register("Ada")
    document = ada.create_document()
    problem = assert_problem(
        ada.document("POST", f"/{document}/attachments", {**PNG, **change}), 400, "invalid-request"
    )
    assert wrong_fields(problem) == {field}


async def test_the_quotas_hold_when_many_are_announced_at_once(here: People):
    ada = here.register("Ada")
    documents = [ada.create_document(), ada.create_document()]

    def ask(document: str) -> int:
        answer = ada.document("POST", f"/{document}/attachments", {**PNG, "size": 1024})
        if answer.status_code != 201:
            assert_problem(answer, 409, "attachment-quota-reached")
        return answer.status_code

    one = await asyncio.gather(*(asyncio.to_thread(ask, documents[0]) for _ in range(14)))
    assert (one.count(201), one.count(409)) == (10, 4), "of one document"
    other = await asyncio.gather(*(asyncio.to_thread(ask, documents[1]) for _ in range(8)))
    assert (other.count(201), other.count(409)) == (5, 3), "of one owner"
    ada.document("DELETE", f"/{documents[0]}/attachments/{uuid4()}")
    assert ask(documents[1]) == 409


def test_a_repeated_announcement_makes_one(here: People):
    ada = here.register("Ada")
    document = ada.create_document()
    url = f"{ada.stage.url('document')}/api/documents/{document}/attachments"
    made = [ada.client.post(url, json=PNG, headers={"Idempotency-Key": "k"}).json() for _ in range(2)]
    assert made[0]["id"] == made[1]["id"]
    assert upload(made[1]).status_code == 200
    assert complete(ada, document, made[0]["id"]).status_code == 200


def test_pages_newest_first(here: People):
    ada = here.register("Ada")
    document = ada.create_document()
    made = [attach(ada, document)["id"] for _ in range(3)]
    first = ada.document("GET", f"/{document}/attachments?limit=2").json()
    rest = ada.document("GET", f"/{document}/attachments?cursor={first['next_cursor']}").json()
    assert [item["id"] for item in first["items"] + rest["items"]] == made[::-1]
    assert rest["next_cursor"] is None


def test_an_attachment_of_another_document_is_not_there(here: People):
    ada = here.register("Ada")
    one, other = ada.create_document(), ada.create_document()
    done = attach(ada, one)
    for method, path in (("GET", ""), ("GET", "/url"), ("POST", "/complete"), ("DELETE", "")):
        answer = ada.document(method, f"/{other}/attachments/{done['id']}{path}")
        assert_problem(answer, 404, "no-such-attachment")


async def test_changes_are_announced(here: People, datastores: Datastores):
    ada = here.register("Ada")
    document = ada.create_document()
    async with listening(datastores) as heard:
        done = await asyncio.to_thread(attach, ada, document)
        ada.document("DELETE", f"/{document}/attachments/{done['id']}")
        for _ in range(2):
            assert await next_about(heard, document) == DocumentNews(UUID(document), "attachments")


def test_without_an_object_store_there_are_none(people: People):
    ada = people.register("Ada")
    document = ada.create_document()
    assert_problem(ada.document("POST", f"/{document}/attachments", PNG), 409, "attachments-off")
    assert ada.document("GET", f"/{document}/attachments").json() == {"items": [], "next_cursor": None}


async def sweep(stage: Stage, stores: Datastores, objects: Objects) -> None:
    """What the service does once a minute."""
    settings = ServiceSettings(
        instance="test-1",
        port=0,
        public_url=stage.public_url,
        database_url=stage.database.url("document"),
        database_password=Secret(stage.database.passwords["document"]),
        redis_url=stores.valkey.url,
        redis_password=Secret(stores.valkey.password),
        internal_token=Secret("token"),
    )
    redis = open_redis(settings)
    database = Database(settings)
    store = AttachmentStore(database, Idempotency(), Quotas(document=1, owner=1))
    attachments = Attachments(store, Access(database), Publisher(redis), objects, max_bytes=1)
    try:
        async with database:
            await attachments.sweep()
    finally:
        await redis.aclose()


@contextmanager
def standing_still(stage: Stage) -> Generator[None]:
    """The service, whose own minute may be over at any moment."""
    service = next(replica.process for replica in stage.processes if replica.name == "document-1")
    service.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        service.send_signal(signal.SIGCONT)


def make_due(stage: Stage) -> None:
    stage.database.psql("update document.object_deletion set not_before = now()")


def waiting(stage: Stage) -> int:
    return int(stage.database.psql("select count(*) from document.object_deletion"))


async def test_an_upload_never_completed_is_swept(
    here: People, storing: Stage, datastores: Datastores, objects: Objects
):
    ada = here.register("Ada")
    document = ada.create_document()
    old, new = announce(ada, document), announce(ada, document)
    upload(old)
    storing.database.psql(
        f"update document.attachment set created_at = now() - interval '61 minutes' where id = '{old['id']}'"  # noqa: S608  # ours
    )
    await sweep(storing, datastores, objects)
    assert_problem(complete(ada, document, old["id"]), 404, "no-such-attachment")
    make_due(storing)
    await sweep(storing, datastores, objects)
    await asyncio.to_thread(wait_until, lambda: waiting(storing) == 0, "every deletion, the service's own as well")
    assert not await is_there(objects, f"uploads/{old['id']}")
    upload(new)
    assert complete(ada, document, new["id"]).status_code == 200


async def test_what_is_deleted_leaves_no_object(here: People, storing: Stage, datastores: Datastores, objects: Objects):
    ada = here.register("Ada")
    document, purged = ada.create_document(), ada.create_document()
    done = [(place, attach(ada, place)["id"]) for place in (document, purged)]
    keys = [f"attachments/{place}/{attachment}" for place, attachment in done]
    keys += [f"uploads/{attachment}" for _, attachment in done]
    assert all([await is_there(objects, key) for key in keys])
    assert ada.document("DELETE", f"/{document}/attachments/{done[0][1]}").status_code == 204
    assert ada.document("DELETE", f"/{purged}").status_code == 204
    assert ada.document("DELETE", f"/{purged}/forever").status_code == 204
    make_due(storing)
    # One that is not there any more, as after a crash in between.
    await objects.delete(keys[0])
    await sweep(storing, datastores, objects)
    await asyncio.to_thread(wait_until, lambda: waiting(storing) == 0, "every deletion, the service's own as well")
    assert not any([await is_there(objects, key) for key in keys])


async def test_a_store_that_is_away_loses_no_deletion(
    here: People, storing: Stage, datastores: Datastores, objects: Objects
):
    ada = here.register("Ada")
    document = ada.create_document()
    done = attach(ada, document)
    ada.document("DELETE", f"/{document}/attachments/{done['id']}")
    away = Objects(
        BucketSettings(
            endpoint="http://127.0.0.1:9",
            public_url="http://127.0.0.1:9",
            bucket="collab",
            region="us-east-1",
            access_key="a",
            secret_key=Secret("b"),
            ca_file=None,
        )
    )
    with standing_still(storing):
        make_due(storing)
        with pytest.raises(StoreUnavailable):
            await sweep(storing, datastores, away)
        assert await is_there(objects, f"attachments/{document}/{done['id']}")
        make_due(storing)
        await sweep(storing, datastores, objects)
        assert not await is_there(objects, f"attachments/{document}/{done['id']}")
    await asyncio.to_thread(wait_until, lambda: waiting(storing) == 0, "every deletion")
