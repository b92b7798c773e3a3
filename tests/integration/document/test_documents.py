"""Documents: made, listed page by page, renamed, deleted."""

import uuid

import pytest

from tests.people import People
from tests.problems import assert_problem, wrong_fields


def test_a_new_document_is_its_makers(people: People):
    ada = people.register("Ada")
    made = ada.document("POST", body={"title": "  Minutes\tof   Monday "})
    assert made.status_code == 201
    document = made.json()
    assert document["title"] == "Minutes of Monday"
    assert document["role"] == "owner"
    assert document["owner"].keys() == {"id", "name", "color", "avatar_url"}
    assert (document["owner"]["id"], document["owner"]["name"]) == (ada.id, "Ada")
    assert document["member_count"] == 1
    assert document["created_at"].endswith("Z")
    assert uuid.UUID(document["id"]).version == 7
    assert ada.document("GET", f"/{document['id']}").json() == document


def test_a_title_may_be_missing(people: People):
    assert people.register().document("POST", body={}).json()["title"] == ""


@pytest.mark.parametrize("body", [{"title": "x" * 201}, {"title": "a\x00b"}, {"title": None}, {"title": 1}])
def test_a_wrong_title_is_named(people: People, body: dict[str, object]):
    ada = people.register()
    assert wrong_fields(assert_problem(ada.document("POST", body=body), 400, "invalid-request")) == {"title"}
    document = ada.create_document()
    assert_problem(ada.document("PATCH", f"/{document}", body), 400, "invalid-request")
    assert ada.document("GET", f"/{document}").json()["title"] == "Minutes"


def test_pages_together_are_the_whole_list_last_edited_first(people: People):
    ada, bob = people.register("Ada"), people.register("Bob")
    made = [ada.create_document(f"Document {number}") for number in range(5)]
    shared = bob.create_document("Bob's")
    bob.share(shared, ada, "viewer")
    bob.create_document("not Ada's")
    ada.document("PATCH", f"/{made[1]}", {"title": "Edited last"})

    pages = [ada.document("GET", "?limit=2").json()]
    while (cursor := pages[-1]["next_cursor"]) is not None and len(pages) < 10:
        pages.append(ada.document("GET", f"?limit=2&cursor={cursor}").json())
    assert len(pages) == 3
    seen = [item["id"] for page in pages for item in page["items"]]
    assert seen == [made[1], shared, made[4], made[3], made[2], made[0]]


def test_the_last_page_may_be_exactly_full(people: People):
    ada = people.register()
    for _ in range(2):
        ada.create_document()
    page = ada.document("GET", "?limit=2").json()
    assert (len(page["items"]), page["next_cursor"]) == (2, None)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=many", "limit"),
        ("cursor=abc", "cursor"),
        ("cursor=", "cursor"),
        ("cursor=WzEsIm5vdCBhIHRpbWUiLCJ4Il0", "cursor"),
    ],
)
def test_a_wrong_page_is_named(people: People, query: str, field: str):
    problem = assert_problem(people.register().document("GET", f"?{query}"), 400, "invalid-request")
    assert wrong_fields(problem) == {field}


def test_a_deleted_document_is_gone_for_everyone(people: People):
    ada, bob = people.register("Ada"), people.register("Bob")
    document = ada.create_document()
    ada.share(document, bob, "editor")
    assert ada.document("DELETE", f"/{document}").status_code == 204
    for person in (ada, bob):
        assert_problem(person.document("GET", f"/{document}"), 404, "no-such-document")
        assert_problem(person.document("POST", f"/{document}/ticket"), 404, "no-such-document")
        assert person.document("GET").json()["items"] == []
    assert_problem(ada.document("DELETE", f"/{document}"), 404, "no-such-document")


def test_a_change_without_a_title_changes_nothing(people: People):
    ada = people.register()
    document = ada.create_document()
    before = ada.document("GET", f"/{document}").json()
    assert ada.document("PATCH", f"/{document}", {}).json() == before
