"""One's own profile, other people's, and what only services may ask."""

import uuid

import httpx
import pytest

from tests.people import People
from tests.problems import assert_problem, wrong_fields
from tests.services import Stage


def test_a_new_person_has_a_profile_with_a_color(people: People):
    ada = people.register("Ada Lovelace")
    profile = ada.call("GET", "user", "/api/users/me").json()
    assert (profile["id"], profile["email"], profile["name"]) == (ada.id, ada.email, "Ada Lovelace")
    assert profile["color"].startswith("#")


def test_what_is_left_out_of_a_change_stays(people: People):
    ada = people.register("Ada")
    color = ada.call("GET", "user", "/api/users/me").json()["color"]
    renamed = ada.call("PATCH", "user", "/api/users/me", {"name": "  Countess   of Lovelace "}).json()
    assert (renamed["name"], renamed["color"]) == ("Countess of Lovelace", color)
    recolored = ada.call("PATCH", "user", "/api/users/me", {"color": "#ABCDEF"}).json()
    assert (recolored["name"], recolored["color"]) == ("Countess of Lovelace", "#abcdef")
    assert ada.call("PATCH", "user", "/api/users/me", {}).json() == recolored


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"name": "", "color": "red"}, {"name", "color"}),
        ({"name": "x" * 81}, {"name"}),
        ({"name": None}, {"name"}),
        ({"color": "#12345"}, {"color"}),
        ({"email": "other@example.org"}, {"email"}),
    ],
)
def test_a_wrong_change_names_its_fields_and_changes_nothing(
    people: People, change: dict[str, object], fields: set[str]
):
    ada = people.register("Ada")
    problem = assert_problem(ada.call("PATCH", "user", "/api/users/me", change), 400, "invalid-request")
    assert wrong_fields(problem) == fields
    assert ada.call("GET", "user", "/api/users/me").json()["name"] == "Ada"


def test_others_see_no_email(people: People):
    ada, bob = people.register("Ada"), people.register("Bob")
    seen = bob.call("GET", "user", f"/api/users/{ada.id}").json()
    assert seen.keys() == {"id", "name", "color", "avatar_url"}
    assert seen["name"] == "Ada"


def test_nobody_is_found_under_an_unknown_id(people: People):
    ada = people.register("Ada")
    assert_problem(ada.call("GET", "user", f"/api/users/{uuid.uuid4()}"), 404, "no-such-person")


def test_without_a_token_nothing_is_shown(people: People, stage: Stage):
    client = people.client()
    for path in ("/api/users/me", f"/api/users/{uuid.uuid4()}"):
        assert_problem(client.get(stage.url("user") + path), 401, "unauthenticated")


@pytest.mark.parametrize("token", [None, "", "wrong", "ünicode"])
def test_internal_routes_want_the_internal_token(people: People, stage: Stage, token: str | None):
    client = people.client()
    headers = httpx.Headers([] if token is None else [(b"X-Collab-Internal", token.encode())])
    found = client.get(f"{stage.url('user')}/internal/profiles?email=ada@example.org", headers=headers)
    assert_problem(found, 403, "internal-only")
    stored = client.put(
        f"{stage.url('user')}/internal/profiles/{uuid.uuid4()}", json={"email": "a@b.c", "name": "A"}, headers=headers
    )
    assert_problem(stored, 403, "internal-only")


def test_services_find_people_by_email_and_by_ids(people: People, stage: Stage):
    ada, bob = people.register("Ada"), people.register("Bob")
    client = people.client()
    client.headers.update(stage.internal_headers)
    url = f"{stage.url('user')}/internal/profiles"

    by_email = client.get(url, params={"email": ada.email.upper()}).json()["items"]
    assert [item["id"] for item in by_email] == [ada.id]
    assert client.get(url, params={"email": "nobody@example.org"}).json() == {"items": []}

    by_ids = client.get(url, params={"id": [ada.id, bob.id, str(uuid.uuid4())]}).json()["items"]
    assert {item["id"] for item in by_ids} == {ada.id, bob.id}

    assert_problem(client.get(url), 400, "invalid-request")
    assert_problem(client.get(url, params={"id": "no-uuid"}), 400, "invalid-request")
    assert_problem(client.get(url, params={"id": [str(uuid.uuid4())] * 101}), 400, "invalid-request")


def test_an_email_belongs_to_one_profile(people: People, stage: Stage):
    ada = people.register("Ada")
    stored = people.client().put(
        f"{stage.url('user')}/internal/profiles/{uuid.uuid4()}",
        json={"email": ada.email, "name": "Impostor"},
        headers=stage.internal_headers,
    )
    assert_problem(stored, 409, "email-taken")
