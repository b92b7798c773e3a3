"""Links: made by the owner, opened by anybody who has one."""

import asyncio
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from collab_kit.events import AccessChanged
from collab_kit.tokens import RemoteKeys, TicketClaims, Verifier
from tests.datastores import Datastores
from tests.integration.document.hearing import listening, next_about
from tests.people import People, Person
from tests.problems import assert_problem, wrong_fields
from tests.services import Stage


def make_link(person: Person, document: str, role: str = "viewer", **more: Any) -> dict[str, Any]:
    made = person.document("POST", f"/{document}/links", {"role": role, **more})
    assert made.status_code == 201, made.text
    return made.json()


def open_link(stage: Stage, token: str, *, caller: Person | None = None, **body: Any) -> httpx.Response:
    headers = {"Authorization": str(caller.client.headers["Authorization"])} if caller else {}
    # Limits are by address: each caller has one of their own.
    address = body.pop("address", f"10.0.{secrets.randbelow(256)}.{secrets.randbelow(256)}")
    return httpx.post(
        f"{stage.url('document')}/api/documents/links/open",
        json={"token": token, **body},
        headers=headers | {"X-Forwarded-For": address},
        trust_env=False,
        timeout=15,
    )


async def claims_of(stage: Stage, ticket: str) -> TicketClaims:
    return await Verifier.of_tickets(RemoteKeys(f"{stage.url('document')}/.well-known/jwks.json")).verify(ticket)


async def test_a_link_lets_a_guest_in(people: People, stage: Stage):
    ada = people.register("Ada")
    document = ada.create_document("Open to all")
    link = make_link(ada, document, "commenter")
    assert link["url"] == f"{stage.public_url}/link#{link['token']}"
    assert (link["has_password"], link["expires_at"]) == (False, None)
    opened = open_link(stage, link["token"])
    assert opened.status_code == 200
    assert opened.headers["cache-control"] == "no-store"
    answer = opened.json()
    assert answer["document"] == {"id": document, "title": "Open to all"}
    assert (answer["role"], answer["expires_in_s"]) == ("commenter", 300)
    assert answer["path"] == f"/collaboration/{document}"
    claims = await claims_of(stage, answer["ticket"])
    assert (str(claims.doc), claims.role, claims.name) == (document, "commenter", "Guest")
    assert str(claims.link) == link["id"]
    other = await claims_of(stage, open_link(stage, link["token"]).json()["ticket"])
    assert other.sub != claims.sub
    assert ada.id not in {str(claims.sub), str(other.sub)}


async def test_who_is_signed_in_comes_as_themselves(people: People, stage: Stage):
    ada, bob, eve = people.register("Ada"), people.register("Bob"), people.register("Eve")
    document = ada.create_document()
    ada.share(document, bob, "viewer")
    link = make_link(ada, document, "commenter")
    for person, role, by_link in ((ada, "owner", False), (bob, "commenter", True), (eve, "commenter", True)):
        answer = open_link(stage, link["token"], caller=person).json()
        claims = await claims_of(stage, answer["ticket"])
        assert (str(claims.sub), claims.name, claims.role) == (person.id, person.name, role)
        assert claims.link == (UUID(link["id"]) if by_link else None)
        assert answer["role"] == role
    # A link gives a ticket, and nothing else.
    assert_problem(eve.document("GET", f"/{document}"), 404, "no-such-document")
    eve.client.headers["Authorization"] = "Bearer nonsense"
    assert_problem(open_link(stage, link["token"], caller=eve), 401, "unauthenticated")


def test_a_link_may_ask_for_a_password(people: People, stage: Stage):
    ada = people.register("Ada")
    link = make_link(ada, ada.create_document(), password="correct horse")
    assert link["has_password"] is True
    refused = open_link(stage, link["token"])
    assert_problem(refused, 401, "link-password-needed")
    assert "www-authenticate" not in refused.headers
    assert_problem(open_link(stage, link["token"], password="wrong horse"), 403, "link-password-wrong")
    assert open_link(stage, link["token"], password="correct horse").status_code == 200


def test_guessing_passwords_is_limited_by_link_and_address(people: People, stage: Stage):
    ada = people.register("Ada")
    document = ada.create_document()
    link = make_link(ada, document, password="correct horse")
    other = make_link(ada, document, password="correct horse")
    address = "192.0.2.7"
    for _ in range(10):
        wrong = open_link(stage, link["token"], password="wrong horse", address=address)
        assert_problem(wrong, 403, "link-password-wrong")
    refused = open_link(stage, link["token"], password="correct horse", address=address)
    assert_problem(refused, 429, "too-many-attempts")
    assert 0 < int(refused.headers["retry-after"]) <= 900
    # Neither another address nor another link is locked with it.
    assert open_link(stage, link["token"], password="correct horse", address="192.0.2.8").status_code == 200
    assert open_link(stage, other["token"], password="correct horse", address=address).status_code == 200


def test_who_knows_the_password_is_not_counted(people: People, stage: Stage):
    ada = people.register("Ada")
    link = make_link(ada, ada.create_document(), password="correct horse")
    for _ in range(12):
        assert open_link(stage, link["token"], password="correct horse", address="192.0.2.9").status_code == 200


async def test_many_guesses_at_once_do_not_slip_through(people: People, stage: Stage):
    ada = people.register("Ada")
    link = make_link(ada, ada.create_document(), password="correct horse")
    url = f"{stage.url('document')}/api/documents/links/open"
    headers = {"X-Forwarded-For": "192.0.2.10"}
    async with httpx.AsyncClient(headers=headers, trust_env=False, timeout=30) as client:
        answers = await asyncio.gather(
            *(client.post(url, json={"token": link["token"], "password": f"guess {n}"}) for n in range(20))
        )
    assert [answer.status_code for answer in answers].count(403) == 10
    assert [answer.status_code for answer in answers].count(429) == 10


@pytest.mark.parametrize("token", ["short", "a" * 43, "%2e%2e", "ü\x00", "a" * 200])
def test_what_is_no_link_says_so(stage: Stage, token: str):
    assert_problem(open_link(stage, token), 404, "no-such-link")


def test_a_link_expires(people: People, stage: Stage):
    ada = people.register("Ada")
    document = ada.create_document()
    soon = datetime.now(UTC) + timedelta(seconds=100)
    link = make_link(ada, document, expires_at=soon.isoformat())
    assert datetime.fromisoformat(link["expires_at"]) == soon
    # A ticket does not outlive the link that it came from.
    assert 0 < open_link(stage, link["token"]).json()["expires_in_s"] <= 100
    past = {"role": "viewer", "expires_at": (datetime.now(UTC) - timedelta(seconds=1)).isoformat()}
    problem = assert_problem(ada.document("POST", f"/{document}/links", past), 400, "invalid-request")
    assert wrong_fields(problem) == {"expires_at"}


async def test_an_expired_link_opens_nothing(people: People, stage: Stage):
    ada = people.register("Ada")
    document = ada.create_document()
    link = make_link(ada, document, expires_at=(datetime.now(UTC) + timedelta(hours=1)).isoformat())
    connection = await asyncpg.connect(
        stage.database.url("document"), password=stage.secret("document-database-password")
    )
    try:
        await connection.execute("update link set expires_at = now() - interval '1 second' where id = $1", link["id"])
        stored = await connection.fetchrow("select * from link where id = $1", UUID(link["id"]))
    finally:
        await connection.close()
    # The token is nowhere in the database.
    assert link["token"] not in str(dict(stored or {}))
    assert_problem(open_link(stage, link["token"]), 404, "no-such-link")
    renewed = ada.document("PATCH", f"/{document}/links/{link['id']}", {"expires_at": None})
    assert (renewed.json()["expires_at"], renewed.json()["token"]) == (None, link["token"])
    assert open_link(stage, link["token"]).status_code == 200


def test_a_link_is_changed_and_revoked(people: People, stage: Stage):
    ada = people.register("Ada")
    document = ada.create_document()
    made = ada.document("POST", f"/{document}/links", {"role": "viewer"})
    link, etag = made.json(), made.headers["etag"]
    url = f"{stage.url('document')}/api/documents/{document}/links/{link['id']}"
    changed = ada.client.patch(url, json={"role": "editor"}, headers={"If-Match": etag})
    assert (changed.status_code, changed.json()["role"]) == (200, "editor")
    assert_problem(
        ada.client.patch(url, json={"role": "viewer"}, headers={"If-Match": etag}), 412, "precondition-failed"
    )
    assert open_link(stage, link["token"]).json()["role"] == "editor"
    assert ada.document("PATCH", f"/{document}/links/{link['id']}", {"password": "a new one"}).status_code == 200
    assert_problem(open_link(stage, link["token"]), 401, "link-password-needed")
    # What is left out stays as it is.
    assert ada.document("PATCH", f"/{document}/links/{link['id']}", {"role": "viewer"}).json()["has_password"] is True
    assert ada.document("PATCH", f"/{document}/links/{link['id']}", {"password": None}).json()["has_password"] is False
    assert open_link(stage, link["token"]).json()["role"] == "viewer"
    listed = ada.document("GET", f"/{document}/links").json()["items"]
    assert [(item["id"], item["token"]) for item in listed] == [(link["id"], link["token"])]
    assert ada.document("DELETE", f"/{document}/links/{link['id']}").status_code == 204
    assert_problem(open_link(stage, link["token"]), 404, "no-such-link")
    assert_problem(ada.document("DELETE", f"/{document}/links/{link['id']}"), 404, "no-such-link")


def test_the_trash_closes_links_too(people: People, stage: Stage):
    ada = people.register("Ada")
    document = ada.create_document()
    link = make_link(ada, document)
    ada.document("DELETE", f"/{document}")
    assert_problem(open_link(stage, link["token"]), 404, "no-such-link")
    ada.document("POST", f"/{document}/restore")
    assert open_link(stage, link["token"]).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [({"role": "owner"}, "role"), ({}, "role"), ({"role": "viewer", "password": "short"}, "password"),
     ({"role": "viewer", "expires_at": "tomorrow"}, "expires_at"), ({"role": "viewer", "more": 1}, "more")],
)  # fmt: skip
def test_a_wrong_link_is_named(people: People, body: dict[str, Any], field: str):
    ada = people.register("Ada")
    document = ada.create_document()
    problem = assert_problem(ada.document("POST", f"/{document}/links", body), 400, "invalid-request")
    assert wrong_fields(problem) <= {field, "body"}


async def test_links_are_limited_and_their_creation_repeatable(people: People, stage: Stage):
    ada = people.register("Ada")
    document = ada.create_document()
    url = f"{stage.url('document')}/api/documents/{document}/links"
    headers = {"Authorization": str(ada.client.headers["Authorization"])}
    async with httpx.AsyncClient(headers=headers, trust_env=False, timeout=30) as client:
        key = {"Idempotency-Key": secrets.token_hex(8)}
        once = await asyncio.gather(*(client.post(url, json={"role": "viewer"}, headers=key) for _ in range(5)))
        assert {answer.status_code for answer in once} == {201}
        assert len({answer.json()["token"] for answer in once}) == 1
        # More at once than the service has connections to its database, yet none that waits for one for too long.
        at_once = asyncio.Semaphore(8)

        async def make() -> httpx.Response:
            async with at_once:
                return await client.post(url, json={"role": "viewer"})

        many = await asyncio.gather(*(make() for _ in range(55)))
    refused = [answer for answer in many if answer.status_code != 201]
    assert len(refused) == 6
    assert_problem(refused[0], 409, "too-many-links")
    assert len(ada.document("GET", f"/{document}/links").json()["items"]) == 50


async def test_collaboration_is_told_when_links_change(people: People, stage: Stage, datastores: Datastores):
    ada = people.register("Ada")
    document = ada.create_document()
    link = make_link(ada, document)
    async with listening(datastores) as heard:
        ada.document("PATCH", f"/{document}/links/{link['id']}", {"role": "editor"})
        ada.document("DELETE", f"/{document}/links/{link['id']}")
        ada.document("DELETE", f"/{document}/links/{uuid4()}")
        ada.document("DELETE", f"/{document}")
        expected = [AccessChanged(UUID(document))] * 3
        assert [await next_about(heard, document) for _ in expected] == expected
    assert stage
