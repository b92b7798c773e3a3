"""Erasing people, and giving them what is known of them."""

import io
import json
import signal
import zipfile

from tests.datastores import wait_until
from tests.integration.user.harness import House, Member
from tests.integration.user.test_avatars import key_of, objects_of, picture, show, upload
from tests.integration.user.test_teams import add, at_once, make_team, roles
from tests.problems import assert_problem


def is_gone(house: House, person: Member) -> bool:
    return house.person("Looker").call("GET", f"/{person.id}").status_code == 404


def test_a_person_is_erased_everywhere(house: House):
    admin, bob, eve = house.person("Root", admin=True), house.person("Bob"), house.person("Eve")
    url = upload(bob, picture()).json()["avatar_url"]
    key = key_of(house, bob)
    bob.call("PATCH", "/me/preferences", {"theme": "dark"})
    alone, shared = make_team(bob, "Alone"), make_team(bob, "Shared")
    add(bob, shared, eve)
    erased = admin.call("DELETE", f"/{bob.id}")
    assert erased.status_code == 204, erased.text

    (ended,) = house.peers.asked("DELETE", f"/internal/accounts/{bob.id}")
    assert ended.body == {"by": admin.id}
    assert len(house.peers.asked("DELETE", f"/internal/people/{bob.id}")) == 1
    assert is_gone(house, bob)
    assert_problem(show(house, url), 404, "no-such-avatar")
    assert roles(eve, shared) == {eve.id: "manager"}
    house.hurry()
    wait_until(lambda: bool(house.peers.asked("DELETE", f"/internal/teams/{alone}")), "the empty team's end")
    wait_until(
        lambda: house.peers.asked("PUT", f"/internal/teams/{shared}")[-1].body["members"] == [eve.id],
        "news of the shared team",
    )
    wait_until(lambda: key not in objects_of(house), "the picture's deletion")
    assert_problem(admin.call("DELETE", f"/{bob.id}"), 404, "no-such-person")
    # News of the account that come late make no profile again.
    assert house.tell_of_account(bob.id, email=bob.email, name="Bob", version=9).status_code == 204
    assert is_gone(house, bob)


def test_erasing_goes_on_when_the_others_are_back(house: House):
    admin, bob = house.person("Root", admin=True), house.person("Bob Yesterday")
    house.peers.away.add("people")
    assert admin.call("DELETE", f"/{bob.id}").status_code == 204
    assert len(house.peers.asked("DELETE", f"/internal/accounts/{bob.id}")) == 1
    found = admin.client.get(f"{admin.base_url}/api/users", params={"query": bob.email, "state": "erasing"}).json()
    assert [account["erasing"] for account in found["items"]] == [True]
    assert admin.call("GET", f"/search?q={bob.email}").json()["items"] == []
    assert not is_gone(house, bob)
    # Asking again is no other erasure.
    assert admin.call("DELETE", f"/{bob.id}").status_code == 204
    house.peers.away.clear()
    house.hurry()
    wait_until(lambda: is_gone(house, bob), "the rest of the erasure")
    assert len(house.peers.asked("DELETE", f"/internal/accounts/{bob.id}")) == 1


def test_a_crash_between_two_steps_leaves_nothing_undone(own_house: House):
    house = own_house
    service = house.start()
    admin, bob, eve = house.person("Root", admin=True), house.person("Bob"), house.person("Eve")
    team = make_team(bob)
    add(bob, team, eve)
    house.peers.away.add("people")
    assert admin.call("DELETE", f"/{bob.id}").status_code == 204
    assert service.stop(signal.SIGKILL) == -signal.SIGKILL
    house.peers.away.clear()
    house.hurry()
    house.start()
    wait_until(lambda: is_gone(house, bob), "the rest of the erasure")
    assert roles(eve, team) == {eve.id: "manager"}
    assert len(house.peers.asked("DELETE", f"/internal/accounts/{bob.id}")) == 1
    assert house.sql("select count(*) from users.outbox where kind = 'erasure'") == "0"


async def test_many_who_erase_one_person_at_once_all_succeed(house: House):
    admin, bob = house.person("Root", admin=True), house.person("Bob")
    make_team(bob)
    answers = await at_once([(admin, "DELETE", f"/{bob.id}", None)] * 4)
    assert answers.keys() <= {204, 404}
    assert answers[204] >= 1
    assert is_gone(house, bob)


async def test_a_team_joined_while_being_erased_is_left(house: House):
    admin, ada, bob = house.person("Root", admin=True), house.person("Ada"), house.person("Bob")
    teams = [make_team(ada) for _ in range(4)]
    answers = await at_once(
        [
            *((ada, "PUT", f"/teams/{team}/members", {"email": bob.email, "role": "member"}) for team in teams),
            (admin, "DELETE", f"/{bob.id}", None),
        ]
    )
    assert answers.keys() <= {200, 204, 404}
    assert is_gone(house, bob)
    assert all(roles(ada, team) == {ada.id: "manager"} for team in teams)


def test_the_last_administrator_stays(house: House):
    admin = house.person("Root", admin=True)
    house.peers.last_admin = admin.id
    assert_problem(admin.call("DELETE", f"/{admin.id}"), 409, "last-admin")
    assert_problem(admin.call("DELETE", "/me", {"confirm": admin.email}), 409, "last-admin")
    assert admin.call("GET", "/me").status_code == 200
    assert house.sql(f"select count(*) from users.erasure where person = '{admin.id}'") == "0"  # noqa: S608  # ours
    assert house.sql(f"select count(*) from users.outbox where subject = '{admin.id}'") == "0"  # noqa: S608  # ours


def test_one_erases_oneself_on_purpose(house: House):
    ada = house.person("Ada")
    for wrong in ({"confirm": "yes"}, {}, {"confirm": ada.email, "sure": True}):
        assert_problem(ada.call("DELETE", "/me", wrong), 400, "invalid-request")
    assert not house.peers.asked("DELETE", f"/internal/accounts/{ada.id}")
    assert ada.call("DELETE", "/me", {"confirm": f" {ada.email.upper()}"}).status_code == 204
    (ended,) = house.peers.asked("DELETE", f"/internal/accounts/{ada.id}")
    assert ended.body == {"by": ada.id}
    assert is_gone(house, ada)
    assert_problem(ada.call("GET", "/me"), 503, "profile-pending")


def test_everything_known_is_given(house: House):
    ada = house.person("Ada")
    upload(ada, picture())
    make_team(ada, "Translators")
    answer = ada.call("GET", "/me/export")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert set(archive.namelist()) == {
            "profile.json", "preferences.json", "teams.json", "avatar.webp", "auth.json", "document.json"
        }  # fmt: skip
        assert json.loads(archive.read("profile.json"))["email"] == ada.email
        assert [team["name"] for team in json.loads(archive.read("teams.json"))] == ["Translators"]
        assert json.loads(archive.read("auth.json")) == {"accounts": ada.id}
        assert json.loads(archive.read("document.json")) == {"people": ada.id}
        assert archive.read("avatar.webp")[:4] == b"RIFF"


def test_an_export_is_whole_or_not_at_all(house: House):
    ada = house.person("Ada")
    for kind in ("accounts", "people"):
        house.peers.away.add(kind)
        assert_problem(ada.call("GET", "/me/export"), 503, "service-unavailable")
        house.peers.away.clear()
    assert ada.call("GET", "/me/export").status_code == 200


def test_without_a_document_service_nobody_is_erased(own_house: House):
    own_house.start(COLLAB_DOCUMENT_URL="")
    admin, bob = own_house.person("Root", admin=True), own_house.person("Bob")
    assert_problem(admin.call("DELETE", f"/{bob.id}"), 503, "service-unavailable")
    assert_problem(bob.call("GET", "/me/export"), 503, "service-unavailable")
    assert make_team(bob)
    assert bob.call("GET", "/me").status_code == 200
