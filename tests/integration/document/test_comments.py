"""Threads of comments over HTTP: who may do what, what is refused, and what holds when people act at once."""

import asyncio
import base64
import uuid
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from collab_kit.events import DocumentNews
from tests.datastores import Datastores
from tests.integration.document.hearing import listening, next_about
from tests.people import People, Person
from tests.problems import assert_problem, wrong_fields

ROLES = ("owner", "editor", "commenter", "viewer", "stranger")
START, END = base64.b64encode(b"\x01\x02").decode(), base64.b64encode(b"\x03" * 20).decode()


def new_thread(body: str = "Is this so?", **more: Any) -> dict[str, Any]:
    return {"anchor": {"start": START, "end": END, "quote": "the passage"}, "body": body, **more}


@dataclass
class Cast:
    """A document and someone in every role."""

    document: str
    people: dict[str, Person]

    def __getitem__(self, role: str) -> Person:
        return self.people[role]

    def call(self, role: str, method: str, path: str = "", body: Any = None, **headers: str) -> httpx.Response:
        person = self.people[role]
        url = f"{person.stage.url('document')}/api/documents/{self.document}/comments{path}"
        return person.client.request(
            method, url, json=body, headers={k.replace("_", "-"): v for k, v in headers.items()}
        )

    def begin(self, role: str = "owner", body: str = "Is this so?", **more: Any) -> dict[str, Any]:
        response = self.call(role, "POST", body=new_thread(body, **more))
        assert response.status_code == 201, response.text
        return response.json()

    def reply(self, role: str, thread: str, body: str = "It is.", **more: Any) -> dict[str, Any]:
        response = self.call(role, "POST", f"/{thread}/replies", {"body": body, **more})
        assert response.status_code == 201, response.text
        return response.json()


@pytest.fixture
def cast(people: People) -> Cast:
    members = {role: people.register(role.title()) for role in ROLES}
    document = members["owner"].create_document()
    for role in ("editor", "commenter", "viewer"):
        assert members["owner"].share(document, members[role], role).status_code == 200
    return Cast(document, members)


def test_a_thread_from_beginning_to_end(cast: Cast):
    made = cast.begin("commenter", "  Is this\r\nso?  ")
    assert made["anchor"] == {"start": START, "end": END, "quote": "the passage"}
    assert (made["comment_count"], made["resolved_at"], made["resolved_by"]) == (1, None, None)
    (first,) = made["comments"]
    assert first["id"] == made["id"] == first["thread"]
    assert first["body"] == "Is this\nso?"
    assert first["author"] == {**first["author"], "id": cast["commenter"].id, "name": "Commenter"}
    assert (first["version"], first["edited_at"], first["deleted"]) == (1, None, False)

    reply = cast.reply("editor", made["id"])
    thread = cast.call("viewer", "GET", f"/{made['id']}").json()
    assert [comment["id"] for comment in thread["comments"]] == [made["id"], reply["id"]]
    assert cast.call("viewer", "GET").json() == {"items": [thread], "next_cursor": None}
    assert cast.call("viewer", "GET", f"/{made['id']}/replies").json()["items"] == thread["comments"]

    settled = cast.call("editor", "POST", f"/{made['id']}/resolve").json()
    assert settled["resolved_by"]["id"] == cast["editor"].id
    again = cast.call("owner", "POST", f"/{made['id']}/resolve").json()
    assert again == settled, "who resolved it first did"
    assert cast.call("viewer", "GET", "?state=open").json()["items"] == []
    assert len(cast.call("viewer", "GET", "?state=resolved").json()["items"]) == 1
    reopened = cast.call("commenter", "POST", f"/{made['id']}/reopen").json()
    assert (reopened["resolved_at"], reopened["resolved_by"]) == (None, None)


MATRIX = {
    ("GET", ""): (200, 200, 200, 200, 404),
    ("POST", ""): (201, 201, 201, 403, 404),
    ("GET", "/{thread}"): (200, 200, 200, 200, 404),
    ("GET", "/{thread}/replies"): (200, 200, 200, 200, 404),
    ("POST", "/{thread}/replies"): (201, 201, 201, 403, 404),
    ("POST", "/{thread}/resolve"): (200, 200, 200, 403, 404),
    ("POST", "/{thread}/reopen"): (200, 200, 200, 403, 404),
}


@pytest.mark.parametrize(("route", "expected"), MATRIX.items(), ids=[f"{verb}{path}" for verb, path in MATRIX])
def test_every_role_on_every_route(cast: Cast, route: tuple[str, str], expected: tuple[int, ...]):
    verb, path = route
    thread = cast.begin()["id"]
    body = {"": new_thread(), "/{thread}/replies": {"body": "Yes."}}.get(path) if verb == "POST" else None
    for role, status in zip(ROLES, expected, strict=True):
        response = cast.call(role, verb, path.replace("{thread}", thread), body)
        if status >= 400:
            assert_problem(response, status, {403: "role-too-low", 404: "no-such-document"}[status])
        else:
            assert response.status_code == status, response.text


def test_a_comment_is_changed_by_its_author_only(cast: Cast):
    thread = cast.begin("commenter")["id"]
    changed = cast.call("commenter", "PATCH", f"/{thread}", {"body": "Better"})
    assert changed.status_code == 200
    assert changed.headers["etag"] == '"2"'
    assert (changed.json()["body"], changed.json()["version"]) == ("Better", 2)
    assert changed.json()["edited_at"] is not None
    for role in ("owner", "editor"):
        assert_problem(cast.call(role, "PATCH", f"/{thread}", {"body": "Mine"}), 403, "not-your-comment")
    assert_problem(cast.call("viewer", "PATCH", f"/{thread}", {"body": "Mine"}), 403, "role-too-low")
    assert_problem(cast.call("stranger", "PATCH", f"/{thread}", {"body": "Mine"}), 404, "no-such-document")
    assert_problem(cast.call("editor", "DELETE", f"/{thread}"), 403, "not-your-comment")
    assert cast.call("owner", "DELETE", f"/{thread}").status_code == 204
    assert_problem(cast.call("commenter", "PATCH", f"/{thread}", {"body": "Late"}), 404, "no-such-comment")


def test_who_lost_the_role_cannot_change_what_they_wrote(cast: Cast):
    thread = cast.begin("commenter")["id"]
    cast["owner"].share(cast.document, cast["commenter"], "viewer")
    assert_problem(cast.call("commenter", "PATCH", f"/{thread}", {"body": "Still"}), 403, "role-too-low")


def test_a_stale_etag_changes_nothing(cast: Cast):
    thread = cast.begin()["id"]
    assert cast.call("owner", "PATCH", f"/{thread}", {"body": "Two"}, if_match='"1"').status_code == 200
    stale = cast.call("owner", "PATCH", f"/{thread}", {"body": "Three"}, if_match='"1"')
    assert_problem(stale, 412, "precondition-failed")
    assert_problem(cast.call("owner", "DELETE", f"/{thread}", if_match='"1"'), 412, "precondition-failed")
    assert cast.call("owner", "GET", f"/{thread}").json()["comments"][0]["body"] == "Two"
    assert cast.call("owner", "DELETE", f"/{thread}", if_match='"2"').status_code == 204


async def test_of_changes_at_once_to_one_version_one_wins(cast: Cast):
    thread = cast.begin()["id"]
    answers = await asyncio.gather(
        *(
            asyncio.to_thread(cast.call, "owner", "PATCH", f"/{thread}", {"body": f"{number}"}, if_match='"1"')
            for number in range(6)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 5


def test_deleting_keeps_what_others_wrote(cast: Cast):
    thread = cast.begin("editor")["id"]
    reply = cast.reply("commenter", thread)["id"]
    assert cast.call("editor", "DELETE", f"/{thread}").status_code == 204
    kept = cast.call("viewer", "GET", f"/{thread}").json()
    assert kept["comment_count"] == 2
    assert [(comment["deleted"], comment["body"]) for comment in kept["comments"]] == [(True, ""), (False, "It is.")]
    assert_problem(cast.call("editor", "DELETE", f"/{thread}"), 404, "no-such-comment")
    assert cast.call("commenter", "DELETE", f"/{reply}").status_code == 204
    assert_problem(cast.call("viewer", "GET", f"/{thread}"), 404, "no-such-thread")


async def test_the_last_comments_deleted_at_once_leave_nothing(cast: Cast):
    thread = cast.begin("editor")["id"]
    replies = [cast.reply("owner", thread)["id"] for _ in range(4)]
    answers = await asyncio.gather(
        *(asyncio.to_thread(cast.call, "owner", "DELETE", f"/{comment}") for comment in [thread, *replies])
    )
    assert {answer.status_code for answer in answers} == {204}
    assert cast.call("owner", "GET").json()["items"] == []


def test_only_who_can_see_the_document_can_be_mentioned(cast: Cast):
    stranger, viewer = cast["stranger"].id, cast["viewer"].id
    refused = cast.call("owner", "POST", body=new_thread(mentions=[viewer, stranger]))
    problem = assert_problem(refused, 400, "invalid-request")
    assert wrong_fields(problem) == {"mentions"}
    assert stranger in problem["errors"][0]["message"]
    assert viewer not in problem["errors"][0]["message"]
    assert cast.call("owner", "GET").json()["items"] == [], "nothing of it was kept"

    thread = cast.begin("owner", mentions=[viewer, viewer])
    assert thread["comments"][0]["mentions"] == [viewer]
    for path, method in ((f"/{thread['id']}/replies", "POST"), (f"/{thread['id']}", "PATCH")):
        refused = cast.call("owner", method, path, {"body": "And you", "mentions": [stranger]})
        assert wrong_fields(assert_problem(refused, 400, "invalid-request")) == {"mentions"}
    # Who was mentioned and has left since is no reason to refuse another text.
    cast["owner"].document("DELETE", f"/{cast.document}/members/{viewer}")
    edited = cast.call("owner", "PATCH", f"/{thread['id']}", {"body": "Still", "mentions": [viewer]})
    assert edited.status_code == 200, edited.text


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"body": " "}, "body"),
        ({"body": "x" * 4001}, "body"),
        ({"body": "a\x00b"}, "body"),
        ({"anchor": {"start": "not base64!", "end": END}}, "anchor.start"),
        ({"anchor": {"start": START, "end": ""}}, "anchor.end"),
        ({"anchor": {"start": START, "end": base64.b64encode(b"x" * 513).decode()}}, "anchor.end"),
        ({"anchor": {"start": START, "end": END, "quote": "x" * 501}}, "anchor.quote"),
        ({"mentions": [str(uuid.uuid4()) for _ in range(21)]}, "mentions"),
    ],
)
def test_wrong_input_names_its_field(cast: Cast, change: dict[str, Any], field: str):
    problem = assert_problem(cast.call("owner", "POST", body={**new_thread(), **change}), 400, "invalid-request")
    assert wrong_fields(problem) == {field}


def test_what_is_not_there(cast: Cast):
    nobody = uuid.uuid4()
    for method, path, body in (
        ("GET", "", None),
        ("GET", "/replies", None),
        ("POST", "/replies", {"body": "Hello"}),
        ("POST", "/resolve", None),
    ):
        assert_problem(cast.call("owner", method, f"/{nobody}{path}", body), 404, "no-such-thread")
    assert_problem(cast.call("owner", "PATCH", f"/{nobody}", {"body": "x"}), 404, "no-such-comment")
    assert_problem(cast.call("owner", "DELETE", f"/{nobody}"), 404, "no-such-comment")


def test_a_thread_of_another_document_is_not_there(cast: Cast):
    thread = cast.begin()["id"]
    reply = cast.reply("owner", thread)["id"]
    other = Cast(cast["owner"].create_document(), cast.people)
    assert_problem(other.call("owner", "GET", f"/{thread}"), 404, "no-such-thread")
    assert_problem(other.call("owner", "POST", f"/{thread}/replies", {"body": "x"}), 404, "no-such-thread")
    assert_problem(other.call("owner", "PATCH", f"/{reply}", {"body": "x"}), 404, "no-such-comment")
    assert_problem(other.call("owner", "DELETE", f"/{reply}"), 404, "no-such-comment")


def test_pages(cast: Cast):
    threads = [cast.begin(body=f"{number}")["id"] for number in range(5)]
    found: list[str] = []
    cursor = ""
    while True:
        page = cast.call("viewer", "GET", f"?limit=2{cursor}").json()
        found += [thread["id"] for thread in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert found == threads
    for number in range(21):
        cast.reply("owner", threads[0], f"{number}")
    long = cast.call("viewer", "GET", f"/{threads[0]}").json()
    assert (long["comment_count"], len(long["comments"])) == (22, 20)
    first = cast.call("viewer", "GET", f"/{threads[0]}/replies?limit=20").json()
    rest = cast.call("viewer", "GET", f"/{threads[0]}/replies?cursor={first['next_cursor']}").json()
    assert first["items"] == long["comments"]
    assert [comment["body"] for comment in rest["items"]] == ["19", "20"]
    wrong = cast.call("viewer", "GET", f"?cursor={first['next_cursor']}")
    assert wrong_fields(assert_problem(wrong, 400, "invalid-request")) == {"cursor"}


async def test_a_creation_repeated_with_its_key_makes_one(cast: Cast):
    answers = await asyncio.gather(
        *(asyncio.to_thread(cast.call, "owner", "POST", body=new_thread(), idempotency_key="k") for _ in range(4))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    thread = answers[0].json()["id"]
    other = cast.call("owner", "POST", body=new_thread("Another"), idempotency_key="k")
    assert_problem(other, 422, "idempotency-key-reused")
    replies = [
        cast.call("owner", "POST", f"/{thread}/replies", {"body": "Once"}, idempotency_key="r").json()["id"]
        for _ in range(2)
    ]
    assert replies[0] == replies[1]
    assert cast.call("owner", "GET").json()["items"][0]["comment_count"] == 2


async def test_changes_are_announced(cast: Cast, datastores: Datastores):
    async with listening(datastores) as heard:
        thread = (await asyncio.to_thread(cast.begin))["id"]
        await asyncio.to_thread(cast.reply, "editor", thread)
        await asyncio.to_thread(cast.call, "owner", "PATCH", f"/{thread}", {"body": "Other"})
        await asyncio.to_thread(cast.call, "owner", "POST", f"/{thread}/resolve")
        await asyncio.to_thread(cast.call, "owner", "DELETE", f"/{thread}")
        for _ in range(5):
            event = await next_about(heard, cast.document)
            assert event == DocumentNews(uuid.UUID(cast.document), "comments")


def test_the_limits_hold_at_the_last_place(cast: Cast):
    database = cast["owner"].stage.database
    columns = "id, document_id, anchor_start, anchor_end, quote, created_by, comments"
    values = f"uuidv7(), '{cast.document}', 'AA==', 'AA==', '', '{cast['owner'].id}', 1"
    many = f"insert into document.comment_thread ({columns}) select {values} from generate_series(1, 1999)"  # noqa: S608  # ours
    database.psql(many)

    async def begin_at_once() -> list[int]:
        calls = (asyncio.to_thread(cast.call, "owner", "POST", body=new_thread()) for _ in range(4))
        return [answer.status_code for answer in await asyncio.gather(*calls)]

    assert sorted(asyncio.run(begin_at_once())) == [201, 409, 409, 409]
    assert_problem(cast.call("owner", "POST", body=new_thread()), 409, "too-many-threads")
    thread = cast.call("owner", "GET", "?limit=1").json()["items"][0]["id"]
    database.psql(f"update document.comment_thread set comments = 500 where id = '{thread}'")  # noqa: S608  # ours
    assert_problem(cast.call("owner", "POST", f"/{thread}/replies", {"body": "x"}), 409, "thread-full")
