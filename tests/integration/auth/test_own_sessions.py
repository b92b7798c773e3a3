"""Where one is signed in is listed, and can be ended: at the gateway's door within two seconds."""

import httpx
import pytest

from tests.datastores import wait_until
from tests.people import PASSWORD, People, Person
from tests.problems import assert_problem
from tests.services import Stage


def sign_in(stage: Stage, person: Person, agent: str = "Elsewhere/1.0", address: str = "192.0.2.9") -> httpx.Response:
    response = httpx.post(
        f"{stage.url('auth')}/api/auth/sign-in",
        json={"email": person.email, "password": PASSWORD},
        headers={"User-Agent": agent, "X-Forwarded-For": address},
        timeout=15,
        trust_env=False,
    )
    assert response.status_code == 200, response.text
    return response


def verify(stage: Stage, token: str) -> httpx.Response:
    return httpx.get(
        f"{stage.url('auth')}/internal/verify",
        headers={"Authorization": f"Bearer {token}"},
        timeout=15,
        trust_env=False,
    )


def test_sessions_say_where_they_are_from(members: People, auth_stage: Stage):
    ada = members.register("Ada")
    sign_in(auth_stage, ada)
    items = ada.call("GET", "auth", "/api/auth/sessions").json()["items"]
    newest = items[0]
    assert (newest["address"], newest["user_agent"], newest["current"]) == ("192.0.2.9", "Elsewhere/1.0", False)
    assert [item["current"] for item in items] == [False, True]
    assert all(item["created_at"] and item["last_used_at"] for item in items)


def test_sessions_are_paged(members: People, auth_stage: Stage):
    ada = members.register("Ada")
    for number in range(3):
        sign_in(auth_stage, ada, agent=f"Browser/{number}")
    page = ada.call("GET", "auth", "/api/auth/sessions?limit=1").json()
    seen = [item["id"] for item in page["items"]]
    for _ in range(3):
        page = ada.call("GET", "auth", f"/api/auth/sessions?limit=1&cursor={page['next_cursor']}").json()
        seen += [item["id"] for item in page["items"]]
    assert page["next_cursor"] is None
    assert len(set(seen)) == 4
    assert_problem(ada.call("GET", "auth", "/api/auth/sessions?cursor=x"), 400, "invalid-request")
    assert_problem(ada.call("GET", "auth", "/api/auth/sessions?limit=0"), 400, "invalid-request")


def test_ending_a_session_ends_its_tokens(members: People, auth_stage: Stage):
    ada = members.register("Ada")
    elsewhere = sign_in(auth_stage, ada)
    token = elsewhere.json()["access_token"]
    assert verify(auth_stage, token).status_code == 204
    session = ada.call("GET", "auth", "/api/auth/sessions").json()["items"][0]["id"]
    assert ada.call("DELETE", "auth", f"/api/auth/sessions/{session}").status_code == 204
    wait_until(lambda: verify(auth_stage, token).status_code == 401, "the ended session being refused", deadline_s=3)
    refreshed = httpx.post(
        f"{auth_stage.url('auth')}/api/auth/refresh",
        headers={"Cookie": f"collab_refresh={elsewhere.cookies['collab_refresh']}"},
        timeout=15,
        trust_env=False,
    )
    assert_problem(refreshed, 401, "session-ended")
    assert_problem(ada.call("DELETE", "auth", f"/api/auth/sessions/{session}"), 404, "no-such-session")
    assert len(ada.call("GET", "auth", "/api/auth/sessions").json()["items"]) == 1


def test_nobody_ends_anothers_session(members: People):
    ada, eve = members.register("Ada"), members.register("Eve")
    session = ada.call("GET", "auth", "/api/auth/sessions").json()["items"][0]["id"]
    assert_problem(eve.call("DELETE", "auth", f"/api/auth/sessions/{session}"), 404, "no-such-session")
    assert ada.call("POST", "auth", "/api/auth/refresh").status_code == 200


def test_all_others_end_and_one_stays(members: People, auth_stage: Stage):
    ada = members.register("Ada")
    others = [sign_in(auth_stage, ada).json()["access_token"] for _ in range(2)]
    assert ada.call("DELETE", "auth", "/api/auth/sessions").status_code == 204
    items = ada.call("GET", "auth", "/api/auth/sessions").json()["items"]
    assert [item["current"] for item in items] == [True]
    assert [verify(auth_stage, token).status_code for token in others] == [401, 401]
    assert ada.call("POST", "auth", "/api/auth/refresh").status_code == 200


@pytest.mark.parametrize(
    ("method", "path"), [("GET", ""), ("DELETE", ""), ("DELETE", "/01890a5d-ac96-774b-bcce-b302099a8057")]
)
def test_strangers_are_refused(members: People, auth_stage: Stage, method: str, path: str):
    response = members.client().request(method, f"{auth_stage.url('auth')}/api/auth/sessions{path}")
    assert_problem(response, 401, "unauthenticated")
