"""The trash: out of sight, back again, and gone for good."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx

from tests.integration.document.parts import Parts
from tests.people import People, Person
from tests.problems import assert_problem
from tests.services import Stage


def trashed(person: Person) -> list[str]:
    return [item["id"] for item in person.document("GET", "?filter=trash").json()["items"]]


def test_only_its_owner_sees_what_is_in_the_trash(people: People):
    ada, bob = people.register("Ada"), people.register("Bob")
    document = ada.create_document()
    ada.share(document, bob, "editor")
    assert ada.document("DELETE", f"/{document}").status_code == 204
    assert trashed(ada) == [document]
    assert trashed(bob) == []
    entry = ada.document("GET", "?filter=trash").json()["items"][0]
    trashed_at, expires_at = (datetime.fromisoformat(entry[name]) for name in ("trashed_at", "expires_at"))
    assert trashed_at <= datetime.now(UTC)
    assert expires_at - trashed_at == timedelta(days=30), "COLLAB_TRASH_DAYS, unless an operator says otherwise"
    for listing in ("all", "mine", "shared", "favourites", "recent"):
        assert ada.document("GET", f"?filter={listing}").json()["items"] == []


def test_what_is_restored_has_everything_it_had(people: People):
    ada, bob = people.register("Ada"), people.register("Bob")
    document = ada.create_document()
    ada.share(document, bob, "commenter")
    bob.document("PUT", f"/{document}/favourite")
    ada.document("DELETE", f"/{document}")
    restored = ada.document("POST", f"/{document}/restore")
    assert (restored.status_code, restored.json()["trashed_at"], restored.json()["expires_at"]) == (200, None, None)
    again = bob.document("GET", f"/{document}").json()
    assert (again["role"], again["favourite"]) == ("commenter", True)
    assert trashed(ada) == []
    # Restoring what is not in the trash changes nothing.
    assert ada.document("POST", f"/{document}/restore").json() == restored.json()


def test_gone_for_good_is_gone(people: People, stage: Stage):
    ada, bob = people.register("Ada"), people.register("Bob")
    document = ada.create_document()
    ada.share(document, bob, "editor")
    assert_problem(ada.document("DELETE", f"/{document}/forever"), 409, "not-in-trash")
    assert_problem(bob.document("DELETE", f"/{document}/forever"), 403, "role-too-low")
    ada.document("DELETE", f"/{document}")
    assert_problem(bob.document("DELETE", f"/{document}/forever"), 404, "no-such-document")
    assert ada.document("DELETE", f"/{document}/forever").status_code == 204
    assert_problem(ada.document("POST", f"/{document}/restore"), 404, "no-such-document")
    assert_problem(ada.document("DELETE", f"/{document}/forever"), 404, "no-such-document")
    assert trashed(ada) == []
    answer = httpx.post(
        f"{stage.url('document')}/internal/documents/{document}/roles",
        json={"people": [ada.id]},
        headers=stage.internal_headers,
        timeout=15,
        trust_env=False,
    )
    assert answer.json() == {"gone": True, "people": {ada.id: None}, "links": {}}


def test_the_trash_is_paged(people: People):
    ada = people.register("Ada")
    made = [ada.create_document(f"Document {number}") for number in range(5)]
    for document in made:
        ada.document("DELETE", f"/{document}")
    seen: list[str] = []
    cursor = ""
    while True:
        page = ada.document("GET", f"?filter=trash&limit=2{cursor}").json()
        seen += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == made[::-1]


async def test_restoring_and_deleting_for_good_at_once_end_in_one_of_both(people: People, stage: Stage):
    ada = people.register("Ada")
    headers = {"Authorization": str(ada.client.headers["Authorization"])}
    async with httpx.AsyncClient(headers=headers, trust_env=False, timeout=15) as client:
        for _ in range(5):
            document = ada.create_document()
            ada.document("DELETE", f"/{document}")
            url = f"{stage.url('document')}/api/documents/{document}"
            restored, deleted = await asyncio.gather(client.post(f"{url}/restore"), client.delete(f"{url}/forever"))
            exists = ada.document("GET", f"/{document}").status_code == 200
            if exists:
                assert (restored.status_code, deleted.status_code) == (200, 409)
            else:
                assert deleted.status_code == 204
                assert restored.status_code in {200, 404}


async def test_when_its_time_in_the_trash_is_over_a_document_goes(parts: Parts):
    owner = uuid4()
    made: dict[str, UUID] = {}
    for name, trashed_days, deleted_days in (
        ("old", 31, None),
        ("young", 29, None),
        ("of an earlier release", None, 31),
        ("live", None, None),
    ):
        made[name] = await parts.insert_document(name, owner)
        await parts.connection.execute(
            """update document set trashed_at = now() - make_interval(days => $2),
                deleted_at = now() - make_interval(days => $3) where id = $1""",
            made[name],
            trashed_days,
            deleted_days,
        )
    await parts.deletion.purge()
    left = await parts.connection.fetch("select title from document where id = any($1)", list(made.values()))
    assert {row["title"] for row in left} == {"young", "live"}
    told = await parts.connection.fetch("select method, path from outbox where peer = 'collaboration'")
    assert {(row["method"], row["path"]) for row in told} == {
        ("DELETE", f"/internal/documents/{made[name]}") for name in ("old", "of an earlier release")
    }
    orphans = await parts.connection.fetchval(
        "select count(*) from member where document_id not in (select id from document)"
    )
    assert orphans == 0


async def test_purging_is_bounded_and_goes_on(parts: Parts):
    owner = uuid4()
    for number in range(205):
        document = await parts.insert_document(f"{number}", owner)
        await parts.connection.execute(
            "update document set trashed_at = now() - interval '31 days' where id = $1", document
        )
    # As two replicas would.
    await asyncio.gather(parts.deletion.purge(), parts.deletion.purge())
    await parts.deletion.purge()
    assert await parts.connection.fetchval("select count(*) from document") == 0
    assert await parts.connection.fetchval("select count(*) from outbox") == 205
