"""Who may do what: every route for every kind of caller. A route without a line here fails the test."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

import httpx
import pytest

from tests.integration.user.harness import House, Member
from tests.integration.user.test_avatars import picture, upload
from tests.integration.user.test_teams import add, make_team

CALLERS: Final = ("anonymous", "expired", "scopeless", "stranger", "member", "manager", "admin")
"""`scopeless` is the manager by an API token that may do nothing here; to the team, `admin` is a stranger."""


@dataclass(frozen=True)
class Scene:
    """A team with a manager and a member, and somebody for whom things are done."""

    team: str
    manager: Member
    member: Member
    someone: Member
    avatar: str


@dataclass(frozen=True)
class Line:
    method: str
    path: Callable[[Scene], str]
    answers: str
    """The statuses, in the order of `CALLERS`."""
    body: Callable[[Scene, Member], Any] = lambda _scene, _caller: None
    content: bytes | None = None


def always(path: str) -> Callable[[Scene], str]:
    return lambda _: path


def of_team(rest: str = "") -> Callable[[Scene], str]:
    return lambda scene: f"/teams/{scene.team}{rest}"


def of_someone(scene: Scene) -> str:
    return f"/{scene.someone.id}"


EVERYONE: Final = "401 401 403 200 200 200 200"
LINES: Final = {
    "getMe": Line("GET", always("/me"), EVERYONE),
    "updateMe": Line("PATCH", always("/me"), EVERYONE, lambda _scene, _caller: {"name": "Other"}),
    "eraseMe": Line(
        "DELETE", always("/me"), "401 401 403 204 204 204 204", lambda _, caller: {"confirm": caller.email}
    ),
    "exportMe": Line("GET", always("/me/export"), EVERYONE),
    "getPreferences": Line("GET", always("/me/preferences"), EVERYONE),
    "updatePreferences": Line("PATCH", always("/me/preferences"), EVERYONE, lambda _scene, _caller: {"theme": "dark"}),
    "putAvatar": Line("PUT", always("/me/avatar"), EVERYONE, content=picture(size=(8, 8))),
    "deleteAvatar": Line("DELETE", always("/me/avatar"), EVERYONE),
    "getAvatar": Line("GET", lambda scene: scene.avatar, "200 200 200 200 200 200 200"),
    "getUser": Line("GET", of_someone, EVERYONE),
    "searchPeople": Line("GET", always("/search?q=ada"), EVERYONE),
    "listAccounts": Line("GET", always(""), "401 401 403 403 403 403 200"),
    "updateAccount": Line(
        "PATCH", of_someone, "401 401 403 403 403 403 200", lambda _scene, _caller: {"disabled": True}
    ),
    "eraseAccount": Line("DELETE", of_someone, "401 401 403 403 403 403 204"),
    "createTeam": Line(
        "POST", always("/teams"), "401 401 403 201 201 201 201", lambda _scene, _caller: {"name": "New"}
    ),
    "listTeams": Line("GET", always("/teams"), EVERYONE),
    "getTeam": Line("GET", of_team(), "401 401 403 404 200 200 404"),
    "updateTeam": Line("PATCH", of_team(), "401 401 403 404 403 200 404", lambda _scene, _caller: {"name": "Other"}),
    "deleteTeam": Line("DELETE", of_team(), "401 401 403 404 403 204 404"),
    "listTeamMembers": Line("GET", of_team("/members"), "401 401 403 404 200 200 404"),
    "putTeamMember": Line(
        "PUT",
        of_team("/members"),
        "401 401 403 404 403 200 404",
        lambda scene, _: {"email": scene.someone.email, "role": "member"},
    ),
    "deleteTeamMember": Line(
        "DELETE", lambda scene: f"/teams/{scene.team}/members/{scene.member.id}", "401 401 403 404 204 204 404"
    ),
}


def set_scene(house: House) -> Scene:
    manager, member, someone = house.person("Manager"), house.person("Member"), house.person("Someone")
    team = make_team(manager)
    assert add(manager, team, member).status_code == 200
    return Scene(team, manager, member, someone, "")


def send(house: House, line: Line, scene: Scene, caller: str) -> httpx.Response:
    token, person = None, scene.manager
    if caller == "expired":
        claims = {"sub": person.id, "email": person.email, "sid": str(uuid4())}
        token = house.peers.signer.sign(claims, ttl_s=-60)
    elif caller == "scopeless":
        person = house.with_token(person, scopes="documents:read documents:write")
    elif caller == "stranger":
        person = house.person("Stranger")
    elif caller == "member":
        person = scene.member
    elif caller == "admin":
        person = house.person("Admin", admin=True)
    if caller in {"anonymous", "expired"}:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        url = f"{person.base_url}/api/users{line.path(scene)}"
        json = None if line.content else line.body(scene, person)
        return house.client().request(line.method, url, headers=headers, content=line.content, json=json)
    return person.call(line.method, line.path(scene), line.body(scene, person), content=line.content)


@pytest.mark.parametrize("operation", LINES)
def test_every_caller_gets_what_the_matrix_says(house: House, operation: str):
    line = LINES[operation]
    for caller, status in zip(CALLERS, line.answers.split(), strict=True):
        scene = set_scene(house)
        if operation == "getAvatar":
            url: str = upload(scene.someone, picture(size=(8, 8))).json()["avatar_url"]
            scene = Scene(scene.team, scene.manager, scene.member, scene.someone, url.removeprefix("/api/users"))
        answer = send(house, line, scene, caller)
        assert (caller, answer.status_code) == (caller, int(status)), answer.text


def test_every_route_has_a_line(house: House):
    schema = house.client().get(f"{house.stage.url('user')}/api/users/schema/openapi.json").json()
    described = {operation["operationId"] for path in schema["paths"].values() for operation in path.values()}
    assert described == LINES.keys()
