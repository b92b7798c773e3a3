"""Who may do what: every route by every role, and how roles are given and taken."""

import uuid
from dataclasses import dataclass

import pytest

from collab_kit.tokens import RemoteKeys, Verifier
from tests.people import People, Person
from tests.problems import assert_problem, wrong_fields
from tests.services import Stage

ROLES = ("owner", "editor", "commenter", "viewer", "stranger")


@dataclass
class Cast:
    """A document and someone in every role."""

    document: str
    people: dict[str, Person]

    def __getitem__(self, role: str) -> Person:
        return self.people[role]


@pytest.fixture
def cast(people: People) -> Cast:
    members = {role: people.register(role.title()) for role in ROLES}
    document = members["owner"].create_document()
    for role in ("editor", "commenter", "viewer"):
        assert members["owner"].share(document, members[role], role).status_code == 200
    return Cast(document, members)


# What each role is answered, in the order of ROLES.
MATRIX = {
    ("GET", ""): (200, 200, 200, 200, 404),
    ("PATCH", ""): (200, 200, 403, 403, 404),
    ("GET", "/members"): (200, 200, 200, 200, 404),
    ("POST", "/ticket"): (200, 200, 200, 200, 404),
    ("PUT", "/members"): (200, 403, 403, 403, 404),
    ("DELETE", "/members/viewer"): (204, 403, 403, 204, 404),
    ("DELETE", ""): (204, 403, 403, 403, 404),
}
SLUGS = {403: "role-too-low", 404: "no-such-document"}


@pytest.mark.parametrize(("route", "expected"), MATRIX.items(), ids=[f"{verb}{path}" for verb, path in MATRIX])
def test_every_role_on_every_route(cast: Cast, route: tuple[str, str], expected: tuple[int, ...]):
    verb, path = route
    body = {
        ("PATCH", ""): {"title": "Renamed"},
        ("PUT", "/members"): {"email": cast["commenter"].email, "role": "commenter"},
    }.get(route)
    # Weakest first, so that what the owner may do does not take the document away from the others.
    for role, status in reversed(list(zip(ROLES, expected, strict=True))):
        assert cast["owner"].share(cast.document, cast["viewer"], "viewer").status_code == 200
        target = path.replace("viewer", cast["viewer"].id)
        response = cast[role].document(verb, f"/{cast.document}{target}", body)
        if status >= 400:
            assert_problem(response, status, SLUGS[status])
        else:
            assert response.status_code == status, f"{role}: {response.text}"


@pytest.mark.parametrize(
    ("verb", "path"),
    [("GET", ""), ("POST", ""), ("GET", "/{id}"), ("PATCH", "/{id}"), ("DELETE", "/{id}"), ("GET", "/{id}/members"),
     ("PUT", "/{id}/members"), ("DELETE", "/{id}/members/{id}"), ("POST", "/{id}/ticket")],
)  # fmt: skip
def test_without_a_token_every_route_refuses(people: People, stage: Stage, verb: str, path: str):
    url = f"{stage.url('document')}/api/documents{path.replace('{id}', str(uuid.uuid4()))}"
    body = {"email": "a@example.org", "role": "viewer"} if verb == "PUT" else {}
    assert_problem(people.client().request(verb, url, json=body), 401, "unauthenticated")


def test_members_are_listed_with_the_owner_first(cast: Cast):
    items = cast["viewer"].document("GET", f"/{cast.document}/members").json()["items"]
    assert [item["role"] for item in items] == ["owner", "editor", "commenter", "viewer"]
    assert items[0]["user"]["email"] == cast["owner"].email
    assert items[0]["user"].keys() == {"id", "name", "email", "color", "avatar_url"}
    assert cast["editor"].document("GET", f"/{cast.document}").json()["member_count"] == 4


def test_a_role_can_be_changed_and_counts_at_once(cast: Cast):
    assert cast["owner"].share(cast.document, cast["viewer"], "editor").json()["role"] == "editor"
    renamed = cast["viewer"].document("PATCH", f"/{cast.document}", {"title": "By the former viewer"})
    assert renamed.status_code == 200
    assert renamed.json()["member_count"] == 4


def test_sharing_takes_any_case_of_an_email(cast: Cast):
    body = {"email": cast["stranger"].email.upper(), "role": "viewer"}
    shared = cast["owner"].document("PUT", f"/{cast.document}/members", body)
    assert shared.json()["user"]["id"] == cast["stranger"].id


def test_the_owner_stays_the_owner(cast: Cast):
    owner = cast["owner"]
    assert_problem(owner.share(cast.document, owner, "viewer"), 409, "owner-role-fixed")
    leaving = owner.document("DELETE", f"/{cast.document}/members/{owner.id}")
    assert_problem(leaving, 409, "owner-role-fixed")
    assert owner.document("GET", f"/{cast.document}").json()["role"] == "owner"


def test_ownership_cannot_be_given(cast: Cast):
    problem = assert_problem(cast["owner"].share(cast.document, cast["editor"], "owner"), 400, "invalid-request")
    assert wrong_fields(problem) == {"role"}


def test_sharing_with_nobody_says_so(cast: Cast):
    body = {"email": "nobody@example.org", "role": "viewer"}
    assert_problem(cast["owner"].document("PUT", f"/{cast.document}/members", body), 404, "no-such-person")


def test_removing_who_is_no_member_says_so(cast: Cast):
    removed = cast["owner"].document("DELETE", f"/{cast.document}/members/{cast['stranger'].id}")
    assert_problem(removed, 404, "no-such-member")


def test_who_left_sees_nothing_any_more(cast: Cast):
    viewer = cast["viewer"]
    assert viewer.document("DELETE", f"/{cast.document}/members/{viewer.id}").status_code == 204
    assert_problem(viewer.document("GET", f"/{cast.document}"), 404, "no-such-document")


async def test_a_ticket_says_who_may_do_what_where(cast: Cast, stage: Stage):
    verifier = Verifier.of_tickets(RemoteKeys(f"{stage.url('document')}/.well-known/jwks.json"))
    for role in ("owner", "editor", "commenter", "viewer"):
        answer = cast[role].document("POST", f"/{cast.document}/ticket").json()
        assert (answer["role"], answer["path"], answer["expires_in_s"]) == (
            role,
            f"/collaboration/{cast.document}",
            300,
        )
        claims = await verifier.verify(answer["ticket"])
        assert (str(claims.sub), str(claims.doc), claims.role) == (cast[role].id, cast.document, role)
        assert claims.name == cast[role].name
