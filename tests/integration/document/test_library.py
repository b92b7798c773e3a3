"""Everybody's own order: favourites, what was opened last, folders."""

import asyncio
import secrets
from typing import Any
from uuid import uuid4

import httpx
import pytest

from collab_document.library.rules import MAX_DEPTH
from tests.people import People, Person
from tests.problems import assert_problem, wrong_fields
from tests.services import Stage


def listed(person: Person, query: str) -> list[str]:
    response = person.document("GET", f"?{query}")
    assert response.status_code == 200, response.text
    return [item["id"] for item in response.json()["items"]]


def make_folder(person: Person, name: str = "Meetings", parent: str | None = None) -> str:
    made = person.document("POST", "/folders", {"name": name, "parent": parent})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def folders(person: Person) -> dict[str, dict[str, Any]]:
    return {item["id"]: item for item in person.document("GET", "/folders").json()["items"]}


def test_favourites_are_ones_own_and_the_newest_first(people: People):
    ada, bob = people.register("Ada"), people.register("Bob")
    first, second, other = (ada.create_document(title) for title in ("first", "second", "other"))
    ada.share(first, bob, "viewer")
    for document in (second, first, second):
        assert ada.document("PUT", f"/{document}/favourite").status_code == 204
    assert listed(ada, "filter=favourites") == [first, second]
    assert listed(bob, "filter=favourites") == []
    assert bob.document("PUT", f"/{first}/favourite").status_code == 204
    assert ada.document("GET", f"/{other}").json()["favourite"] is False
    for _ in range(2):
        assert ada.document("DELETE", f"/{first}/favourite").status_code == 204
    assert listed(ada, "filter=favourites") == [second]
    assert listed(bob, "filter=favourites") == [first]


def test_a_favourite_that_is_no_longer_shared_is_not_listed(people: People):
    ada, bob = people.register("Ada"), people.register("Bob")
    document = ada.create_document()
    ada.share(document, bob, "viewer")
    bob.document("PUT", f"/{document}/favourite")
    bob.document("POST", f"/{document}/opened")
    ada.document("DELETE", f"/{document}/members/{bob.id}")
    assert listed(bob, "filter=favourites") == listed(bob, "filter=recent") == []
    assert_problem(bob.document("PUT", f"/{document}/favourite"), 404, "no-such-document")


def test_what_was_opened_last_comes_first(people: People):
    ada = people.register("Ada")
    first, second, never = (ada.create_document(title) for title in ("first", "second", "never"))
    assert ada.document("POST", f"/{second}/opened").status_code == 204
    assert ada.document("POST", f"/{first}/ticket").status_code == 200
    assert listed(ada, "filter=recent") == [first, second]
    assert ada.document("GET", f"/{never}").json()["opened_at"] is None
    pages = ada.document("GET", "?filter=recent&limit=1").json()
    assert listed(ada, f"filter=recent&limit=1&cursor={pages['next_cursor']}") == [second]


def test_lists_of_what_is_mine_and_what_is_shared(people: People):
    ada, bob = people.register("Ada"), people.register("Bob")
    mine, shared = ada.create_document("mine"), bob.create_document("shared")
    bob.share(shared, ada, "viewer")
    assert listed(ada, "filter=mine") == [mine]
    assert listed(ada, "filter=shared") == [shared]
    assert listed(ada, "filter=all") == [shared, mine]


@pytest.mark.parametrize(("query", "field"), [("filter=none", "filter"), ("folder=1", "folder")])
def test_a_wrong_list_is_named(people: People, query: str, field: str):
    problem = assert_problem(people.register().document("GET", f"?{query}"), 400, "invalid-request")
    assert wrong_fields(problem) == {field}


def test_a_cursor_of_another_list_is_refused(people: People):
    ada = people.register("Ada")
    for _ in range(2):
        ada.create_document()
    cursor = ada.document("GET", "?filter=mine&limit=1").json()["next_cursor"]
    assert_problem(ada.document("GET", f"?filter=all&cursor={cursor}"), 400, "invalid-request")


def test_folders_hold_what_each_puts_into_theirs(people: People):
    ada, bob = people.register("Ada"), people.register("Bob")
    of_ada, of_bob = make_folder(ada), make_folder(bob)
    document = ada.document("POST", body={"title": "Filed", "folder": of_ada}).json()
    assert document["folder"] == of_ada
    ada.share(document["id"], bob, "viewer")
    assert bob.document("PUT", f"/{document['id']}/folder", {"folder": of_bob}).status_code == 204
    assert listed(ada, f"folder={of_ada}") == listed(bob, f"folder={of_bob}") == [document["id"]]
    assert listed(bob, f"folder={of_ada}") == []
    assert ada.document("PUT", f"/{document['id']}/folder", {"folder": None}).status_code == 204
    assert listed(ada, f"folder={of_ada}") == []
    assert_problem(ada.document("GET", f"?folder={of_ada}&filter=mine"), 400, "invalid-request")


def test_somebody_elses_folder_is_none(people: People):
    ada, bob = people.register("Ada"), people.register("Bob")
    folder, document = make_folder(bob), ada.create_document()
    for refused in (
        ada.document("POST", body={"folder": folder}),
        ada.document("PUT", f"/{document}/folder", {"folder": folder}),
        ada.document("POST", "/folders", {"name": "Inside", "parent": folder}),
        ada.document("PATCH", f"/folders/{folder}", {"name": "Mine"}),
        ada.document("DELETE", f"/folders/{folder}"),
    ):
        assert_problem(refused, 404, "no-such-folder")
    # The creation was refused as a whole.
    assert listed(ada, "filter=mine") == [document]


def test_what_was_in_a_deleted_folder_moves_up(people: People):
    ada = people.register("Ada")
    top = make_folder(ada, "Top")
    middle = make_folder(ada, "Middle", top)
    bottom = make_folder(ada, "Bottom", middle)
    document = ada.document("POST", body={"folder": middle}).json()["id"]
    assert ada.document("DELETE", f"/folders/{middle}").status_code == 204
    assert {folder: item["parent"] for folder, item in folders(ada).items()} == {top: None, bottom: top}
    assert listed(ada, f"folder={top}") == [document]
    ada.document("DELETE", f"/folders/{top}")
    assert ada.document("GET", f"/{document}").json()["folder"] is None


def test_folders_are_renamed_and_moved_by_version(people: People):
    ada = people.register("Ada")
    made = ada.document("POST", "/folders", {"name": " My   folder "})
    folder, etag = made.json(), made.headers["etag"]
    assert folder["name"] == "My folder"
    target = f"{ada.stage.url('document')}/api/documents/folders/{folder['id']}"
    renamed = ada.client.patch(target, json={"name": "Other"}, headers={"If-Match": etag})
    assert (renamed.status_code, renamed.json()["name"]) == (200, "Other")
    assert renamed.headers["etag"] != etag
    late = ada.client.patch(target, json={"name": "Lost"}, headers={"If-Match": etag})
    assert_problem(late, 412, "precondition-failed")
    assert_problem(ada.document("PATCH", f"/folders/{folder['id']}", {"name": ""}), 400, "invalid-request")


def test_folders_are_never_inside_themselves_nor_too_deep(people: People):
    ada = people.register("Ada")
    chain = [make_folder(ada, "1")]
    for level in range(1, MAX_DEPTH):
        chain.append(make_folder(ada, str(level + 1), chain[-1]))
    deeper = ada.document("POST", "/folders", {"name": "too deep", "parent": chain[-1]})
    assert_problem(deeper, 409, "folders-too-deep")
    for parent in (chain[0], chain[3]):
        moved = ada.document("PATCH", f"/folders/{chain[0]}", {"parent": parent})
        assert_problem(moved, 409, "folder-cycle")
    above = make_folder(ada, "above")
    assert_problem(ada.document("PATCH", f"/folders/{chain[0]}", {"parent": above}), 409, "folders-too-deep")
    assert ada.document("PATCH", f"/folders/{chain[1]}", {"parent": None}).status_code == 200
    assert_problem(ada.document("PATCH", f"/folders/{chain[0]}", {"parent": str(uuid4())}), 404, "no-such-folder")


async def test_moves_at_the_same_time_make_no_cycle(people: People, stage: Stage):
    ada = people.register("Ada")
    first, second = make_folder(ada, "first"), make_folder(ada, "second")
    url = f"{stage.url('document')}/api/documents/folders"
    headers = {"Authorization": str(ada.client.headers["Authorization"])}
    async with httpx.AsyncClient(headers=headers, trust_env=False, timeout=15) as client:
        for _ in range(10):
            answers = await asyncio.gather(
                client.patch(f"{url}/{first}", json={"parent": second}),
                client.patch(f"{url}/{second}", json={"parent": first}),
            )
            assert sorted(answer.status_code for answer in answers) == [200, 409]
            assert None in {item["parent"] for item in folders(ada).values()}
            for folder in (first, second):
                assert (await client.patch(f"{url}/{folder}", json={"parent": None})).status_code == 200


async def test_a_folder_deleted_while_it_is_filled_loses_nothing(people: People, stage: Stage):
    ada = people.register("Ada")
    url = f"{stage.url('document')}/api/documents"
    headers = {"Authorization": str(ada.client.headers["Authorization"])}
    document = ada.create_document()
    async with httpx.AsyncClient(headers=headers, trust_env=False, timeout=15) as client:
        for _ in range(10):
            folder = make_folder(ada)
            deleted, placed = await asyncio.gather(
                client.delete(f"{url}/folders/{folder}"),
                client.put(f"{url}/{document}/folder", json={"folder": folder}),
            )
            assert deleted.status_code == 204
            assert placed.status_code in {204, 404}
            assert ada.document("GET", f"/{document}").json()["folder"] is None


def test_folders_are_paged(people: People):
    ada = people.register("Ada")
    made = {make_folder(ada, str(number)) for number in range(3)}
    page = ada.document("GET", "/folders?limit=2").json()
    rest = ada.document("GET", f"/folders?limit=2&cursor={page['next_cursor']}").json()
    assert {item["id"] for item in page["items"] + rest["items"]} == made
    assert rest["next_cursor"] is None
    assert_problem(ada.document("GET", "/folders?cursor=x"), 400, "invalid-request")


def test_what_carried_the_same_key_was_made_once(people: People, stage: Stage):
    ada = people.register("Ada")
    key = {"Idempotency-Key": secrets.token_hex(8)}
    url = f"{stage.url('document')}/api/documents/folders"
    first, again = (ada.client.post(url, json={"name": "Once"}, headers=key) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert len(folders(ada)) == 1
