"""Roles through teams, and the copy of the teams that the user service keeps up to date."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from collab_kit.events import AccessChanged, MemberChanged
from tests.datastores import Datastores
from tests.integration.document.hearing import listening, next_about
from tests.people import People, Person
from tests.problems import assert_problem, wrong_fields
from tests.services import Stage


def internal(stage: Stage, method: str, path: str, body: Any = None, **options: Any) -> httpx.Response:
    url = f"{stage.url('document')}/internal{path}"
    headers = options.pop("headers", stage.internal_headers)
    return httpx.request(method, url, json=body, headers=headers, trust_env=False, timeout=15, **options)


def store_team(stage: Stage, team: str, version: int, *members: Person, name: str = "Team") -> None:
    state = {"name": name, "version": version, "members": [person.id for person in members]}
    assert internal(stage, "PUT", f"/teams/{team}", state).status_code == 204


def share_with_team(person: Person, document: str, team: str, role: str = "editor") -> httpx.Response:
    return person.document("PUT", f"/{document}/members", {"team_id": team, "role": role})


def role_of(person: Person, document: str) -> str | None:
    response = person.document("GET", f"/{document}")
    return response.json()["role"] if response.status_code == 200 else None


def test_everybody_in_a_team_has_its_role(people: People, stage: Stage):
    ada, bob, eve = people.register("Ada"), people.register("Bob"), people.register("Eve")
    team, document = str(uuid4()), ada.create_document()
    store_team(stage, team, 1, ada, bob, name="Editors")
    shared = share_with_team(ada, document, team)
    assert shared.json() == {"team": {"id": team, "name": "Editors", "member_count": 2}, "role": "editor"}
    assert (role_of(ada, document), role_of(bob, document), role_of(eve, document)) == ("owner", "editor", None)
    assert bob.document("GET", "?filter=shared").json()["items"][0]["id"] == document
    listed = bob.document("GET", f"/{document}/members").json()
    assert [item["user"]["id"] for item in listed["items"]] == [ada.id]
    assert listed["teams"] == [shared.json()]
    assert bob.document("GET", f"/{document}").json()["team_count"] == 1
    assert ada.document("DELETE", f"/{document}/teams/{team}").status_code == 204
    assert role_of(bob, document) is None
    assert_problem(ada.document("DELETE", f"/{document}/teams/{team}"), 404, "no-such-team")


def test_the_strongest_of_several_roles_counts(people: People, stage: Stage):
    ada, bob = people.register("Ada"), people.register("Bob")
    readers, writers, document = str(uuid4()), str(uuid4()), ada.create_document()
    for team in (readers, writers):
        store_team(stage, team, 1, ada, bob)
    ada.share(document, bob, "commenter")
    share_with_team(ada, document, readers, "viewer")
    assert role_of(bob, document) == "commenter"
    share_with_team(ada, document, writers, "editor")
    assert role_of(bob, document) == "editor"
    assert len(bob.document("GET").json()["items"]) == 1
    # Leaving takes away what was given to oneself, not what the teams give.
    assert bob.document("DELETE", f"/{document}/members/{bob.id}").status_code == 204
    assert role_of(bob, document) == "editor"
    ada.document("DELETE", f"/{document}/teams/{writers}")
    assert role_of(bob, document) == "viewer"


def test_one_shares_with_ones_own_teams_only(people: People, stage: Stage):
    ada, bob = people.register("Ada"), people.register("Bob")
    team, document = str(uuid4()), ada.create_document()
    store_team(stage, team, 1, bob)
    assert_problem(share_with_team(ada, document, team), 404, "no-such-team")
    assert_problem(share_with_team(ada, document, str(uuid4())), 404, "no-such-team")


@pytest.mark.parametrize("whom", [{}, {"email": "a@example.org", "user_id": str(uuid4())}])
def test_one_shares_with_one_at_a_time(people: People, whom: dict[str, str]):
    ada = people.register("Ada")
    document = ada.create_document()
    shared = ada.document("PUT", f"/{document}/members", {"role": "viewer", **whom})
    assert wrong_fields(assert_problem(shared, 400, "invalid-request")) <= {"email", "user_id"}


def test_one_can_share_by_id(people: People):
    ada, bob = people.register("Ada"), people.register("Bob")
    document = ada.create_document()
    shared = ada.document("PUT", f"/{document}/members", {"user_id": bob.id, "role": "viewer"})
    assert (shared.status_code, shared.json()["user"]["name"]) == (200, "Bob")
    nobody = ada.document("PUT", f"/{document}/members", {"user_id": str(uuid4()), "role": "viewer"})
    assert_problem(nobody, 404, "no-such-person")


def test_a_message_about_a_team_that_comes_late_changes_nothing(people: People, stage: Stage):
    ada, bob = people.register("Ada"), people.register("Bob")
    team, document = str(uuid4()), ada.create_document()
    store_team(stage, team, 3, ada, bob)
    share_with_team(ada, document, team)
    for version in (3, 2):
        store_team(stage, team, version, ada)
    assert internal(stage, "DELETE", f"/teams/{team}", params={"version": 2}).status_code == 204
    assert role_of(bob, document) == "editor"
    store_team(stage, team, 4, ada)
    assert role_of(bob, document) is None
    assert internal(stage, "DELETE", f"/teams/{team}", params={"version": 5}).status_code == 204
    store_team(stage, team, 5, ada, bob)
    assert ada.document("GET", f"/{document}/members").json()["teams"] == []
    assert_problem(share_with_team(ada, document, team), 404, "no-such-team")


def test_only_services_tell_of_teams(people: People, stage: Stage):
    ada = people.register("Ada")
    token = {"Authorization": str(ada.client.headers["Authorization"])}
    for headers in ({}, token, {"X-Collab-Internal": "guess"}):
        calls: list[tuple[str, str, dict[str, Any] | None]] = [
            ("PUT", f"/teams/{uuid4()}", {"name": "Mine", "version": 1, "members": [ada.id]}),
            ("DELETE", f"/teams/{uuid4()}?version=1", None),
            ("POST", f"/documents/{uuid4()}/roles", {"people": []}),
            ("DELETE", f"/people/{ada.id}", None),
            ("GET", f"/people/{ada.id}/export", None),
        ]
        for method, path, body in calls:
            assert_problem(internal(stage, method, path, body, headers=headers), 403, "internal-only")


@pytest.mark.parametrize(
    "state",
    [{}, {"name": "x", "version": -1, "members": []}, {"name": "x", "version": 2**63, "members": []},
     {"name": "x", "version": 1, "members": ["nobody"]}],
)  # fmt: skip
def test_what_is_no_team_is_refused(stage: Stage, state: dict[str, Any]):
    assert internal(stage, "PUT", f"/teams/{uuid4()}", state).status_code == 400


def test_a_large_team_fits(people: People, stage: Stage):
    ada = people.register("Ada")
    team, document = str(uuid4()), ada.create_document()
    members = [ada.id, *(str(uuid4()) for _ in range(5000))]
    state = {"name": "Everybody", "version": 1, "members": members}
    assert internal(stage, "PUT", f"/teams/{team}", state).status_code == 204
    assert share_with_team(ada, document, team, "viewer").json()["team"]["member_count"] == 5001


def test_any_name_of_a_team_can_be_stored(stage: Stage):
    for name in ("", "a\x00b", "x" * 1000):
        store_team(stage, str(uuid4()), 1, name=name)


def test_collaboration_learns_everybodys_role(people: People, stage: Stage):
    ada, bob, eve = people.register("Ada"), people.register("Bob"), people.register("Eve")
    team, document = str(uuid4()), ada.create_document()
    store_team(stage, team, 1, ada, bob)
    share_with_team(ada, document, team, "commenter")
    link = ada.document("POST", f"/{document}/links", {"role": "editor"}).json()["id"]
    other = ada.document("POST", f"/{ada.create_document()}/links", {"role": "editor"}).json()["id"]
    asked = {"people": [ada.id, bob.id, eve.id], "links": [link, other]}
    answer = internal(stage, "POST", f"/documents/{document}/roles", asked)
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "gone": False,
            "people": {ada.id: "owner", bob.id: "commenter", eve.id: None},
            "links": {link: "editor", other: None},
        },
    )
    ada.document("DELETE", f"/{document}")
    in_trash = internal(stage, "POST", f"/documents/{document}/roles", asked).json()
    assert in_trash["gone"] is True
    assert set(in_trash["people"].values()) == set(in_trash["links"].values()) == {None}
    nothing = internal(stage, "POST", f"/documents/{uuid4()}/roles", {"people": []}).json()
    assert nothing == {"gone": True, "people": {}, "links": {}}
    many = {"people": [str(uuid4()) for _ in range(5000)], "links": []}
    assert len(internal(stage, "POST", f"/documents/{document}/roles", many).json()["people"]) == 5000


async def test_collaboration_is_told_when_roles_change(people: People, stage: Stage, datastores: Datastores):
    ada, bob = people.register("Ada"), people.register("Bob")
    team, document = str(uuid4()), ada.create_document()
    store_team(stage, team, 1, ada)
    async with listening(datastores) as heard:
        share_with_team(ada, document, team)
        store_team(stage, team, 2, ada)
        store_team(stage, team, 3, ada, bob)
        ada.share(document, bob, "viewer")
        ada.document("DELETE", f"/{document}/members/{bob.id}")
        assert ada.document("POST", f"/{document}/owner", {"user_id": bob.id}).status_code == 404
        ada.share(document, bob, "viewer")
        assert ada.document("POST", f"/{document}/owner", {"user_id": bob.id}).status_code == 200
        internal(stage, "DELETE", f"/teams/{team}?version=4")
        changed = AccessChanged(UUID(document))
        expected = [
            changed,
            # Of version 2 nobody: it changed nobody's role.
            changed,
            # What is theirs, and not what was given: the team gives more.
            MemberChanged(UUID(document), UUID(bob.id), "editor"),
            MemberChanged(UUID(document), UUID(bob.id), "editor"),
            MemberChanged(UUID(document), UUID(bob.id), "editor"),
            MemberChanged(UUID(document), UUID(bob.id), "owner"),
            MemberChanged(UUID(document), UUID(ada.id), "editor"),
            changed,
        ]
        assert [await next_about(heard, document) for _ in expected] == expected


def test_ownership_passes_to_a_member(people: People):
    ada, bob, eve = people.register("Ada"), people.register("Bob"), people.register("Eve")
    document = ada.create_document()
    ada.share(document, bob, "viewer")
    for other in (eve.id, str(uuid4())):
        assert_problem(ada.document("POST", f"/{document}/owner", {"user_id": other}), 404, "no-such-member")
    assert_problem(ada.document("POST", f"/{document}/owner", {"user_id": ada.id}), 409, "owner-role-fixed")
    handed = ada.document("POST", f"/{document}/owner", {"user_id": bob.id})
    assert (handed.json()["role"], handed.json()["owner"]["id"]) == ("editor", bob.id)
    assert (role_of(ada, document), role_of(bob, document)) == ("editor", "owner")
    assert_problem(ada.document("POST", f"/{document}/owner", {"user_id": ada.id}), 403, "role-too-low")


async def test_of_several_heirs_at_once_one_becomes_the_owner(people: People, stage: Stage):
    ada = people.register("Ada")
    heirs = [people.register(f"Heir {number}") for number in range(4)]
    document = ada.create_document()
    for heir in heirs:
        ada.share(document, heir, "viewer")
    headers = {"Authorization": str(ada.client.headers["Authorization"])}
    url = f"{stage.url('document')}/api/documents/{document}/owner"
    async with httpx.AsyncClient(headers=headers, trust_env=False, timeout=15) as client:
        answers = await asyncio.gather(*(client.post(url, json={"user_id": heir.id}) for heir in heirs))
    assert sorted(answer.status_code for answer in answers) == [200, 403, 403, 403]
    roles = [item["role"] for item in ada.document("GET", f"/{document}/members").json()["items"]]
    assert roles.count("owner") == 1
