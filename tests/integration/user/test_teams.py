"""Teams: who may do what, limits that hold when many act at once, and the copy that the document service gets."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.datastores import wait_until
from tests.integration.user.harness import House, Member
from tests.problems import assert_problem, wrong_fields


def make_team(person: Member, name: str = "Translators") -> str:
    made = person.call("POST", "/teams", {"name": name})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def add(manager: Member, team: str, person: Member, role: str = "member") -> httpx.Response:
    return manager.call("PUT", f"/teams/{team}/members", {"email": person.email, "role": role})


def roles(person: Member, team: str) -> dict[str, str]:
    items = person.call("GET", f"/teams/{team}/members").json()["items"]
    return {item["user"]["id"]: item["role"] for item in items}


async def at_once(calls: Sequence[tuple[Member, str, str, Any]]) -> Counter[int]:
    """Each call by its person, all at the same time; how many answers there were of each status."""
    async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
        answers = await asyncio.gather(
            *(
                client.request(
                    method,
                    f"{person.base_url}/api/users{path}",
                    json=body,
                    headers={"Authorization": person.client.headers["Authorization"]},
                )
                for person, method, path, body in calls
            )
        )
    return Counter(answer.status_code for answer in answers)


def test_a_team_is_made_seen_and_renamed(house: House):
    ada, bob = house.person("Ada"), house.person("Bob")
    made = ada.call("POST", "/teams", {"name": "  The   translators "})
    assert made.status_code == 201
    team = made.json()
    assert (team["name"], team["role"], team["member_count"]) == ("The translators", "manager", 1)
    assert ada.call("GET", f"/teams/{team['id']}").json() == team
    assert ada.call("GET", "/teams").json() == {"items": [team], "next_cursor": None}
    assert bob.call("GET", "/teams").json()["items"] == []
    for method, path, body in (
        ("GET", "", None),
        ("PATCH", "", {"name": "Mine"}),
        ("DELETE", "", None),
        ("GET", "/members", None),
        ("PUT", "/members", {"email": bob.email, "role": "member"}),
        ("DELETE", f"/members/{ada.id}", None),
    ):
        assert_problem(bob.call(method, f"/teams/{team['id']}{path}", body), 404, "no-such-team")
    renamed = ada.call("PATCH", f"/teams/{team['id']}", {"name": "Interpreters"}).json()
    assert renamed["name"] == "Interpreters"


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "line\nfeed\x00", None, 7])
def test_a_wrong_name_is_refused(house: House, name: object):
    problem = assert_problem(house.person().call("POST", "/teams", {"name": name}), 400, "invalid-request")
    assert wrong_fields(problem) == {"name"}


def test_members_see_and_leave_managers_change(house: House):
    ada, bob, eve = house.person("Ada"), house.person("Bob"), house.person("Eve")
    team = make_team(ada)
    added = add(ada, team, bob)
    assert added.status_code == 200, added.text
    assert added.json()["user"] == {
        "id": bob.id,
        "name": "Bob",
        "email": bob.email,
        "color": added.json()["user"]["color"],
        "avatar_url": None,
    }
    assert roles(bob, team) == {ada.id: "manager", bob.id: "member"}
    assert_problem(add(bob, team, eve), 403, "managers-only")
    assert_problem(bob.call("PATCH", f"/teams/{team}", {"name": "Mine"}), 403, "managers-only")
    assert_problem(bob.call("DELETE", f"/teams/{team}"), 403, "managers-only")
    assert_problem(bob.call("DELETE", f"/teams/{team}/members/{ada.id}"), 403, "managers-only")
    assert_problem(ada.call("DELETE", f"/teams/{team}/members/{eve.id}"), 404, "no-such-team-member")
    assert bob.call("DELETE", f"/teams/{team}/members/{bob.id}").status_code == 204
    assert_problem(bob.call("GET", f"/teams/{team}"), 404, "no-such-team")


def test_who_is_added_is_named_in_one_way_and_exists(house: House):
    ada, bob = house.person("Ada"), house.person("Bob")
    team = make_team(ada)
    members = f"/teams/{team}/members"
    both = {"email": bob.email, "user_id": bob.id, "role": "member"}
    assert_problem(ada.call("PUT", members, both), 400, "invalid-request")
    assert_problem(ada.call("PUT", members, {"role": "member"}), 400, "invalid-request")
    assert_problem(ada.call("PUT", members, {"email": "a\x00@b.c", "role": "member"}), 400, "invalid-request")
    assert_problem(ada.call("PUT", members, {"email": bob.email, "role": "owner"}), 400, "invalid-request")
    assert_problem(ada.call("PUT", members, {"user_id": str(uuid4()), "role": "member"}), 404, "no-such-person")
    assert_problem(ada.call("PUT", members, {"email": "nobody@x.org", "role": "member"}), 404, "no-such-person")
    house.tell_of_account(bob.id, email=bob.email, name="Bob", disabled=True, version=2)
    assert_problem(add(ada, team, bob), 404, "no-such-person")


def test_adding_somebody_by_id_does_not_show_their_address(house: House):
    ada, bob, eve = house.person("Ada"), house.person("Bob"), house.person("Eve")
    team = make_team(ada)
    added = ada.call("PUT", f"/teams/{team}/members", {"user_id": bob.id, "role": "member"})
    assert added.json()["user"]["email"] is None
    seen = {
        item["user"]["id"]: item["user"]["email"] for item in bob.call("GET", f"/teams/{team}/members").json()["items"]
    }
    assert seen == {ada.id: ada.email, bob.id: bob.email}
    # Nor does a second team of the same kind, until somebody knows it.
    second = make_team(ada)
    again = ada.call("PUT", f"/teams/{second}/members", {"user_id": bob.id, "role": "member"})
    assert again.json()["user"]["email"] is None
    assert add(ada, second, bob).json()["user"]["email"] == bob.email
    add(ada, second, eve)
    third = make_team(eve)
    by_id = eve.call("PUT", f"/teams/{third}/members", {"user_id": bob.id, "role": "member"})
    assert by_id.json()["user"]["email"] == bob.email


def test_a_team_has_a_manager(house: House):
    ada, bob = house.person("Ada"), house.person("Bob")
    team = make_team(ada)
    add(ada, team, bob)
    assert_problem(add(ada, team, ada), 409, "last-manager")
    assert_problem(ada.call("DELETE", f"/teams/{team}/members/{ada.id}"), 409, "last-manager")
    add(ada, team, bob, "manager")
    assert add(bob, team, ada).status_code == 200
    assert roles(ada, team) == {ada.id: "member", bob.id: "manager"}


async def test_managers_who_leave_at_once_do_not_all_leave(house: House):
    managers = [house.person(f"M{number}") for number in range(4)]
    team = make_team(managers[0])
    for other in managers[1:]:
        add(managers[0], team, other, "manager")
    leaving = [(one, "DELETE", f"/teams/{team}/members/{one.id}", None) for one in managers]
    assert await at_once(leaving) == {204: 3, 409: 1}
    assert house.sql(f"select role from users.team_member where team = '{team}'") == "manager"  # noqa: S608  # ours


async def test_managers_who_demote_each_other_at_once_leave_one(house: House):
    ada, bob = house.person("Ada"), house.person("Bob")
    team = make_team(ada)
    add(ada, team, bob, "manager")
    demoting: list[tuple[Member, str, str, Any]] = [
        (ada, "PUT", f"/teams/{team}/members", {"user_id": bob.id, "role": "member"}),
        (bob, "PUT", f"/teams/{team}/members", {"user_id": ada.id, "role": "member"}),
    ]
    assert await at_once(demoting) == {200: 1, 403: 1}
    assert sorted(roles(ada, team).values()) == ["manager", "member"]


async def test_limits_hold_when_many_come_at_once(house: House):
    ada = house.person("Ada")
    house.sql(
        "with made as (insert into users.team (name) select 'T' from generate_series(1, 198) returning id) "  # noqa: S608
        f"insert into users.team_member select id, '{ada.id}', 'manager', true from made"
    )
    creating: list[tuple[Member, str, str, Any]] = [(ada, "POST", "/teams", {"name": "One more"})] * 5
    assert await at_once(creating) == {201: 2, 409: 3}
    bob = house.person("Bob")
    assert_problem(add(bob, make_team(bob), ada), 409, "too-many-teams")


async def test_a_team_has_so_many_members_at_most(house: House):
    ada = house.person("Ada")
    team = make_team(ada)
    house.sql(
        "with many as (insert into users.profile (id, email, name, color) "  # noqa: S608  # ours
        f"select uuidv7(), '{team}-' || n || '@example.org', 'N', '#000000' from generate_series(1, 998) as n "
        "returning id) "
        f"insert into users.team_member select '{team}', id, 'member', true from many"
    )
    others = [house.person(f"P{number}") for number in range(4)]
    joining: list[tuple[Member, str, str, Any]] = [
        (ada, "PUT", f"/teams/{team}/members", {"email": other.email, "role": "member"}) for other in others
    ]
    assert await at_once(joining) == {200: 1, 409: 3}
    assert ada.call("GET", f"/teams/{team}").json()["member_count"] == 1000

    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        page = ada.call("GET", f"/teams/{team}/members?limit=100{cursor and '&cursor=' + cursor}").json()
        seen += [item["user"]["id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert len(seen) == len(set(seen)) == 1000


def test_a_list_of_teams_is_read_in_pages(house: House):
    ada = house.person("Ada")
    made = [make_team(ada, f"T{number}") for number in range(5)]
    first = ada.call("GET", "/teams?limit=3").json()
    rest = ada.call("GET", f"/teams?limit=3&cursor={first['next_cursor']}").json()
    assert [team["id"] for team in first["items"] + rest["items"]] == made[::-1]
    assert rest["next_cursor"] is None
    for wrong in ("x", first["next_cursor"] + "x", "WzFd"):
        assert_problem(ada.call("GET", f"/teams?cursor={wrong}"), 400, "invalid-request")
    assert_problem(ada.call("GET", f"/teams/{made[0]}/members?cursor={first['next_cursor']}"), 400, "invalid-request")


def test_a_change_of_something_older_is_refused(house: House):
    ada, bob = house.person("Ada"), house.person("Bob")
    team = make_team(ada)
    read = ada.call("GET", f"/teams/{team}")
    add(ada, team, bob)
    stale = ada.call("PATCH", f"/teams/{team}", {"name": "New"}, headers={"If-Match": read.headers["ETag"]})
    assert_problem(stale, 412, "precondition-failed")
    now = ada.call("GET", f"/teams/{team}").headers["ETag"]
    fresh = ada.call("PATCH", f"/teams/{team}", {"name": "New"}, headers={"If-Match": f'"0", {now}'})
    assert fresh.status_code == 200
    assert fresh.headers["ETag"] != now
    anything = ada.call("PATCH", f"/teams/{team}", {"name": "Newer"}, headers={"If-Match": "*"})
    assert anything.status_code == 200
    assert_problem(
        ada.call("PATCH", f"/teams/{team}", {"name": "New"}, headers={"If-Match": '"other"'}),
        412,
        "precondition-failed",
    )


async def test_one_key_makes_one_team(house: House):
    ada, bob = house.person("Ada"), house.person("Bob")
    key = {"Idempotency-Key": str(uuid4())}
    async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
        answers = await asyncio.gather(
            *(
                client.post(
                    f"{ada.base_url}/api/users/teams",
                    json={"name": "Once"},
                    headers=key | {"Authorization": ada.client.headers["Authorization"]},
                )
                for _ in range(4)
            )
        )
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.text for answer in answers}) == 1
    assert_problem(ada.call("POST", "/teams", {"name": "Other"}, headers=key), 422, "idempotency-key-reused")
    assert bob.call("POST", "/teams", {"name": "Bob's"}, headers=key).status_code == 201
    assert len(ada.call("GET", "/teams").json()["items"]) == 1
    wrong = ada.call("POST", "/teams", {"name": "Once"}, headers={"Idempotency-Key": "x" * 256})
    assert_problem(wrong, 400, "invalid-request")


def test_the_document_service_is_told_of_every_change(house: House):
    ada, bob = house.person("Ada"), house.person("Bob")
    team = make_team(ada)
    path = f"/internal/teams/{team}"
    assert house.peers.asked("PUT", path)[-1].body == {"name": "Translators", "version": 1, "members": [ada.id]}
    add(ada, team, bob)
    assert house.peers.asked("PUT", path)[-1].body == {
        "name": "Translators",
        "version": 2,
        "members": sorted([ada.id, bob.id]),
    }
    ada.call("PATCH", f"/teams/{team}", {"name": "Others"})
    assert house.peers.asked("PUT", path)[-1].body["name"] == "Others"
    ada.call("DELETE", f"/teams/{team}/members/{bob.id}")
    assert house.peers.asked("PUT", path)[-1].body == {"name": "Others", "version": 4, "members": [ada.id]}
    # What changes nothing is no news.
    told = len(house.peers.asked("PUT", path))
    add(ada, team, ada, "manager")
    ada.call("PATCH", f"/teams/{team}", {})
    assert len(house.peers.asked("PUT", path)) == told
    assert ada.call("DELETE", f"/teams/{team}").status_code == 204
    # At least once: the outbox's own round may come in between.
    assert {call.query["version"] for call in house.peers.asked("DELETE", path)} == {"5"}


def test_what_could_not_be_told_is_told_later_and_once(house: House):
    ada, bob = house.person("Ada"), house.person("Bob")
    house.peers.away.add("teams")
    team, gone = make_team(ada), make_team(ada)
    add(ada, team, bob)
    ada.call("PATCH", f"/teams/{team}", {"name": "Late"})
    ada.call("DELETE", f"/teams/{gone}")
    assert not house.peers.asked("PUT", f"/internal/teams/{team}")
    house.peers.away.clear()
    house.hurry()
    wait_until(lambda: bool(house.peers.asked("PUT", f"/internal/teams/{team}")), "the delivery")
    wait_until(lambda: bool(house.peers.asked("DELETE", f"/internal/teams/{gone}")), "the other delivery")
    told = house.peers.asked("PUT", f"/internal/teams/{team}")
    assert [call.body["version"] for call in told] == [3]
    assert not house.peers.asked("PUT", f"/internal/teams/{gone}")
    waiting = f"select count(*) from users.outbox where subject in ('{team}', '{gone}')"  # noqa: S608  # ours
    wait_until(lambda: house.sql(waiting) == "0", "nothing waiting")
