"""Sharing by a machine: whatever people do in whatever order, everybody can do what a plain model says, and no more.

The model knows nothing of SQL: who was given what, who is in which team, which links there are. The service is the real
one on a real PostgreSQL, asked over HTTP.
"""

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.effort import examples
from tests.people import People, Person, new_client
from tests.services import Stage

NAMES: Final = ("ada", "bob", "eve", "kim")
TEAMS: Final = ("red", "blue")
STRENGTH: Final = ("owner", "editor", "commenter", "viewer")
GIVEN = st.sampled_from(STRENGTH[1:])
WHO = st.sampled_from(NAMES)
TEAM = st.sampled_from(TEAMS)


@dataclass
class Model:
    """What there should be."""

    members: dict[str, str]
    teams: dict[str, str] = field(default_factory=dict[str, str])
    """The role of each team the document is shared with."""
    in_team: dict[str, set[str]] = field(default_factory=lambda: {team: set[str]() for team in TEAMS})
    links: dict[str, str] = field(default_factory=dict[str, str])
    """The role by the link's id."""
    trashed: bool = False
    gone: bool = False

    @property
    def owner(self) -> str:
        return next(name for name, role in self.members.items() if role == "owner")

    def role(self, name: str) -> str | None:
        if self.trashed or self.gone:
            return None
        given = [self.members[name]] if name in self.members else []
        given += [role for team, role in self.teams.items() if name in self.in_team[team]]
        return min(given, key=STRENGTH.index, default=None)

    def refusal(self, name: str, *allowed: str) -> int | None:
        """With which status one with that name is refused what needs one of those roles."""
        role = self.role(name)
        if role is None:
            return 404
        return None if role in allowed else 403


@pytest.fixture(scope="module")
def cast(stage: Stage) -> Generator[dict[str, Person]]:
    with People(stage) as people:
        yield {name: people.register(name.title()) for name in NAMES}


@pytest.fixture(scope="module")
def client() -> Generator[httpx.Client]:
    """Of nobody in particular."""
    with new_client() as client:
        yield client


@pytest.mark.timeout(600)  # some thousand requests
def test_everybody_can_do_what_the_model_says(stage: Stage, cast: dict[str, Person], client: httpx.Client):
    class Sharing(RuleBasedStateMachine):
        @initialize()
        def make(self) -> None:
            self.model = Model({"ada": "owner"})
            self.team_ids = {team: str(uuid4()) for team in TEAMS}
            self.versions: dict[str, int] = dict.fromkeys(TEAMS, 0)
            self.tokens: dict[str, str] = {}
            self.document = cast["ada"].create_document("Shared")
            for team in TEAMS:
                self._store(team)

        def _do(self, who: str, method: str, path: str, body: Any = None) -> httpx.Response:
            return cast[who].document(method, f"/{self.document}{path}", body)

        def _internal(self, method: str, path: str, body: Any = None) -> httpx.Response:
            url = f"{stage.url('document')}/internal{path}"
            return client.request(method, url, json=body, headers=stage.internal_headers)

        def _store(self, team: str) -> None:
            self.versions[team] += 1
            members = [cast[name].id for name in sorted(self.model.in_team[team])]
            state = {"name": team, "version": self.versions[team], "members": members}
            assert self._internal("PUT", f"/teams/{self.team_ids[team]}", state).status_code == 204

        def _expect(self, response: httpx.Response, who: str, allowed: tuple[str, ...], then: int) -> bool:
            """Whether it was done, which it has to be exactly when the model says so."""
            refused = self.model.refusal(who, *allowed)
            assert response.status_code == (refused or then), response.text
            return refused is None

        @rule(who=WHO, whom=WHO, role=GIVEN)
        def share(self, who: str, whom: str, role: str) -> None:
            answer = self._do(who, "PUT", "/members", {"user_id": cast[whom].id, "role": role})
            then = 409 if whom == who else 200
            if self._expect(answer, who, ("owner",), then) and then == 200:
                self.model.members[whom] = role

        @rule(who=WHO, whom=WHO)
        def remove(self, who: str, whom: str) -> None:
            answer = self._do(who, "DELETE", f"/members/{cast[whom].id}")
            allowed = STRENGTH if who == whom else ("owner",)
            then = 409 if whom == who == self.model.owner else 204 if whom in self.model.members else 404
            if self._expect(answer, who, allowed, then) and then == 204:
                del self.model.members[whom]

        @rule(who=WHO, whom=WHO)
        def hand_over(self, who: str, whom: str) -> None:
            answer = self._do(who, "POST", "/owner", {"user_id": cast[whom].id})
            then = 409 if who == whom else 200 if whom in self.model.members else 404
            if self._expect(answer, who, ("owner",), then) and then == 200:
                self.model.members[who], self.model.members[whom] = "editor", "owner"

        @rule(team=TEAM, members=st.sets(WHO))
        def change_team(self, team: str, members: set[str]) -> None:
            self.model.in_team[team] = members
            self._store(team)

        @rule(who=WHO, team=TEAM, role=GIVEN)
        def share_with_team(self, who: str, team: str, role: str) -> None:
            answer = self._do(who, "PUT", "/members", {"team_id": self.team_ids[team], "role": role})
            then = 200 if who in self.model.in_team[team] else 404
            if self._expect(answer, who, ("owner",), then) and then == 200:
                self.model.teams[team] = role

        @rule(who=WHO, team=TEAM)
        def remove_team(self, who: str, team: str) -> None:
            answer = self._do(who, "DELETE", f"/teams/{self.team_ids[team]}")
            then = 204 if team in self.model.teams else 404
            if self._expect(answer, who, ("owner",), then) and then == 204:
                del self.model.teams[team]

        @rule(team=TEAM)
        def end_team(self, team: str) -> None:
            self.versions[team] += 1
            path = f"/teams/{self.team_ids[team]}?version={self.versions[team]}"
            assert self._internal("DELETE", path).status_code == 204
            self.model.teams.pop(team, None)
            self.model.in_team[team] = set()

        @precondition(lambda self: len(self.model.links) < 4)
        @rule(who=WHO, role=GIVEN)
        def make_link(self, who: str, role: str) -> None:
            answer = self._do(who, "POST", "/links", {"role": role})
            if self._expect(answer, who, ("owner",), 201):
                self.model.links[answer.json()["id"]] = role
                self.tokens[answer.json()["id"]] = answer.json()["token"]

        @precondition(lambda self: self.model.links)
        @rule(who=WHO, role=GIVEN, data=st.data())
        def change_link(self, who: str, role: str, data: st.DataObject) -> None:
            link = data.draw(st.sampled_from(sorted(self.model.links)))
            if self._expect(self._do(who, "PATCH", f"/links/{link}", {"role": role}), who, ("owner",), 200):
                self.model.links[link] = role

        @precondition(lambda self: self.model.links)
        @rule(who=WHO, data=st.data())
        def revoke_link(self, who: str, data: st.DataObject) -> None:
            link = data.draw(st.sampled_from(sorted(self.model.links)))
            if self._expect(self._do(who, "DELETE", f"/links/{link}"), who, ("owner",), 204):
                del self.model.links[link]

        @rule(who=WHO)
        def trash(self, who: str) -> None:
            if self._expect(self._do(who, "DELETE", ""), who, ("owner",), 204):
                self.model.trashed = True

        @rule(who=WHO)
        def restore(self, who: str) -> None:
            answer = self._do(who, "POST", "/restore")
            if who == self.model.owner and not self.model.gone:
                assert answer.status_code == 200, answer.text
                self.model.trashed = False
            else:
                assert answer.status_code == (404 if self.model.role(who) is None else 403), answer.text

        @precondition(lambda self: self.model.trashed and not self.model.gone)
        @rule(who=WHO, really=st.sampled_from((False, False, True)))
        def delete_for_good(self, who: str, really: bool) -> None:  # drawn
            if who == self.model.owner and not really:
                return
            answer = self._do(who, "DELETE", "/forever")
            assert answer.status_code == (204 if who == self.model.owner else 404), answer.text
            self.model.gone = who == self.model.owner

        @invariant()
        def everybody_sees_what_is_theirs(self) -> None:
            for name in NAMES:
                answer = self._do(name, "GET", "")
                role = self.model.role(name)
                assert answer.status_code == (404 if role is None else 200)
                assert role is None or answer.json()["role"] == role
            if self.model.role(self.model.owner):
                members = self._do(self.model.owner, "GET", "/members").json()
                by_id = {person.id: name for name, person in cast.items()}
                assert {by_id[item["user"]["id"]]: item["role"] for item in members["items"]} == self.model.members
                assert {item["team"]["id"]: item["role"] for item in members["teams"]} == {
                    self.team_ids[team]: role for team, role in self.model.teams.items()
                }

        @invariant()
        def collaboration_is_told_the_same(self) -> None:
            asked = {"people": [cast[name].id for name in NAMES], "links": list(self.tokens)}
            answer = self._internal("POST", f"/documents/{self.document}/roles", asked).json()
            assert answer["gone"] is (self.model.trashed or self.model.gone)
            assert answer["people"] == {cast[name].id: self.model.role(name) for name in NAMES}
            closed = self.model.trashed or self.model.gone
            expected = {link: None if closed else self.model.links.get(link) for link in self.tokens}
            assert answer["links"] == expected

        @invariant()
        def links_open_what_they_should(self) -> None:
            for link, token in list(self.tokens.items())[-2:]:
                url = f"{stage.url('document')}/api/documents/links/open"
                answer = client.post(url, json={"token": token})
                if self.model.trashed or self.model.gone or link not in self.model.links:
                    assert answer.status_code == 404
                else:
                    assert (answer.status_code, answer.json()["role"]) == (200, self.model.links[link])

        @invariant()
        def lists_agree(self) -> None:
            for name in NAMES:
                role = self.model.role(name)
                for listing, shown in (
                    ("all", role is not None),
                    ("mine", role == "owner"),
                    ("shared", role is not None and role != "owner"),
                    ("trash", self.model.trashed and not self.model.gone and name == self.model.owner),
                ):
                    items = cast[name].document("GET", f"?filter={listing}&limit=5").json()["items"]
                    assert (self.document in {item["id"] for item in items}) is shown, (name, listing)

    run_state_machine_as_test(
        Sharing,
        settings=settings(
            max_examples=examples(12),
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
