"""Changes that depend on a version, and creations that are repeated."""

import asyncio
import secrets
from typing import Any

import httpx
import pytest

from tests.people import People, Person
from tests.problems import assert_problem, wrong_fields
from tests.services import Stage


def patch(person: Person, document: str, title: str, if_match: str) -> httpx.Response:
    url = f"{person.stage.url('document')}/api/documents/{document}"
    return person.client.patch(url, json={"title": title}, headers={"If-Match": if_match})


def create(person: Person, body: dict[str, Any], key: str) -> httpx.Response:
    url = f"{person.stage.url('document')}/api/documents"
    return person.client.post(url, json=body, headers={"Idempotency-Key": key})


def test_an_etag_moves_with_every_change_and_with_nothing_else(people: People):
    ada, bob = people.register("Ada"), people.register("Bob")
    made = ada.document("POST", body={"title": "One"})
    document, etag = made.json()["id"], made.headers["etag"]
    ada.share(document, bob, "viewer")
    ada.document("PUT", f"/{document}/favourite")
    assert ada.document("GET", f"/{document}").headers["etag"] == etag
    assert bob.document("GET", f"/{document}").headers["etag"] == etag
    renamed = ada.document("PATCH", f"/{document}", {"title": "Two"})
    assert renamed.headers["etag"] != etag


def test_a_change_of_an_old_version_is_refused(people: People):
    ada = people.register("Ada")
    made = ada.document("POST", body={"title": "One"})
    document, etag = made.json()["id"], made.headers["etag"]
    renamed = patch(ada, document, "Two", etag)
    assert (renamed.status_code, renamed.json()["title"]) == (200, "Two")
    assert_problem(patch(ada, document, "Three", etag), 412, "precondition-failed")
    assert_problem(patch(ada, document, "Three", f"W/{renamed.headers['etag']}"), 412, "precondition-failed")
    assert ada.document("GET", f"/{document}").json()["title"] == "Two"
    assert patch(ada, document, "Three", f'"other", {renamed.headers["etag"]}').status_code == 200
    assert patch(ada, document, "Four", "*").status_code == 200
    problem = assert_problem(patch(ada, document, "Five", "nonsense"), 400, "invalid-request")
    assert wrong_fields(problem) == {"If-Match"}
    url = f"{ada.stage.url('document')}/api/documents/{document}"
    assert_problem(ada.client.delete(url, headers={"If-Match": etag}), 412, "precondition-failed")


async def test_of_changes_at_the_same_time_one_wins_and_the_others_hear_of_it(people: People, stage: Stage):
    ada = people.register("Ada")
    made = ada.document("POST", body={"title": "Zero"})
    url = f"{stage.url('document')}/api/documents/{made.json()['id']}"
    headers = {"Authorization": str(ada.client.headers["Authorization"]), "If-Match": made.headers["etag"]}
    async with httpx.AsyncClient(headers=headers, trust_env=False, timeout=15) as client:
        answers = await asyncio.gather(*(client.patch(url, json={"title": f"{n}"}) for n in range(8)))
    won = [answer.json()["title"] for answer in answers if answer.status_code == 200]
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7
    assert [ada.document("GET", f"/{made.json()['id']}").json()["title"]] == won


def test_the_same_request_again_makes_nothing_new(people: People):
    ada = people.register("Ada")
    key = secrets.token_hex(8)
    first, again = create(ada, {"title": "Once"}, key), create(ada, {"title": "Once"}, key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert len(ada.document("GET").json()["items"]) == 1
    assert_problem(create(ada, {"title": "Twice"}, key), 422, "idempotency-key-reused")
    folder = ada.client.post(
        f"{ada.stage.url('document')}/api/documents/folders",
        json={"name": "Once"},
        headers={"Idempotency-Key": key},
    )
    assert_problem(folder, 422, "idempotency-key-reused")


def test_keys_of_two_people_have_nothing_to_do_with_each_other(people: People):
    ada, bob = people.register("Ada"), people.register("Bob")
    key = secrets.token_hex(8)
    assert create(ada, {}, key).json()["id"] != create(bob, {}, key).json()["id"]


def test_a_request_that_was_refused_may_be_repeated_with_its_key(people: People):
    ada = people.register("Ada")
    key = secrets.token_hex(8)
    body = {"title": "Filed", "folder": "01890a5d-ac96-774b-bcce-b302099a8057"}
    assert_problem(create(ada, body, key), 404, "no-such-folder")
    assert create(ada, {"title": "Not filed"}, key).status_code == 201


async def test_the_same_request_many_times_at_once_makes_one_document(people: People, stage: Stage):
    ada = people.register("Ada")
    url = f"{stage.url('document')}/api/documents"
    headers = {"Authorization": str(ada.client.headers["Authorization"]), "Idempotency-Key": secrets.token_hex(8)}
    async with httpx.AsyncClient(headers=headers, trust_env=False, timeout=30) as client:
        answers = await asyncio.gather(*(client.post(url, json={"title": "Once"}) for _ in range(10)))
    assert [answer.status_code for answer in answers] == [201] * 10
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(ada.document("GET").json()["items"]) == 1


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_wrong_key_is_named(people: People, key: str):
    problem = assert_problem(create(people.register(), {}, key), 400, "invalid-request")
    assert wrong_fields(problem) == {"Idempotency-Key"}


def test_what_is_gone_is_not_made_again(people: People):
    ada = people.register("Ada")
    key = secrets.token_hex(8)
    document = create(ada, {}, key).json()["id"]
    ada.document("DELETE", f"/{document}")
    assert_problem(create(ada, {}, key), 404, "no-such-document")


def test_one_person_owns_so_many_documents_and_no_more(bare_stage: Stage):
    bare_stage.start_all({"auth": {}, "user": {}, "document": {"COLLAB_MAX_OWNED_DOCUMENTS": "3"}})
    with People(bare_stage) as people:
        ada, bob = people.register("Ada"), people.register("Bob")
        made = [ada.create_document() for _ in range(3)]
        assert_problem(ada.document("POST", body={}), 409, "too-many-documents")
        bob.share(bob.create_document(), ada, "editor")
        ada.document("DELETE", f"/{made[0]}")
        assert_problem(ada.document("POST", body={}), 409, "too-many-documents")
        ada.document("DELETE", f"/{made[0]}/forever")
        assert ada.document("POST", body={}).status_code == 201
