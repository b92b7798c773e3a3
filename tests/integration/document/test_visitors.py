"""People who came by a share link: what they may do with comments and attachments, and for how long."""

import itertools
import secrets
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.integration.document.test_links import claims_of, make_link, open_link
from tests.people import People, Person
from tests.problems import assert_problem, wrong_fields
from tests.services import Stage

THREAD: dict[str, Any] = {"anchor": {"start": "AQ==", "end": "AQ==", "quote": "this"}, "body": "Is this so?"}
FILE = {"name": "a.png", "size": 1, "type": "image/png"}


def new_key() -> str:
    return secrets.token_urlsafe(32)


@dataclass
class Guest:
    """A browser without an account that has opened a link."""

    stage: Stage
    link: dict[str, Any]
    name: str = "Mia"
    key: str = field(default_factory=new_key)
    password: str | None = None
    caller: Person | None = None
    opened: dict[str, Any] = field(default_factory=dict[str, Any])

    def open(self) -> "Guest":
        body: dict[str, Any] = {} if self.password is None else {"password": self.password}
        if self.caller is None:
            body["guest"] = {"key": self.key, "name": self.name}
        answer = open_link(self.stage, self.link["token"], caller=self.caller, **body)
        assert answer.status_code == 200, answer.text
        self.opened = answer.json()
        return self

    def call(self, method: str, path: str = "", body: Any = None, *, document: str | None = None) -> httpx.Response:
        document = document or self.opened["document"]["id"]
        return httpx.request(
            method,
            f"{self.stage.url('document')}/api/documents/linked/{document}{path}",
            json=body,
            headers={"Authorization": f"Bearer {self.opened['pass']}"},
            timeout=15,
            trust_env=False,
        )


@dataclass
class Room:
    """A document with a link for each role, and a guest who came by it."""

    owner: Person
    document: str
    links: dict[str, dict[str, Any]]
    guests: dict[str, Guest]
    stage: Stage

    def thread(self) -> str:
        made = self.owner.document("POST", f"/{self.document}/comments", THREAD)
        assert made.status_code == 201, made.text
        return made.json()["id"]

    def attachment(self) -> str:
        attachment = str(uuid4())
        values = f"'{attachment}', '{self.document}', 'a.png', 'image/png', 1, now()"
        columns = "id, document_id, name, media_type, size_bytes, completed_at"
        self.stage.database.psql(f"insert into document.attachment ({columns}) values ({values})")  # noqa: S608  # ours
        return attachment

    def change(self, link: str, **change: Any) -> None:
        changed = self.owner.document("PATCH", f"/{self.document}/links/{self.links[link]['id']}", change)
        assert changed.status_code == 200, changed.text


def make_room(stage: Stage, people: People, *roles: str) -> Room:
    owner = people.register("Ada")
    document = owner.create_document("Open to all")
    links = {role: make_link(owner, document, role) for role in roles}
    return Room(owner, document, links, {role: Guest(stage, link).open() for role, link in links.items()}, stage)


@pytest.fixture(scope="module")
def shared_room(stage: Stage) -> Generator[Room]:
    with People(stage) as people:
        yield make_room(stage, people, "viewer", "commenter", "editor")


@pytest.fixture
def room(shared_room: Room) -> Room:
    """The same for all tests, with new passes: one is good for five minutes."""
    for guest in shared_room.guests.values():
        guest.open()
    return shared_room


ALL = ("viewer", "commenter", "editor")
TALKERS = ("commenter", "editor")
# This stage has no object store: who may gets as far as that (409).
MATRIX: dict[str, tuple[str, str, Any, int, tuple[str, ...]]] = {
    "listThreads": ("GET", "/comments", None, 200, ALL),
    "createThread": ("POST", "/comments", THREAD, 201, TALKERS),
    "getThread": ("GET", "/comments/{thread}", None, 200, ALL),
    "listComments": ("GET", "/comments/{thread}/replies", None, 200, ALL),
    "createReply": ("POST", "/comments/{thread}/replies", {"body": "It is."}, 201, TALKERS),
    "resolveThread": ("POST", "/comments/{thread}/resolve", None, 200, TALKERS),
    "reopenThread": ("POST", "/comments/{thread}/reopen", None, 200, TALKERS),
    "listAttachments": ("GET", "/attachments", None, 200, ALL),
    "createAttachment": ("POST", "/attachments", FILE, 409, ("editor",)),
    "completeAttachment": ("POST", "/attachments/{attachment}/complete", None, 409, ("editor",)),
    "getAttachment": ("GET", "/attachments/{attachment}", None, 409, ALL),
    "getAttachmentUrl": ("GET", "/attachments/{attachment}/url", None, 409, ALL),
    "deleteAttachment": ("DELETE", "/attachments/{attachment}", None, 204, ("editor",)),
}


@pytest.mark.parametrize(("operation", "role"), list(itertools.product(MATRIX, ALL)))
def test_a_guest_may_do_what_the_links_role_says(room: Room, operation: str, role: str):
    method, path, body, ok, allowed = MATRIX[operation]
    filled = path.format(thread=room.thread(), attachment=room.attachment())
    answer = room.guests[role].call(method, filled, body)
    if role in allowed:
        assert answer.status_code == ok, answer.text
    else:
        assert_problem(answer, 403, "role-too-low")


@pytest.mark.parametrize(("method", "body"), [("PATCH", {"body": "No."}), ("DELETE", None)])
@pytest.mark.parametrize("role", ALL)
def test_what_others_wrote_is_not_a_guests(room: Room, role: str, method: str, body: Any):
    slug = "role-too-low" if role == "viewer" else "not-your-comment"
    assert_problem(room.guests[role].call(method, f"/comments/{room.thread()}", body), 403, slug)


def test_a_pass_opens_nothing_else(room: Room, stage: Stage):
    described = stage.url("document") + "/api/documents/schema/openapi.json"
    schema = httpx.get(described, timeout=60, trust_env=False).json()
    guest = room.guests["editor"]
    tried = 0
    for path, methods in schema["paths"].items():
        if "/linked/" in path or path.startswith("/internal"):
            continue
        filled = path.replace("{document_id}", room.document)
        while "{" in filled:
            start, end = filled.index("{"), filled.index("}")
            filled = filled[:start] + str(uuid4()) + filled[end + 1 :]
        body = {"token": room.links["viewer"]["token"]} if filled.endswith("/links/open") else None
        for method in methods:
            answer = httpx.request(
                method,
                stage.url("document") + filled,
                headers={"Authorization": f"Bearer {guest.opened['pass']}", "X-Forwarded-For": "192.0.2.60"},
                json=body,
                timeout=15,
                trust_env=False,
            )
            # 400: what is asked for is looked at first.
            assert answer.status_code in {400, 401}, f"{method} {path}: {answer.status_code}"
            tried += 1
    assert tried > 40
    other = room.owner.create_document("Mine")
    assert_problem(guest.call("GET", "/comments", document=other), 404, "no-such-document")


def test_a_guest_is_known_by_their_name_and_recognised(stage: Stage, people: People):
    room = make_room(stage, people, "commenter")
    mia = room.guests["commenter"]
    thread = mia.call("POST", "/comments", THREAD).json()
    author = thread["comments"][0]["author"]
    assert (author["id"], author["name"], author["is_guest"]) == (mia.opened["person"], "Mia", True)
    seen = room.owner.document("GET", f"/{room.document}/comments").json()["items"]
    assert seen[0]["comments"][0]["author"] == author
    # The same browser comes again, under another name: what was written stays as it was signed.
    mia.name = "Mia Again"
    mia.open()
    assert mia.opened["person"] == author["id"]
    changed = mia.call("PATCH", f"/comments/{thread['id']}", {"body": "Is it?"}).json()
    assert (changed["body"], changed["author"]["name"]) == ("Is it?", "Mia")
    other = Guest(stage, room.links["commenter"], name="Mia").open()
    assert other.opened["person"] != author["id"]
    assert_problem(other.call("DELETE", f"/comments/{thread['id']}"), 403, "not-your-comment")
    resolved = other.call("POST", f"/comments/{thread['id']}/resolve").json()
    assert (resolved["resolved_by"]["name"], resolved["resolved_by"]["is_guest"]) == ("Mia", True)
    # What let the author in stays known.
    link = stage.database.psql(f"select link_id from document.comment where id = '{thread['id']}'")  # noqa: S608  # ours
    assert link.strip() == room.links["commenter"]["id"]
    assert room.owner.document("DELETE", f"/{room.document}/comments/{thread['id']}").status_code == 204


async def test_others_see_that_a_guest_is_one(stage: Stage, people: People):
    room = make_room(stage, people, "commenter")
    claims = await claims_of(stage, room.guests["commenter"].opened["ticket"])
    assert claims.name == "Mia (guest)"
    assert str(claims.sub) == room.guests["commenter"].opened["person"]
    wrong = open_link(stage, room.links["commenter"]["token"], guest={"key": new_key(), "name": "x" * 61})
    assert wrong_fields(assert_problem(wrong, 400, "invalid-request")) == {"guest.name"}
    wrong = open_link(stage, room.links["commenter"]["token"], guest={"key": "short", "name": "Mia"})
    assert wrong_fields(assert_problem(wrong, 400, "invalid-request")) == {"guest.key"}


def test_a_guests_reply_is_told_by_name(stage: Stage, people: People):
    room = make_room(stage, people, "commenter")
    thread = room.thread()
    mia = room.guests["commenter"]
    assert mia.call("POST", f"/comments/{thread}/replies", {"body": "It is."}).status_code == 201
    told = room.owner.document("GET", "/notifications").json()["items"][0]
    assert (told["kind"], told["actor"]["name"], told["actor"]["is_guest"]) == ("reply", "Mia", True)
    # Nobody is told for the guest, who has no account.
    room.owner.document("POST", f"/{room.document}/comments/{thread}/replies", {"body": "Good."})
    count = stage.database.psql(
        f"select count(*) from document.notification where person = '{mia.opened['person']}'"  # noqa: S608  # ours
    )
    assert count.strip() == "0"


def test_who_comes_by_a_link_learns_of_nobody(stage: Stage, people: People):
    room = make_room(stage, people, "commenter")
    eve = people.register("Eve")
    visitors = (room.guests["commenter"], Guest(stage, room.links["commenter"], caller=eve).open())
    for visitor, mentioned in itertools.product(visitors, (room.owner.id, str(uuid4()))):
        refused = visitor.call("POST", "/comments", {**THREAD, "mentions": [mentioned]})
        assert wrong_fields(assert_problem(refused, 400, "invalid-request")) == {"mentions"}
        assert mentioned not in refused.text


def test_somebody_with_an_account_writes_as_themselves(stage: Stage, people: People):
    room = make_room(stage, people, "commenter")
    eve = people.register("Eve")
    visit = Guest(stage, room.links["commenter"], caller=eve).open()
    assert (visit.opened["person"], visit.opened["name"]) == (eve.id, "Eve")
    thread = visit.call("POST", "/comments", THREAD).json()
    author = thread["comments"][0]["author"]
    assert (author["id"], author["name"], author["is_guest"]) == (eve.id, "Eve", False)
    # Given a role later, it is still hers.
    room.owner.share(room.document, eve, "commenter")
    changed = eve.document("PATCH", f"/{room.document}/comments/{thread['id']}", {"body": "It is mine."})
    assert changed.status_code == 200
    # Whose own role is as strong needs no pass.
    assert open_link(stage, room.links["commenter"]["token"], caller=eve).json()["pass"] is None


def _revoke(room: Room) -> None:
    answer = room.owner.document("DELETE", f"/{room.document}/links/{room.links['commenter']['id']}")
    assert answer.status_code == 204


def _expire(room: Room) -> None:
    room.stage.database.psql(
        f"update document.link set expires_at = now() where id = '{room.links['commenter']['id']}'"  # noqa: S608  # ours
    )


def _trash(room: Room) -> None:
    assert room.owner.document("DELETE", f"/{room.document}").status_code == 204


def _set_a_password(room: Room) -> None:
    room.change("commenter", password="correct horse")


@pytest.mark.parametrize("end", [_revoke, _expire, _trash, _set_a_password])
def test_what_becomes_of_the_link_holds_at_once(stage: Stage, people: People, end: Callable[[Room], None]):
    room = make_room(stage, people, "commenter")
    mia = room.guests["commenter"]
    assert mia.call("POST", "/comments", THREAD).status_code == 201
    end(room)
    assert_problem(mia.call("GET", "/comments"), 404, "no-such-document")
    assert_problem(mia.call("POST", "/comments", THREAD), 404, "no-such-document")
    assert_problem(mia.call("GET", "/attachments"), 404, "no-such-document")


def test_a_lowered_role_holds_at_once(stage: Stage, people: People):
    room = make_room(stage, people, "commenter")
    room.change("commenter", role="viewer")
    mia = room.guests["commenter"]
    assert mia.call("GET", "/comments").status_code == 200
    assert_problem(mia.call("POST", "/comments", THREAD), 403, "role-too-low")


async def test_another_password_puts_out_who_came_by_the_old_one(stage: Stage, people: People):
    ada = people.register("Ada")
    document = ada.create_document()
    link = make_link(ada, document, "commenter", password="correct horse")
    mia = Guest(stage, link, password="correct horse").open()

    def role_by_ticket(key: UUID | None) -> str | None:
        url = f"{stage.url('document')}/internal/documents/{document}/roles"
        body = {"people": [], "links": [str(key)]}
        answer = httpx.post(url, json=body, headers=stage.internal_headers, timeout=15, trust_env=False)
        assert answer.status_code == 200, answer.text
        return answer.json()["links"][str(key)]

    old = (await claims_of(stage, mia.opened["ticket"])).link
    assert role_by_ticket(old) == "commenter"
    # Other changes put nobody out, and no more does taking the password away.
    ada.document("PATCH", f"/{document}/links/{link['id']}", {"role": "viewer"})
    ada.document("PATCH", f"/{document}/links/{link['id']}", {"password": None})
    assert role_by_ticket(old) == "viewer"
    ada.document("PATCH", f"/{document}/links/{link['id']}", {"password": "another horse"})
    assert role_by_ticket(old) is None
    assert_problem(mia.call("GET", "/comments"), 404, "no-such-document")
    person = mia.opened["person"]
    mia.password = "another horse"
    mia.open()
    assert mia.opened["person"] == person
    assert role_by_ticket((await claims_of(stage, mia.opened["ticket"])).link) == "viewer"
    assert mia.call("GET", "/comments").status_code == 200


def test_a_visitor_writes_only_so_much(stage: Stage, people: People):
    room = make_room(stage, people, "commenter")
    mia = room.guests["commenter"]
    nothing = f"/comments/{uuid4()}"
    answers = [mia.call("DELETE", nothing).status_code for _ in range(120)]
    assert set(answers) == {404}
    refused = mia.call("DELETE", nothing)
    assert_problem(refused, 429, "too-many-writes")
    assert 0 < int(refused.headers["retry-after"]) <= 300
    assert mia.call("GET", "/comments").status_code == 200
