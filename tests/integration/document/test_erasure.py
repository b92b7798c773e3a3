"""People who are forgotten, and what is told of a person."""

import asyncio
from uuid import UUID, uuid4

import httpx

from tests.datastores import wait_until
from tests.integration.document.parts import Parts
from tests.people import People
from tests.problems import assert_problem
from tests.services import Stage


def internal(stage: Stage, method: str, path: str, **options: object) -> httpx.Response:
    url = f"{stage.url('document')}/internal{path}"
    return httpx.request(method, url, headers=stage.internal_headers, trust_env=False, timeout=15, **options)  # type: ignore[arg-type]


def test_what_somebody_owned_passes_to_the_editor_of_longest_standing(people: People, stage: Stage):
    ada, bob, eve = people.register("Ada"), people.register("Bob"), people.register("Eve")
    shared, read_only, private, trashed = (
        ada.create_document(title) for title in ("shared", "read only", "private", "trashed")
    )
    ada.share(shared, eve, "viewer")
    ada.share(shared, bob, "editor")
    ada.share(shared, eve, "editor")
    ada.share(read_only, bob, "commenter")
    ada.share(trashed, bob, "editor")
    ada.document("DELETE", f"/{trashed}")
    of_bob = bob.create_document("Bob's")
    bob.share(of_bob, ada, "editor")
    ada.document("PUT", f"/{of_bob}/favourite")
    ada.document("POST", "/folders", {"name": "Mine"})

    for _ in range(2):
        assert internal(stage, "DELETE", f"/people/{ada.id}").status_code == 204
    # What a request does not get done within a second is done in the background.
    going_on = f"select count(*) from document.erasure where user_id = '{ada.id}'"  # noqa: S608  # ours
    wait_until(lambda: stage.database.psql(going_on) == "0", "the erasure being done")
    # Eve was made a member first.
    kept = eve.document("GET", f"/{shared}").json()
    assert (kept["role"], kept["member_count"]) == ("owner", 2)
    for gone in (read_only, private, trashed):
        answer = internal(stage, "POST", f"/documents/{gone}/roles", json={"people": []})
        assert answer.json()["gone"] is True
    assert_problem(bob.document("GET", f"/{read_only}"), 404, "no-such-document")
    assert [item["user"]["id"] for item in bob.document("GET", f"/{of_bob}/members").json()["items"]] == [bob.id]
    exported = internal(stage, "GET", f"/people/{ada.id}/export").json()
    assert (exported["documents"], exported["folders"], exported["links"]) == ([], [], [])
    assert ada.document("GET").json()["items"] == []


def test_what_is_told_of_a_person(people: People, stage: Stage):
    ada, bob = people.register("Ada"), people.register("Bob")
    folder = ada.document("POST", "/folders", {"name": "Mine"}).json()["id"]
    own = ada.document("POST", body={"title": "Own", "folder": folder}).json()["id"]
    ada.document("PUT", f"/{own}/favourite")
    shared, hidden = bob.create_document("Shared"), bob.create_document("In Bob's trash")
    for document in (shared, hidden):
        bob.share(document, ada, "viewer")
    bob.document("DELETE", f"/{hidden}")
    link = ada.document("POST", f"/{own}/links", {"role": "viewer", "password": "correct horse"}).json()
    answer = internal(stage, "GET", f"/people/{ada.id}/export")
    assert answer.status_code == 200
    assert link["token"] not in answer.text
    exported = answer.json()
    assert exported["complete"] is True
    documents = {item["title"]: item for item in exported["documents"]}
    assert documents.keys() == {"Own", "Shared"}
    assert (documents["Own"]["role"], documents["Own"]["folder"]) == ("owner", "Mine")
    assert documents["Own"]["favourite_at"]
    assert documents["Shared"]["role"] == "viewer"
    assert [item["name"] for item in exported["folders"]] == ["Mine"]
    assert [item["id"] for item in exported["links"]] == [link["id"]]
    assert exported["more"].keys() == {"attachments", "comments", "notifications", "templates", "webhooks"}


async def test_much_is_forgotten_in_steps(parts: Parts):
    person, editor = uuid4(), uuid4()
    for number in range(150):
        document = await parts.insert_document(f"{number}", person)
        if number % 3:
            await parts.add_member(document, editor, "editor")
    for number in range(150):
        document = await parts.insert_document(f"other {number}", editor)
        await parts.add_member(document, person, "viewer")
    folder: UUID = await parts.connection.fetchval(
        "insert into folder (user_id, name) values ($1, 'top') returning id", person
    )
    await parts.connection.execute(
        "insert into folder (user_id, name, parent_id) values ($1, 'in', $2)", person, folder
    )
    await parts.connection.execute(
        "insert into personal (user_id, document_id, folder_id) select $1, id, $2 from document", person, folder
    )
    # As two replicas would, with the request repeated meanwhile.
    await asyncio.gather(parts.erasure.erase(person), parts.erasure.erase(person), parts.erasure.work())
    await parts.erasure.work()
    for table in ("member", "folder", "personal", "erasure"):
        left = await parts.connection.fetchval(f"select count(*) from {table} where user_id = $1", person)  # noqa: S608
        assert left == 0, table
    owned = await parts.connection.fetchval("select count(*) from member where user_id = $1 and role = 'owner'", editor)
    assert owned == 250
    assert await parts.connection.fetchval("select count(*) from document") == 250
    assert await parts.connection.fetchval("select count(*) from outbox") == 50
