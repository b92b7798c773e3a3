"""What administrators see and change, and that nobody else does."""

from typing import Any

import pytest

from tests.integration.user.harness import House, Member
from tests.problems import assert_problem


def accounts(admin: Member, **query: str) -> list[dict[str, Any]]:
    answer = admin.client.get(f"{admin.base_url}/api/users", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def ids(found: list[dict[str, Any]]) -> list[str]:
    return [account["id"] for account in found]


def test_only_administrators_administrate(house: House):
    ada, bob = house.person(), house.person("Bob")
    for method, path, body in (
        ("GET", "", None),
        ("PATCH", f"/{bob.id}", {"disabled": True}),
        ("DELETE", f"/{bob.id}", None),
    ):
        assert_problem(ada.call(method, path, body), 403, "admins-only")
    admin = house.person("Root", admin=True)
    token = house.with_token(admin, scopes="profile:read profile:write", admin=True)
    assert_problem(token.call("GET", ""), 403, "scope-missing")
    assert house.with_token(admin, scopes="profile:read admin", admin=True).call("GET", "").status_code == 200
    assert_problem(house.client().get(f"{ada.base_url}/api/users"), 401, "unauthenticated")


def test_people_are_listed_newest_first_in_pages(house: House):
    admin = house.person("Root", admin=True)
    made = [house.person(f"P{number}").id for number in range(3)]
    first = admin.call("GET", "?limit=2").json()
    rest = admin.call("GET", f"?limit=2&cursor={first['next_cursor']}").json()
    assert (ids(first["items"]) + ids(rest["items"]))[:4] == [*made[::-1], admin.id]
    shown = first["items"][0]
    assert shown.keys() == {
        "id", "email", "name", "is_admin", "disabled", "verified", "created_at", "last_seen_at", "erasing",
        "color", "avatar_url",
    }  # fmt: skip
    assert (shown["last_seen_at"], shown["erasing"]) == (None, False)
    assert_problem(admin.call("GET", "?cursor=x"), 400, "invalid-request")
    assert_problem(admin.call("GET", "?limit=101"), 400, "invalid-request")
    assert_problem(admin.call("GET", "?state=odd"), 400, "invalid-request")


def test_who_was_here_is_seen_to_the_hour(house: House):
    admin, ada = house.person("Root", admin=True), house.person("Ada")
    ada.call("GET", "/me")
    (shown,) = accounts(admin, query=ada.email)
    assert shown["last_seen_at"].endswith(":00:00Z")


def test_people_are_found_by_name_address_and_state(house: House):
    admin = house.person("Root", admin=True)
    bob = house.person("Bob Xylophone", email=f"xyz-{admin.id[-6:]}@example.org")
    assert ids(accounts(admin, query="xylo")) == [bob.id]
    assert ids(accounts(admin, query="b xylo")) == [bob.id]
    assert ids(accounts(admin, query=bob.email[:10].upper())) == [bob.id]
    assert accounts(admin, query="%") == []
    assert admin.id in ids(accounts(admin, state="admin"))
    assert bob.id not in ids(accounts(admin, state="admin"))
    assert ids(accounts(admin, query="xylo", state="disabled")) == []
    admin.call("PATCH", f"/{bob.id}", {"disabled": True})
    assert ids(accounts(admin, query="xylo", state="disabled")) == [bob.id]
    assert ids(accounts(admin, query="xylo", state="active")) == []
    assert ids(accounts(admin, query="xylo", state="unverified")) == []


def test_auth_decides_and_is_told_by_whom(house: House):
    admin, bob = house.person("Root", admin=True), house.person("Bob")
    changed = admin.call("PATCH", f"/{bob.id}", {"is_admin": True, "disabled": False, "name": "  Bobby  B "})
    assert changed.status_code == 200, changed.text
    assert (changed.json()["is_admin"], changed.json()["disabled"], changed.json()["name"]) == (True, False, "Bobby B")
    (call,) = house.peers.asked("PATCH", f"/internal/accounts/{bob.id}")
    assert call.body == {"is_admin": True, "disabled": False, "by": admin.id}
    assert accounts(admin, query=bob.email)[0]["is_admin"] is True
    # An older delivery of auth's outbox does not undo it.
    house.tell_of_account(bob.id, email=bob.email, name="Bob", is_admin=False, version=1)
    assert accounts(admin, query=bob.email)[0]["is_admin"] is True
    # A name alone is no business of auth's.
    admin.call("PATCH", f"/{bob.id}", {"name": "Bob"})
    assert len(house.peers.asked("PATCH", f"/internal/accounts/{bob.id}")) == 1


def test_what_auth_refuses_changes_nothing(house: House):
    admin, bob = house.person("Root", admin=True), house.person("Bob")
    house.peers.last_admin = admin.id
    refused = admin.call("PATCH", f"/{admin.id}", {"is_admin": False, "name": "Gone"})
    assert_problem(refused, 409, "last-admin")
    house.peers.away.add("accounts")
    assert_problem(admin.call("PATCH", f"/{bob.id}", {"disabled": True, "name": "Gone"}), 503, "service-unavailable")
    assert accounts(admin, query=bob.email)[0]["name"] == "Bob"
    assert accounts(admin, query=admin.email)[0]["name"] == "Root"
    assert_problem(admin.call("PATCH", "/00000000-0000-7000-8000-000000000000", {"name": "X"}), 404, "no-such-person")


@pytest.mark.parametrize("change", [{"is_admin": None}, {"disabled": "yes"}, {"name": ""}, {"email": "x@y.z"}])
def test_a_wrong_change_asks_nobody(house: House, change: dict[str, Any]):
    admin, bob = house.person("Root", admin=True), house.person("Bob")
    assert_problem(admin.call("PATCH", f"/{bob.id}", {"disabled": True} | change), 400, "invalid-request")
    assert not house.peers.asked("PATCH", f"/internal/accounts/{bob.id}")
