"""Preferences, conditional changes of one's profile, and what API tokens may do."""

from typing import Any

import pytest

from tests.integration.user.harness import House
from tests.problems import assert_problem

DEFAULTS = {"theme": "system", "language": None, "email_notifications": "mentions", "spellcheck": True}


def test_what_is_left_out_stays_as_it_was(house: House):
    ada = house.person()
    assert ada.call("GET", "/me/preferences").json() == DEFAULTS
    expected = DEFAULTS
    for change in (
        {"theme": "dark"},
        {"language": "pt-BR"},
        {"email_notifications": "none", "spellcheck": False},
        {},
        {"language": None},
    ):
        expected = expected | change
        assert ada.call("PATCH", "/me/preferences", change).json() == expected
    assert ada.call("GET", "/me/preferences").json() == expected
    assert house.person().call("GET", "/me/preferences").json() == DEFAULTS


@pytest.mark.parametrize(
    "change",
    [
        {"theme": "pink"},
        {"theme": None},
        {"language": "x"},
        {"language": "english!"},
        {"language": "en\n"},
        {"language": "en" + "-abcdefgh" * 6},
        {"email_notifications": "some"},
        {"spellcheck": "yes"},
        {"colour": "#ffffff"},
    ],
)
def test_a_wrong_choice_changes_nothing(house: House, change: dict[str, Any]):
    ada = house.person()
    assert_problem(ada.call("PATCH", "/me/preferences", change), 400, "invalid-request")
    assert ada.call("GET", "/me/preferences").json() == DEFAULTS


def test_other_services_see_what_they_need(house: House):
    ada = house.person()
    ada.call("PATCH", "/me/preferences", {"email_notifications": "all", "language": "de"})
    client = house.client()
    client.headers.update(house.stage.internal_headers)
    url = f"{house.stage.url('user')}/internal/profiles"
    (found,) = client.get(url, params={"id": ada.id}).json()["items"]
    assert (found["email_notifications"], found["language"], found["disabled"]) == ("all", "de", False)
    house.tell_of_account(ada.id, email=ada.email, name="Ada", disabled=True, version=2)
    # Whose name stands in a document is known for ever; nobody new is shared with.
    assert client.get(url, params={"id": ada.id}).json()["items"][0]["disabled"] is True
    assert client.get(url, params={"email": ada.email}).json() == {"items": []}


def test_a_profile_that_has_changed_is_not_overwritten(house: House):
    ada = house.person()
    read = ada.call("GET", "/me").headers["ETag"]
    changed = ada.call("PATCH", "/me", {"name": "Ada K"}, headers={"If-Match": read})
    assert changed.status_code == 200
    assert_problem(ada.call("PATCH", "/me", {"name": "Ada L"}, headers={"If-Match": read}), 412, "precondition-failed")
    weak = ada.call("PATCH", "/me", {"name": "Ada M"}, headers={"If-Match": f"W/{changed.headers['ETag']}"})
    assert weak.json()["name"] == "Ada M"
    assert ada.call("GET", "/me").headers["ETag"] == weak.headers["ETag"]


def test_older_news_of_an_account_are_ignored(house: House):
    ada = house.person()
    house.tell_of_account(ada.id, email="new." + ada.email, name="Ada", disabled=False, version=5)
    house.tell_of_account(ada.id, email=ada.email, name="Ada", disabled=True, version=4)
    house.tell_of_account(ada.id, email=ada.email, name="Ada")
    assert ada.call("GET", "/me").json()["email"] == "new." + ada.email
    tag = ada.call("GET", "/me").headers["ETag"]
    house.tell_of_account(ada.id, email="new." + ada.email, name="Ada", disabled=False, version=5)
    assert ada.call("GET", "/me").headers["ETag"] == tag


def test_an_api_token_does_what_its_scopes_say(house: House):
    ada = house.person()
    reader = house.with_token(ada, scopes="profile:read")
    assert reader.call("GET", "/me").status_code == 200
    assert reader.call("GET", "/search?q=ada").status_code == 200
    assert_problem(reader.call("PATCH", "/me", {"name": "X"}), 403, "scope-missing")
    assert_problem(reader.call("POST", "/teams", {"name": "X"}), 403, "scope-missing")
    writer = house.with_token(ada, scopes="profile:write documents:read")
    assert_problem(writer.call("GET", "/me"), 403, "scope-missing")
    assert writer.call("PATCH", "/me", {"name": "X"}).status_code == 200
    everything = house.with_token(ada, scopes="profile:read profile:write documents:read documents:write")
    assert_problem(everything.call("DELETE", "/me", {"confirm": ada.email}), 403, "sessions-only")
    assert_problem(everything.call("GET", "/me/export"), 403, "sessions-only")
