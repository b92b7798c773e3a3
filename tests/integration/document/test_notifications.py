"""Notifications: who is told of what, who is not, and what is left of them."""

import uuid
from typing import Any

import httpx
import pytest

from tests.integration.document.test_comments import Cast, cast, new_thread
from tests.people import People, Person
from tests.problems import assert_problem, wrong_fields

__all__ = ["cast"]


def notifications(person: Person, query: str = "") -> list[dict[str, Any]]:
    response = person.document("GET", f"/notifications{query}")
    assert response.status_code == 200, response.text
    return response.json()["items"]


def told(person: Person) -> list[tuple[str, str]]:
    """Kind and actor, newest first; without that the document was shared."""
    found = [(item["kind"], item["actor"]["name"]) for item in notifications(person)]
    return [each for each in found if each[0] != "shared"]


def unread(person: Person) -> int:
    response = person.document("GET", "/notifications/count")
    assert response.headers["cache-control"] == "no-store"
    return response.json()["unread"]


def read(person: Person, body: Any) -> httpx.Response:
    return person.document("POST", "/notifications/read", body)


def test_a_mention_is_told_with_what_it_says(cast: Cast):
    thread = cast.begin("owner", "Look here", mentions=[cast["viewer"].id, cast["owner"].id])
    (item,) = [each for each in notifications(cast["viewer"]) if each["kind"] == "mention"]
    assert item["document"] == {"id": cast.document, "title": "Minutes"}
    assert item["actor"]["id"] == cast["owner"].id
    assert (item["thread"], item["comment"], item["excerpt"]) == (thread["id"], thread["id"], "Look here")
    assert (item["read"], item["webhook"]) == (False, None)
    assert told(cast["owner"]) == [], "nobody is told of what they did themselves"


def test_who_takes_part_hears_of_replies_once(cast: Cast):
    thread = cast.begin("commenter")["id"]
    cast.reply("editor", thread)
    cast.reply("owner", thread, mentions=[cast["commenter"].id])
    assert told(cast["commenter"]) == [("mention", "Owner"), ("reply", "Editor")]
    assert told(cast["editor"]) == [("reply", "Owner")]
    assert told(cast["owner"]) == told(cast["viewer"]) == []


def test_an_edit_tells_only_who_was_not_mentioned_before(cast: Cast):
    editor, viewer = cast["editor"].id, cast["viewer"].id
    thread = cast.begin("owner", mentions=[editor])["id"]
    cast.call("owner", "PATCH", f"/{thread}", {"body": "Both of you", "mentions": [editor, viewer]})
    assert told(cast["editor"]) == told(cast["viewer"]) == [("mention", "Owner")]
    assert notifications(cast["viewer"])[0]["excerpt"] == "Both of you"


def test_what_cannot_be_seen_any_more_is_not_told(cast: Cast):
    cast.begin("owner", mentions=[cast["viewer"].id])
    before = unread(cast["viewer"])
    assert before >= 1
    cast["owner"].document("DELETE", f"/{cast.document}/members/{cast['viewer'].id}")
    assert (notifications(cast["viewer"]), unread(cast["viewer"])) == ([], 0)
    cast["owner"].share(cast.document, cast["viewer"], "viewer")
    assert unread(cast["viewer"]) >= before
    cast["owner"].document("DELETE", f"/{cast.document}")
    assert (notifications(cast["viewer"]), unread(cast["viewer"])) == ([], 0)


def test_of_a_deleted_comment_nothing_is_told(cast: Cast):
    thread = cast.begin("owner", mentions=[cast["viewer"].id])["id"]
    cast.reply("editor", thread)
    cast.call("owner", "DELETE", f"/{thread}")
    assert told(cast["viewer"]) == []


def test_a_refused_comment_tells_nobody(cast: Cast):
    mentions = [cast["viewer"].id, cast["stranger"].id]
    assert cast.call("owner", "POST", body=new_thread(mentions=mentions)).status_code == 400
    assert told(cast["viewer"]) == []


def test_sharing_is_told(people: People):
    ada, bob = people.register("Ada"), people.register("Bob")
    document = ada.create_document("Plan")
    ada.share(document, bob, "viewer")
    (item,) = notifications(bob)
    assert (item["kind"], item["actor"]["id"], item["document"]["title"]) == ("shared", ada.id, "Plan")
    assert (item["thread"], item["comment"], item["excerpt"]) == (None, None, None)


def test_reading_some_and_all(cast: Cast):
    viewer = cast["viewer"]
    for _ in range(3):
        cast.begin("owner", mentions=[viewer.id])
    found = notifications(viewer)
    assert unread(viewer) == len(found)
    mine = read(viewer, {"ids": [found[0]["id"], str(uuid.uuid4())]})
    assert mine.json() == {"unread": len(found) - 1}
    assert [item["id"] for item in notifications(viewer, "?unread=true")] == [item["id"] for item in found[1:]]
    assert [item["read"] for item in notifications(viewer)] == [True] + [False] * (len(found) - 1)
    assert read(cast["editor"], {"ids": [found[1]["id"]]}).status_code == 200
    assert unread(viewer) == len(found) - 1, "nobody reads for somebody else"
    assert read(viewer, {"all": True}).json() == {"unread": 0}
    assert notifications(viewer, "?unread=true") == []


@pytest.mark.parametrize("body", [{}, {"all": True, "ids": [str(uuid.uuid4())]}, {"ids": [], "all": False}])
def test_it_has_to_be_clear_what_was_read(people: People, body: dict[str, Any]):
    problem = assert_problem(read(people.register(), body), 400, "invalid-request")
    assert wrong_fields(problem) == {"ids"}


def test_pages(cast: Cast):
    viewer = cast["viewer"]
    for _ in range(4):
        cast.begin("owner", mentions=[viewer.id])
    whole = notifications(viewer)
    first = viewer.document("GET", "/notifications?limit=2").json()
    second = viewer.document("GET", f"/notifications?limit=100&cursor={first['next_cursor']}").json()
    assert first["items"] + second["items"] == whole
    assert second["next_cursor"] is None
    wrong = viewer.document("GET", "/notifications?cursor=nonsense")
    assert wrong_fields(assert_problem(wrong, 400, "invalid-request")) == {"cursor"}


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("GET", "/count"), ("POST", "/read")])
def test_without_a_token_nothing_is_told(people: People, method: str, path: str):
    person = people.register()
    url = f"{person.stage.url('document')}/api/documents/notifications{path}"
    answer = people.client().request(method, url, json={"all": True} if method == "POST" else None)
    assert_problem(answer, 401, "unauthenticated")
